import { Type } from "typebox";
import {
  CreateDatasource,
  Datasource,
  DatasourcePage,
  DeleteDatasourceQuery,
  ListDatasourcesQuery,
  UpdateDatasource,
} from "@countersign/protocol/admin/datasources.ts";
import type { Outbound, OutboundContext } from "../../datasources/outbound.ts";
import type { DatasourceRecord, Position } from "../../store/store.ts";
import type { PageKeys } from "../page-key.ts";
import { ById } from "./app-clients.ts";
import { applyInput, toDatasource, toInput } from "./datasource-body.ts";
import { connectingMs } from "./connection-body.ts";
import { pageOf } from "./page.ts";
import { etagOf, expectedVersionOf, idempotencyKeyOf, route, type AdminServer } from "./route.ts";

/** `/v2/datasources`: outside APIs. */

export interface DatasourceRoutes extends OutboundContext {
  pageKeys: PageKeys;
  outbound(): Promise<Outbound>;
}

const tag = "Datasources";

const create = route({
  permission: "datasources:write",
  tag,
  summary: "Create a datasource",
  description:
    "What is absent is as the profile proposes; `null` is as if it proposed nothing. Secrets are sealed and never shown again. With an `Idempotency-Key`, the same request again answers the same datasource.",
  body: CreateDatasource,
  success: { 201: Datasource },
});
const list = route({
  permission: "datasources:read",
  tag,
  summary: "List datasources",
  query: ListDatasourcesQuery,
  success: { 200: DatasourcePage },
});
const read = route({
  permission: "datasources:read",
  tag,
  summary: "Read a datasource",
  description: "All that counts, without secrets. To make the same one elsewhere, export it.",
  params: ById,
  success: { 200: Datasource },
});
const update = route({
  permission: "datasources:write",
  tag,
  summary: "Change a datasource",
  description:
    "Absent members stay, `null` takes a setting away, also one that the profile proposes, and what is in `as_proposed` is the profile's again. Connections whose tokens are tied to what changed must be connected again. A secret that would go to another host is given again. `If-Match` refuses when somebody else changed it meanwhile.",
  params: ById,
  body: UpdateDatasource,
  success: { 200: Datasource },
});
const remove = route({
  permission: "datasources:write",
  tag,
  summary: "Delete a datasource",
  description:
    "409 while it has connections, unless `force=true` deletes them with it. Their tokens are given back to the provider, where it takes them.",
  params: ById,
  query: DeleteDatasourceQuery,
  success: { 204: Type.Null() },
});

export function registerDatasources(server: AdminServer, context: DatasourceRoutes): void {
  const { store, pageKeys, outbound } = context;
  const showAll = (tenantId: string, records: DatasourceRecord[]) =>
    showDatasources(context, tenantId, records);
  const show = async (record: DatasourceRecord): Promise<Datasource> =>
    (await showAll(record.tenantId, [record]))[0]!;

  server.post("/datasources", create, async (request, reply) => {
    const { createDatasource } = await outbound();
    const datasource = await createDatasource(context, request.caller.actor, {
      input: toInput(request.body),
      idempotencyKey: idempotencyKeyOf(request),
    });
    reply.code(201).header("etag", etagOf(datasource));
    return show(datasource);
  });

  server.get("/datasources", list, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const { name, external_id: externalId } = query;
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["datasources", tenantId, name, externalId]),
      pageKey: query.page_key,
      limit: query.limit,
      read: (after: Position | undefined, limit) =>
        store.listDatasources(tenantId, { after, name, externalId, limit }),
      positionOf: ({ createdAtMs, id }) => ({ createdAtMs, id }),
    });
    return { datasources: await showAll(tenantId, items), metadata };
  });

  server.get("/datasources/:id", read, async ({ params, caller }, reply) => {
    const { loadDatasource } = await outbound();
    const datasource = await loadDatasource(context, caller.actor.tenantId, params.id);
    reply.header("etag", etagOf(datasource));
    return show(datasource);
  });

  server.patch("/datasources/:id", update, async (request, reply) => {
    const { body, caller, params } = request;
    const { updateDatasource } = await outbound();
    const datasource = await updateDatasource(context, caller.actor, params.id, {
      input: (before) => applyInput(before, body),
      expectedVersion: expectedVersionOf(request),
    });
    reply.header("etag", etagOf(datasource));
    return show(datasource);
  });

  server.delete("/datasources/:id", remove, async (request, reply) => {
    const { caller, params, query } = request;
    const { deleteDatasource } = await outbound();
    await deleteDatasource(context, caller.actor, params.id, {
      isForced: query.force,
      expectedVersion: expectedVersionOf(request),
    });
    return reply.code(204).send(null);
  });
}

async function showDatasources(
  context: DatasourceRoutes,
  tenantId: string,
  records: DatasourceRecord[],
): Promise<Datasource[]> {
  const { providerOf, doubtsOf, redirectUrlOf } = await context.outbound();
  const redirectUrl = redirectUrlOf(context);
  const ids = records.map(({ id }) => id);
  const connectingSinceMs = context.system.now() - connectingMs;
  const counts = await context.store.countConnections(tenantId, ids, connectingSinceMs);
  return records.map((record) => {
    const provider = providerOf(context, record);
    const findings = doubtsOf(provider);
    const ofIt = counts.filter(({ datasourceId }) => datasourceId === record.id);
    return toDatasource(record, provider, { findings, redirectUrl, counts: ofIt });
  });
}
