import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { Badge } from "@mantine/core";
import { stateNames } from "../api/datasources.ts";
import { stateColors } from "../parts/status.tsx";

/** How a connection is, in a word. */
export const ConnectionState = ({ connection: { state } }: { connection: Connection }) => (
  <Badge color={stateColors[state] ?? "gray"} autoContrast>
    {stateNames[state]}
  </Badge>
);
