import { Badge } from "@mantine/core";
import { inWords } from "./role-badges.tsx";

/** Whether something works now: a word, and a colour that says the same. */
export const stateColors: Readonly<Record<string, string>> = {
  active: "teal",
  enabled: "teal",
  current: "teal",
  next: "accent",
  disabled: "gray",
  expired: "orange",
  previous: "gray",
  revoked: "red",
  open: "red",
  connected: "teal",
  refreshing: "accent",
  connecting: "accent",
  not_connected: "gray",
  reconnect_required: "red",
  uncertain: "orange",
  resolved: "teal",
  false_alarm: "gray",
};

export const Status = ({ state }: { state: string }) => (
  <Badge color={stateColors[state] ?? "gray"} autoContrast>
    {inWords(state)}
  </Badge>
);
