import { Type } from "typebox";
import {
  AppClient,
  AppClientPage,
  CreateAppClient,
  ListAppClientsQuery,
  UpdateAppClient,
} from "@countersign/protocol/admin/app-clients.ts";
import { mayDo } from "../../access/rights.ts";
import { createClient, deleteClient, loadClient, updateClient } from "../../clients/app-client.ts";
import { listClients } from "../../clients/listing.ts";
import { newestActive, revealSecret, type RotationContext } from "../../clients/rotation.ts";
import type { ClientRecord } from "../../store/records.ts";
import type { PageKeys } from "../page-key.ts";
import { applySettings, toAppClient, toSettings } from "./app-client-body.ts";
import { applyRoles, toBindings } from "./role-fields.ts";
import { etagOf, expectedVersionOf, idempotencyKeyOf, route, type AdminServer } from "./route.ts";

/** `/v2/app_clients`: who may ask for tokens. */

export interface AppClientRoutes extends RotationContext {
  pageKeys: PageKeys;
}

export const ById = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) });
const tag = "App clients";

const create = route({
  permission: "app_clients:write",
  tag,
  summary: "Create an app client",
  description:
    "The answer holds the client secret. With an `Idempotency-Key`, the same request again answers the same client.",
  body: CreateAppClient,
  success: { 201: AppClient },
});
const list = route({
  permission: "app_clients:read",
  tag,
  summary: "List app clients",
  query: ListAppClientsQuery,
  success: { 200: AppClientPage },
});
const read = route({
  permission: "app_clients:read",
  tag,
  summary: "Read an app client",
  description:
    "With `app_clients:reveal_secret` the answer holds the newest secret; that is audited.",
  params: ById,
  success: { 200: AppClient },
});
const update = route({
  permission: "app_clients:write",
  tag,
  summary: "Change an app client",
  description: "Absent members stay. `If-Match` refuses when somebody else changed it meanwhile.",
  params: ById,
  body: UpdateAppClient,
  success: { 200: AppClient },
});
const remove = route({
  permission: "app_clients:write",
  tag,
  summary: "Delete an app client",
  params: ById,
  success: { 204: Type.Null() },
});

export function registerAppClients(server: AdminServer, context: AppClientRoutes): void {
  const { store, system, pageKeys } = context;
  const findingsOf = ({ tenantId, clientId }: ClientRecord) =>
    store.listFindings(tenantId, [clientId]);

  server.post("/app_clients", create, async (request, reply) => {
    const { body, caller } = request;
    const roles = await context.roles.of(caller.actor.tenantId);
    const made = await createClient(context, caller, {
      settings: toSettings(body),
      bindings: toBindings(body, roles),
      idempotencyKey: idempotencyKeyOf(request),
    });
    // Meanwhile it may hold more than this caller: its first secret is revealed, or it is not.
    const plainSecret = made.isRepeated
      ? await revealSecret(context, caller, made, made.credentials[0])
      : made.plainSecret;
    reply.code(201).header("etag", etagOf(made.client));
    return toAppClient({ ...made, plainSecret, findings: [] });
  });

  server.get("/app_clients", list, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const { filter, external_id: externalId, order } = query;
    const listName = JSON.stringify(["app_clients", tenantId, filter, externalId, order]);
    const after = query.page_key && pageKeys.read(listName, query.page_key);
    const { clients, next } = await listClients(store, tenantId, {
      after: (after || undefined) as { createdAtMs: number; id: string } | undefined,
      filter,
      externalId,
      isNewestFirst: order === "newest",
      limit: query.limit,
    });
    return {
      app_clients: clients.map(await viewsOf(store, tenantId, clients)),
      metadata: next === undefined ? {} : { page_key: pageKeys.write(listName, next) },
    };
  });

  server.get("/app_clients/:id", read, async ({ params, caller }, reply) => {
    const known = await loadClient(context, caller.actor.tenantId, params.id);
    // In the console a page is looked at more often than a secret: that is read by its credential.
    const isAsked = caller.session === undefined;
    const mayReveal = isAsked && mayDo(caller.rights, "app_clients:reveal_secret");
    const newest = mayReveal ? newestActive(known, system.now()) : undefined;
    const plainSecret = await revealSecret(context, caller, known, newest);
    const lastUsedAtMs = await lastUseOf(store, known.client);
    const findings = await findingsOf(known.client);
    reply.header("etag", etagOf(known.client));
    return toAppClient({ ...known, findings, plainSecret, lastUsedAtMs });
  });

  server.patch("/app_clients/:id", update, async (request, reply) => {
    const { body, caller, params } = request;
    const roles = await context.roles.of(caller.actor.tenantId);
    const known = await updateClient(context, caller, params.id, {
      settings: (before) => applySettings(before, body),
      bindings: (before) => applyRoles(before, body, roles),
      expectedVersion: expectedVersionOf(request),
    });
    reply.header("etag", etagOf(known.client));
    return toAppClient({ ...known, findings: await findingsOf(known.client) });
  });

  server.delete("/app_clients/:id", remove, async (request, reply) => {
    await deleteClient(context, request.caller, request.params.id, expectedVersionOf(request));
    return reply.code(204).send(null);
  });
}

/** How each of a page's clients is shown, from two reads for all of them. */
async function viewsOf(
  store: AppClientRoutes["store"],
  tenantId: string,
  clients: ClientRecord[],
): Promise<(client: ClientRecord) => AppClient> {
  const ids = clients.map(({ clientId }) => clientId);
  const [bindings, lastUses] = await Promise.all([
    store.listBindings(tenantId, ids),
    store.listLastUses(tenantId, ids),
  ]);
  return (client) =>
    toAppClient({
      client,
      bindings: bindings.get(client.clientId) ?? [],
      findings: [],
      lastUsedAtMs: lastUses.get(client.clientId),
    });
}

const lastUseOf = async (
  store: AppClientRoutes["store"],
  { tenantId, clientId }: ClientRecord,
): Promise<number | undefined> => (await store.listLastUses(tenantId, [clientId])).get(clientId);
