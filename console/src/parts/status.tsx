import { Badge } from "@mantine/core";
import { inWords } from "./role-badges.tsx";

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
  open: "red",
  resolved: "teal",
  false_alarm: "gray",
};

export const Status = ({ state }: { state: string }) => (
  <Badge color={colors[state] ?? "gray"} autoContrast>
    {inWords(state)}
  </Badge>
);
