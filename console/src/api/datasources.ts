import type { Connection } from "@countersign/protocol/admin/connections.ts";
import type { DatasourceProfileList } from "@countersign/protocol/admin/datasource-profiles.ts";
import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import type { QueryClient } from "@tanstack/react-query";
import { askAgain, useChange } from "./change.ts";
import { read, readVersioned } from "./request.ts";

/** Outside APIs, and the connections that hold tokens for them. */

export const datasourcesPath = "/v2/datasources";
export const datasourcePath = (id: string): string =>
  `${datasourcesPath}/${encodeURIComponent(id)}`;
export const connectionsPath = "/v2/connections";
export const connectionPath = (id: string): string =>
  `${connectionsPath}/${encodeURIComponent(id)}`;

export const datasourceQuery = (id: string) => ({
  queryKey: [datasourcesPath, id],
  queryFn: readVersioned<Datasource>(datasourcePath(id)),
});
export const profilesQuery = {
  queryKey: ["/v2/datasource_profiles"],
  queryFn: read<DatasourceProfileList>("/v2/datasource_profiles"),
  staleTime: Infinity,
};
export const connectionQuery = (id: string) => ({
  queryKey: [connectionsPath, id],
  queryFn: read<Connection>(connectionPath(id)),
});

// What happened with a connection is read from the audit log.
const outboundPaths = [datasourcesPath, connectionsPath, "/v2/audit_events"];

/** A change, after which whatever is shown of datasources and connections is asked for again. */
export const useOutboundChange = <Input, Answer>(change: (input: Input) => Promise<Answer>) =>
  useChange(change, outboundPaths, { evenRefused: true });

export const refreshOutbound = (queries: QueryClient): Promise<void> =>
  askAgain(queries, outboundPaths);

/** What the states are called, and what they mean for whoever looks. */
export const stateNames: Readonly<Record<Connection["state"], string>> = {
  not_connected: "Not connected",
  connecting: "Connecting",
  connected: "Connected",
  refreshing: "Refreshing",
  reconnect_required: "Reconnect needed",
  uncertain: "Uncertain",
  disabled: "Disabled",
};
