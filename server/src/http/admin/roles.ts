import { Type } from "typebox";
import {
  CreateRole,
  DeleteRoleQuery,
  ListRolesQuery,
  Role,
  RolePage,
  UpdateRole,
} from "@countersign/protocol/admin/roles.ts";
import { createRole, deleteRole, updateRole, type RoleContext } from "../../access/role.ts";
import { notFound } from "../../errors/admin-error.ts";
import type { PageKeys } from "../page-key.ts";
import { pageOf } from "./page.ts";
import {
  applyRoleSettings,
  builtInRoleNames,
  toBuiltInRole,
  toRole,
  toRoleSettings,
} from "./role-body.ts";
import { etagOf, expectedVersionOf, idempotencyKeyOf, route, type AdminServer } from "./route.ts";

/** `/v2/roles`: the built-in roles, and those that the account makes for itself. */

export interface RoleRoutes extends RoleContext {
  pageKeys: PageKeys;
}

const ByName = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) });
const tag = "Roles";

const create = route({
  permission: "roles:write",
  tag,
  summary: "Create a role",
  description:
    "Nobody puts into a role what they do not hold for the whole account. With an `Idempotency-Key`, the same request again answers the same role.",
  body: CreateRole,
  success: { 201: Role },
});
const list = route({
  permission: "roles:read",
  tag,
  summary: "List roles",
  description: "The built-in ones first.",
  query: ListRolesQuery,
  success: { 200: RolePage },
});
const read = route({
  permission: "roles:read",
  tag,
  summary: "Read a role",
  params: ByName,
  success: { 200: Role },
});
const update = route({
  permission: "roles:write",
  tag,
  summary: "Change a role",
  description:
    "Felt by all who hold it at once; what is dropped leaves the tokens they have. `If-Match` refuses when somebody else changed it meanwhile.",
  params: ByName,
  body: UpdateRole,
  success: { 200: Role },
});
const remove = route({
  permission: "roles:write",
  tag,
  summary: "Delete a role",
  description: "409 while somebody holds it, unless `force=true` takes it from them.",
  params: ByName,
  query: DeleteRoleQuery,
  success: { 204: Type.Null() },
});

export function registerRoles(server: AdminServer, context: RoleRoutes): void {
  const { store, pageKeys, roles } = context;

  server.post("/roles", create, async (request, reply) => {
    const role = await createRole(context, request.caller, {
      settings: toRoleSettings(request.body),
      idempotencyKey: idempotencyKeyOf(request),
    });
    reply.code(201).header("etag", etagOf(role));
    return toRole(role);
  });

  server.get("/roles", list, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const [catalogue, own] = [await roles.of(tenantId), await store.listRoles(tenantId)];
    const { external_id: externalId } = query;
    const all = [
      ...builtInRoleNames.map((name) => toBuiltInRole(name, catalogue)),
      ...own.map(toRole),
    ].filter((role) => externalId === undefined || role.external_id === externalId);
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["roles", tenantId, externalId]),
      pageKey: query.page_key,
      limit: query.limit,
      read: (after: Position | undefined, count) =>
        Promise.resolve(all.filter((role) => isBehind(role, after)).slice(0, count)),
      positionOf: ({ name, built_in: builtIn }) => ({ name, builtIn }),
    });
    return { roles: items, metadata };
  });

  server.get("/roles/:name", read, async ({ params: { name }, caller }, reply) => {
    const { tenantId } = caller.actor;
    if (builtInRoleNames.includes(name)) return toBuiltInRole(name, await roles.of(tenantId));
    const role = await store.findRole(tenantId, name);
    if (role === undefined) throw notFound(name);
    reply.header("etag", etagOf(role));
    return toRole(role);
  });

  server.patch("/roles/:name", update, async (request, reply) => {
    const { body, caller, params } = request;
    const role = await updateRole(context, caller, params.name, {
      settings: (before) => applyRoleSettings(before, body),
      expectedVersion: expectedVersionOf(request),
    });
    reply.header("etag", etagOf(role));
    return toRole(role);
  });

  server.delete("/roles/:name", remove, async (request, reply) => {
    const { caller, params, query } = request;
    await deleteRole(context, caller.actor, params.name, {
      isForced: query.force,
      expectedVersion: expectedVersionOf(request),
    });
    return reply.code(204).send(null);
  });
}

interface Position {
  name: string;
  builtIn: boolean;
}

/** The built-in ones in the order of the catalogue, then the others by name. */
function isBehind({ name, built_in: builtIn }: Role, after: Position | undefined): boolean {
  if (after === undefined) return true;
  if (builtIn !== after.builtIn) return after.builtIn;
  return builtIn
    ? builtInRoleNames.indexOf(name) > builtInRoleNames.indexOf(after.name)
    : name > after.name;
}
