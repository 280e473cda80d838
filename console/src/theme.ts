import {
  Alert,
  Badge,
  Button,
  createTheme,
  Modal,
  Select,
  Table,
  Tooltip,
  type MantineColorsTuple,
} from "@mantine/core";

/** One accent, and greys with a little of it: what stands out is what can be done. */

const accent: MantineColorsTuple = [
  "#eef4ff",
  "#dfeafd",
  "#bcd3fa",
  "#8fb6f7",
  "#6a9bf0",
  "#4a85ea",
  "#3273e3",
  "#1d5fd1",
  "#174da9",
  "#123c84",
];
const teal: MantineColorsTuple = [
  "#edf7f1",
  "#e1f2e8",
  "#bfe0cd",
  "#8fd0aa",
  "#63b988",
  "#47a672",
  "#2f8f5c",
  "#1f7a48",
  "#176038",
  "#0f472a",
];
/** Words on its lightest shades can be read. */
const orange: MantineColorsTuple = [
  "#fff6ec",
  "#ffebd6",
  "#fbd3ab",
  "#f2b27a",
  "#e8934d",
  "#d9762a",
  "#c45f14",
  "#ab4d0c",
  "#96420a",
  "#8a3b08",
];
const gray: MantineColorsTuple = [
  "#f7f8fa",
  "#f0f2f5",
  "#e5e9ee",
  "#d9dee6",
  "#c3cbd6",
  "#9aa6b5",
  "#5b6879",
  "#465262",
  "#2f3a48",
  "#16202c",
];
const dark: MantineColorsTuple = [
  "#e6ebf1",
  "#c4cdd8",
  "#9dabba",
  "#7d8b9b",
  "#333f4c",
  "#28323d",
  "#1a222b",
  "#12181f",
  "#0d1218",
  "#090d11",
];

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 7 },
  colors: { accent, gray, dark, teal, orange },
  black: "#16202c",
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.25" },
      h2: { fontSize: "1rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: 8,
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Alert: Alert.extend({
      vars: (_theme, { color }) => {
        const tone = color === "red" ? "bad" : "warn";
        return {
          root: {
            "--alert-bg": `var(--${tone}-ground)`,
            "--alert-color": `var(--${tone}-ink)`,
            "--alert-bd": `1px solid var(--${tone}-line)`,
          },
        };
      },
    }),
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    Badge: Badge.extend({
      defaultProps: { variant: "light", radius: 6, tt: "none", fw: 550, size: "md" },
    }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
        overlayProps: { backgroundOpacity: 0.45, blur: 2 },
      },
    }),
    Select: Select.extend({ defaultProps: { allowDeselect: false } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 10, horizontalSpacing: 16 } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 250 } }),
  },
});
