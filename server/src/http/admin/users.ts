import { Type } from "typebox";
import {
  ByUsername,
  CreateUser,
  ListUsersQuery,
  UpdateUser,
  User,
  UserPage,
} from "@countersign/protocol/admin/users.ts";
import { filteredPage } from "../../access/filtered-page.ts";
import {
  createUser,
  deleteUser,
  loadUser,
  removeSecondFactors,
  resetPassword,
  updateUser,
  type UserContext,
} from "../../people/user.ts";
import type { FactorStore, UserStore } from "../../store/store.ts";
import type { PageKeys } from "../page-key.ts";
import { handOver, type HandOverContext } from "./hand-over.ts";
import { applyRoles, toBindings } from "./role-fields.ts";
import { etagOf, expectedVersionOf, idempotencyKeyOf, route, type AdminServer } from "./route.ts";
import { applyUserSettings, toUser, toUserSettings } from "./user-body.ts";

/** `/v2/users`: people and their roles. */

export interface UserRoutes extends UserContext, HandOverContext {
  store: UserStore & FactorStore;
  pageKeys: PageKeys;
}

type UserPosition = { createdAtMs: number; id: string };

const tag = "Users";

const create = route({
  permission: "users:write",
  tag,
  summary: "Create a user",
  description:
    "The answer shows `one_time_code` and `sign_in_url`, this once. Where mail is set up the link is mailed as well; `sign_in_mail` says whether the mail server took it. With an `Idempotency-Key`, the same request again answers the same user, without the code.",
  body: CreateUser,
  success: { 201: User },
});
const list = route({
  permission: "users:list",
  tag,
  summary: "List users",
  query: ListUsersQuery,
  success: { 200: UserPage },
});
const read = route({
  permission: "users:read",
  tag,
  summary: "Read a user",
  params: ByUsername,
  success: { 200: User },
});
const update = route({
  permission: "users:write",
  tag,
  summary: "Change, disable or enable a user",
  description:
    "Absent members stay. A disabled user's personal API keys stop at once. The last enabled owner stays an owner: 409. `If-Match` refuses when somebody else changed it meanwhile.",
  params: ByUsername,
  body: UpdateUser,
  success: { 200: User },
});
const remove = route({
  permission: "users:write",
  tag,
  summary: "Delete a user",
  description: "With its personal API keys. The last enabled owner stays: 409.",
  params: ByUsername,
  success: { 204: Type.Null() },
});
const reset = route({
  permission: "users:write",
  tag,
  summary: "Give a user a new one-time code",
  description:
    "The codes before it are void, and so are the user's password, sessions and tokens. The answer shows `sign_in_url`, where the person chooses a new password; where mail is set up it is mailed as well.",
  params: ByUsername,
  success: { 200: User },
});

const removeFactors = route({
  permission: "users:write",
  tag,
  summary: "Take away a user's second factors",
  description:
    "For who has lost them: authenticator apps, passkeys and recovery codes go, and all sessions end. The password stays. The caller must hold all that the user holds. 409 when there are none.",
  params: ByUsername,
  success: { 204: Type.Null() },
});

export function registerUsers(server: AdminServer, context: UserRoutes): void {
  const { store, pageKeys } = context;

  server.post("/users", create, async (request, reply) => {
    const { body, caller } = request;
    const roles = await context.roles.of(caller.actor.tenantId);
    const made = await createUser(context, caller, {
      settings: toUserSettings(body),
      bindings: toBindings(body, roles),
      idempotencyKey: idempotencyKeyOf(request),
    });
    reply.code(201).header("etag", etagOf(made.user));
    return handOver(context, made, "invitation");
  });

  server.get("/users", list, async ({ query, caller }) => {
    const { page_key: pageKey, limit, ...filters } = query;
    const { tenantId } = caller.actor;
    const { filter, corpus_key: corpusKey, external_id: externalId } = filters;
    const listName = JSON.stringify(["users", tenantId, filters]);
    const after = pageKey && pageKeys.read(listName, pageKey);
    const { items, next } = await filteredPage({
      filter,
      after: (after || undefined) as UserPosition | undefined,
      limit,
      read: (from, count) =>
        store.listUsers(tenantId, { after: from, corpusKey, externalId, limit: count }),
      textsOf: ({ user }) => [user.name, user.email, user.username],
      positionOf: ({ user }) => ({ createdAtMs: user.createdAtMs, id: user.id }),
    });
    return {
      users: items.map((known) => toUser(known)),
      metadata: next === undefined ? {} : { page_key: pageKeys.write(listName, next) },
    };
  });

  server.get("/users/:username", read, async ({ params, caller }, reply) => {
    const known = await loadUser(context, caller.actor.tenantId, params.username);
    reply.header("etag", etagOf(known.user));
    return toUser(known);
  });

  server.patch("/users/:username", update, async (request, reply) => {
    const { body, caller, params } = request;
    const roles = await context.roles.of(caller.actor.tenantId);
    const known = await updateUser(context, caller, params.username, {
      settings: (before) => applyUserSettings(before, body),
      bindings: (before) => applyRoles(before, body, roles),
      expectedVersion: expectedVersionOf(request),
    });
    reply.header("etag", etagOf(known.user));
    return toUser(known);
  });

  server.delete("/users/:username", remove, async (request, reply) => {
    const { caller, params } = request;
    await deleteUser(context, caller, params.username, expectedVersionOf(request));
    return reply.code(204).send(null);
  });

  server.post("/users/:username/reset_password", reset, async ({ params, caller }) => {
    const known = await resetPassword(context, caller, params.username);
    return handOver(context, known, "reset");
  });

  server.post("/users/:username/remove_second_factors", removeFactors, async (request, reply) => {
    await removeSecondFactors(context, request.caller, request.params.username);
    return reply.code(204).send(null);
  });
}
