import { Type } from "typebox";
import {
  ApiKey,
  ApiKeyPage,
  CreateApiKey,
  ListApiKeysQuery,
  UpdateApiKey,
} from "@countersign/protocol/admin/api-keys.ts";
import {
  administersKeys,
  createApiKey,
  deleteApiKey,
  loadApiKey,
  updateApiKey,
  type ApiKeyContext,
} from "../../api-keys/api-key.ts";
import type { KnownApiKeyRecord } from "../../store/records.ts";
import type { CredentialStore } from "../../store/store.ts";
import type { PageKeys } from "../page-key.ts";
import { applyKeySettings, toApiKey, toKeyBindings, toKeySettings } from "./api-key-body.ts";
import { ById } from "./app-clients.ts";
import { pageOf } from "./page.ts";
import { etagOf, expectedVersionOf, idempotencyKeyOf, route, type AdminServer } from "./route.ts";

/** `/v2/api_keys`: secrets that are sent with each call. */

export interface ApiKeyRoutes extends ApiKeyContext {
  store: ApiKeyContext["store"] & Pick<CredentialStore, "listCredentialUses">;
  pageKeys: PageKeys;
}

const tag = "API keys";

const create = route({
  permission: "api_keys:write",
  tag,
  summary: "Create an API key",
  description:
    "The answer shows the key in `secret_key`, this once: only a digest is kept. With an `Idempotency-Key`, the same request again answers the same key, without `secret_key`.",
  body: CreateApiKey,
  success: { 201: ApiKey },
});
const list = route({
  permission: "api_keys:read",
  tag,
  summary: "List API keys",
  description:
    "The caller's own; all of the account for who holds `users:list` or `app_clients:read`.",
  query: ListApiKeysQuery,
  success: { 200: ApiKeyPage },
});
const read = route({
  permission: "api_keys:read",
  tag,
  summary: "Read an API key",
  params: ById,
  success: { 200: ApiKey },
});
const update = route({
  permission: "api_keys:write",
  tag,
  summary: "Change, disable or enable an API key",
  description:
    "Absent members stay. What a disabled key earned is void, also once it is enabled again. `If-Match` refuses when somebody else changed it meanwhile.",
  params: ById,
  body: UpdateApiKey,
  success: { 200: ApiKey },
});
const remove = route({
  permission: "api_keys:write",
  tag,
  summary: "Delete an API key",
  params: ById,
  success: { 204: Type.Null() },
});

export function registerApiKeys(server: AdminServer, context: ApiKeyRoutes): void {
  const { store, system, pageKeys } = context;
  const view = (known: KnownApiKeyRecord, plainKey?: string) =>
    toApiKey({ ...known, atMs: system.now(), plainKey });

  server.post("/api_keys", create, async (request, reply) => {
    const { body, caller } = request;
    const made = await createApiKey(context, caller, {
      settings: toKeySettings(body),
      bindings: toKeyBindings(body, await context.roles.of(caller.actor.tenantId)),
      idempotencyKey: idempotencyKeyOf(request),
    });
    reply.code(201).header("etag", etagOf(made.apiKey));
    return view(made, made.plainKey);
  });

  server.get("/api_keys", list, async ({ query, caller }) => {
    const { page_key: pageKey, limit, ...filters } = query;
    const { tenantId, type, id } = caller.actor;
    const owner = administersKeys(caller, "read") ? undefined : { type, id };
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["api_keys", tenantId, owner, filters]),
      pageKey,
      limit,
      read: (after: { createdAtMs: number; id: string } | undefined, count) =>
        store.listApiKeys(tenantId, {
          after,
          owner,
          kind: filters.api_key_role,
          corpusKey: filters.corpus_key,
          externalId: filters.external_id,
          limit: count,
        }),
      positionOf: ({ apiKey }) => ({ createdAtMs: apiKey.createdAtMs, id: apiKey.id }),
    });
    return { api_keys: await withUses(context, tenantId, items), metadata };
  });

  server.get("/api_keys/:id", read, async ({ params, caller }, reply) => {
    const known = await loadApiKey(context, caller, params.id, "read");
    reply.header("etag", etagOf(known.apiKey));
    return (await withUses(context, caller.actor.tenantId, [known]))[0]!;
  });

  server.patch("/api_keys/:id", update, async (request, reply) => {
    const { body, caller, params } = request;
    const known = await updateApiKey(context, caller, params.id, {
      settings: (before) => applyKeySettings(before, body),
      expectedVersion: expectedVersionOf(request),
    });
    reply.header("etag", etagOf(known.apiKey));
    return view(known);
  });

  server.delete("/api_keys/:id", remove, async (request, reply) => {
    await deleteApiKey(context, request.caller, request.params.id, expectedVersionOf(request));
    return reply.code(204).send(null);
  });
}

async function withUses(
  { store, system }: ApiKeyRoutes,
  tenantId: string,
  keys: KnownApiKeyRecord[],
): Promise<ApiKey[]> {
  const ids = keys.map(({ apiKey }) => apiKey.id);
  const uses = await store.listCredentialUses(tenantId, ids);
  const lastUses = new Map(uses.map((use) => [use.credentialId, use.lastUsedAtMs]));
  const atMs = system.now();
  return keys.map((known) =>
    toApiKey({ ...known, atMs, lastUsedAtMs: lastUses.get(known.apiKey.id) }),
  );
}
