import { Type } from "typebox";
import {
  Connection,
  ConnectionPage,
  ConnectionToken,
  CreateConnection,
  ListAllConnectionsQuery,
  ListConnectionsQuery,
  UpdateConnection,
} from "@countersign/protocol/admin/connections.ts";
import { ById } from "./app-clients.ts";
import { applyConnection, toConnectionInput } from "./connection-body.ts";
import {
  readTokenOf,
  refreshNow,
  showConnection,
  type ConnectionRoutes,
} from "./connection-acts.ts";
import { pageOfConnections } from "./connection-list.ts";
import { etagOf, expectedVersionOf, idempotencyKeyOf, route, type AdminServer } from "./route.ts";

/** `/v2/connections`: the tokens that are held for outside APIs. */

const tag = "Connections";

const create = route({
  permission: "connections:write",
  tag,
  summary: "Connect a datasource",
  description:
    "For one end user of yours, or for the team. The answer has the link that a person opens. 200 with a new link for an owner who has a connection already. Client credentials need nobody: the first use gets the token.",
  params: ById,
  body: CreateConnection,
  success: { 200: Connection, 201: Connection },
});
const listOfDatasource = route({
  permission: "connections:read",
  tag,
  summary: "List the connections of a datasource",
  params: ById,
  query: ListConnectionsQuery,
  success: { 200: ConnectionPage },
});
const list = route({
  permission: "connections:read",
  tag,
  summary: "List connections",
  query: ListAllConnectionsQuery,
  success: { 200: ConnectionPage },
});
const read = route({
  permission: "connections:read",
  tag,
  summary: "Read a connection",
  description: "With `connections:write` the answer has a connect link.",
  params: ById,
  success: { 200: Connection },
});
const update = route({
  permission: "connections:write",
  tag,
  summary: "Change a connection",
  description: "`If-Match` refuses when somebody else changed it meanwhile.",
  params: ById,
  body: UpdateConnection,
  success: { 200: Connection },
});
const remove = route({
  permission: "connections:write",
  tag,
  summary: "Delete a connection",
  description: "Its token is given back to the provider, where the provider takes it.",
  params: ById,
  success: { 204: Type.Null() },
});
const refresh = route({
  permission: "connections:write",
  tag,
  summary: "Renew the token of a connection now",
  description: "Also where it was given up. The answer says what came of it.",
  params: ById,
  success: { 200: Connection },
});
const token = route({
  permission: "connections:read_token",
  tag,
  summary: "Take the access token of a connection",
  description: "One that is good now; it is renewed before, if it has to be. Audited.",
  params: ById,
  success: { 200: ConnectionToken },
});

export function registerConnections(server: AdminServer, context: ConnectionRoutes): void {
  const { outbound } = context;

  server.post("/datasources/:id/connections", create, async (request, reply) => {
    const { createConnection } = await outbound();
    const { connection, isNew } = await createConnection(context, request.caller.actor, {
      datasourceId: request.params.id,
      input: toConnectionInput(request.body),
      idempotencyKey: idempotencyKeyOf(request),
    });
    reply.code(isNew ? 201 : 200).header("etag", etagOf(connection));
    return showConnection(context, connection, request.caller);
  });

  server.get("/datasources/:id/connections", listOfDatasource, async (request) => {
    const { params, query, caller } = request;
    const { loadDatasource } = await outbound();
    await loadDatasource(context, caller.actor.tenantId, params.id);
    return pageOfConnections(context, caller, { ...query, datasource_id: params.id });
  });

  server.get("/connections", list, async ({ query, caller }) =>
    pageOfConnections(context, caller, query),
  );

  server.get("/connections/:id", read, async ({ params, caller }, reply) => {
    const { loadConnection } = await outbound();
    const connection = await loadConnection(context, caller.actor.tenantId, params.id);
    reply.header("etag", etagOf(connection));
    return showConnection(context, connection, caller);
  });

  server.patch("/connections/:id", update, async (request, reply) => {
    const { body, caller, params } = request;
    const { updateConnection } = await outbound();
    const connection = await updateConnection(context, caller.actor, params.id, {
      apply: (before) => applyConnection(before, body),
      expectedVersion: expectedVersionOf(request),
    });
    reply.header("etag", etagOf(connection));
    return showConnection(context, connection, caller);
  });

  server.delete("/connections/:id", remove, async (request, reply) => {
    const { caller, params } = request;
    const { deleteConnection } = await outbound();
    await deleteConnection(context, caller.actor, params.id, expectedVersionOf(request));
    return reply.code(204).send(null);
  });

  server.post("/connections/:id/refresh", refresh, async ({ params, caller }, reply) => {
    const connection = await refreshNow(context, caller, params.id);
    reply.header("etag", etagOf(connection));
    return showConnection(context, connection, caller);
  });

  server.get("/connections/:id/token", token, async ({ params, caller }) =>
    readTokenOf(context, caller, params.id),
  );
}
