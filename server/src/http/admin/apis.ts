import { Type } from "typebox";
import {
  Api,
  ApiPage,
  CreateApi,
  ListApisQuery,
  RotateVerifierCredential,
  UpdateApi,
  VerifierCredential,
} from "@countersign/protocol/admin/apis.ts";
import {
  createApi,
  deleteApi,
  loadApi,
  rotateVerifierSecret,
  updateApi,
  type ApiContext,
} from "../../access/api.ts";
import type { ApiRecord } from "../../store/records.ts";
import type { PageKeys } from "../page-key.ts";
import { applySettings, toApi, toSettings, toVerifier } from "./api-body.ts";
import { ById } from "./app-clients.ts";
import { pageOf } from "./page.ts";
import { etagOf, expectedVersionOf, idempotencyKeyOf, route, type AdminServer } from "./route.ts";

/** `/v2/apis`: who is called with tokens. */

export interface ApiRoutes extends ApiContext {
  pageKeys: PageKeys;
}

const tag = "APIs";
const previousValidSecondsDefault = 86_400;

const create = route({
  permission: "apis:write",
  tag,
  summary: "Register an API",
  description:
    "The answer holds the secret of its verifier credential, this once. With an `Idempotency-Key`, the same request again answers the same API, without the secret.",
  body: CreateApi,
  success: { 201: Api },
});
const list = route({
  permission: "apis:read",
  tag,
  summary: "List APIs",
  query: ListApisQuery,
  success: { 200: ApiPage },
});
const read = route({
  permission: "apis:read",
  tag,
  summary: "Read an API",
  params: ById,
  success: { 200: Api },
});
const update = route({
  permission: "apis:write",
  tag,
  summary: "Change an API",
  description:
    "Absent members stay. A permission that leaves the catalogue leaves the tokens that were issued with it. `If-Match` refuses when somebody else changed it meanwhile.",
  params: ById,
  body: UpdateApi,
  success: { 200: Api },
});
const remove = route({
  permission: "apis:write",
  tag,
  summary: "Delete an API",
  description: "No token to it is active any more. The default API cannot be deleted.",
  params: ById,
  success: { 204: Type.Null() },
});
const rotate = route({
  permission: "apis:write",
  tag,
  summary: "Rotate the verifier credential of an API",
  description: "The answer holds the new secret, this once.",
  params: ById,
  body: RotateVerifierCredential,
  success: { 201: VerifierCredential },
});

export function registerApis(server: AdminServer, context: ApiRoutes): void {
  const { store, pageKeys } = context;

  server.post("/apis", create, async (request, reply) => {
    const { api, plainSecret } = await createApi(context, request.caller.actor, {
      settings: toSettings(request.body),
      idempotencyKey: idempotencyKeyOf(request),
    });
    reply.code(201).header("etag", etagOf(api));
    return toApi(api, plainSecret);
  });

  server.get("/apis", list, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const { external_id: externalId } = query;
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["apis", tenantId, externalId]),
      pageKey: query.page_key,
      limit: query.limit,
      read: async (after: Position | undefined, count) =>
        (await store.listApis(tenantId))
          .filter((api) => externalId === undefined || api.externalId === externalId)
          .filter((api) => isBehind(api, after))
          .slice(0, count),
      positionOf: ({ createdAtMs, id }) => ({ createdAtMs, id }),
    });
    return { apis: items.map((api) => toApi(api)), metadata };
  });

  server.get("/apis/:id", read, async ({ params, caller }, reply) => {
    const api = await loadApi(context, caller.actor.tenantId, params.id);
    reply.header("etag", etagOf(api));
    return toApi(api);
  });

  server.patch("/apis/:id", update, async (request, reply) => {
    const { body, caller, params } = request;
    const api = await updateApi(context, caller.actor, params.id, {
      settings: (before) => applySettings(before, body),
      expectedVersion: expectedVersionOf(request),
    });
    reply.header("etag", etagOf(api));
    return toApi(api);
  });

  server.delete("/apis/:id", remove, async (request, reply) => {
    const { caller, params } = request;
    await deleteApi(context, caller.actor, params.id, expectedVersionOf(request));
    return reply.code(204).send(null);
  });

  server.post("/apis/:id/verifier_credential/rotate", rotate, async (request, reply) => {
    const { body, caller, params } = request;
    const { previous_valid_seconds: seconds = previousValidSecondsDefault } = body;
    const made = await rotateVerifierSecret(context, caller.actor, params.id, seconds * 1_000);
    reply.code(201);
    return toVerifier(made.api, made.plainSecret)!;
  });
}

type Position = Pick<ApiRecord, "createdAtMs" | "id">;

/** Oldest first. */
const isBehind = ({ createdAtMs, id }: Position, after: Position | undefined): boolean =>
  after === undefined ||
  createdAtMs > after.createdAtMs ||
  (createdAtMs === after.createdAtMs && id > after.id);
