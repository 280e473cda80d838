import { Badge } from "@mantine/core";

/** Whether something works now: a word, and a colour that says the same. */
const colors: Readonly<Record<string, string>> = {
  active: "teal",
  enabled: "teal",
  current: "teal",
  next: "accent",
  disabled: "gray",
  expired: "orange",
  previous: "gray",
  revoked: "red",
};

export const Status = ({ state }: { state: string }) => (
  <Badge color={colors[state] ?? "gray"} autoContrast>
    {state.slice(0, 1).toUpperCase() + state.slice(1)}
  </Badge>
);
