import type { Static } from "typebox";
import type { ListAllConnectionsQuery } from "@countersign/protocol/admin/connections.ts";
import type { Position } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import { showConnection, type ConnectionRoutes } from "./connection-acts.ts";
import { connectingMs } from "./connection-body.ts";
import { pageOf } from "./page.ts";

/** One page of connections, oldest first, without links. */
export async function pageOfConnections(
  context: ConnectionRoutes,
  caller: Caller,
  query: Static<typeof ListAllConnectionsQuery>,
) {
  const { store, pageKeys } = context;
  const { tenantId } = caller.actor;
  const { datasource_id: datasourceId, owner, state, external_id: externalId } = query;
  const filters = { datasourceId, owner, state, externalId };
  const connectingSinceMs = context.system.now() - connectingMs;
  const { items, metadata } = await pageOf(pageKeys, {
    listName: JSON.stringify(["connections", tenantId, filters]),
    pageKey: query.page_key,
    limit: query.limit,
    read: (after: Position | undefined, limit) =>
      store.listConnections(tenantId, { ...filters, after, limit, connectingSinceMs }),
    positionOf: ({ createdAtMs, id }) => ({ createdAtMs, id }),
  });
  const shown = items.map((connection) => showConnection(context, connection));
  return { connections: await Promise.all(shown), metadata };
}
