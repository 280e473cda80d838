import { Type } from "typebox";
import {
  AskImpact,
  ListHoldersQuery,
  principalsNamedMax,
  RoleHolderPage,
  RoleImpact,
} from "@countersign/protocol/admin/role-impact.ts";
import { impactOf, type Impact, type ImpactStore } from "../../access/role-impact.ts";
import { loadRole } from "../../access/role.ts";
import type { Roles } from "../../access/roles.ts";
import { notFound } from "../../errors/admin-error.ts";
import type { HeldBinding } from "../../store/store.ts";
import type { System } from "../../system.ts";
import { isoTime } from "../iso-time.ts";
import type { PageKeys } from "../page-key.ts";
import { pageOf } from "./page.ts";
import { namePrincipals, type PrincipalContext } from "./principals.ts";
import { applyRoleSettings, builtInRoleNames } from "./role-body.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/roles/{name}/holders` and `/v2/roles/{name}/impact`: what to know before a role is changed. */

export interface RoleImpactRoutes extends PrincipalContext {
  system: System;
  store: ImpactStore & PrincipalContext["store"];
  roles: Roles;
  pageKeys: PageKeys;
}

const ByName = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) });
const tag = "Roles";

const holders = route({
  permission: "roles:read",
  tag,
  summary: "List who holds a role",
  description: "App clients, people and API keys, each with what the role is bound to.",
  params: ByName,
  query: ListHoldersQuery,
  success: { 200: RoleHolderPage },
});
const impact = route({
  permission: "roles:write",
  tag,
  summary: "See what a change of a role would take away",
  description:
    "Answers which calls of the last 30 days would have been refused, and whose. Changes nothing.",
  params: ByName,
  body: AskImpact,
  success: { 200: RoleImpact },
});

export function registerRoleImpact(server: AdminServer, context: RoleImpactRoutes): void {
  const { store, system, pageKeys, roles } = context;

  server.get("/roles/:name/holders", holders, async ({ params: { name }, query, caller }) => {
    const { tenantId } = caller.actor;
    const isThere = builtInRoleNames.includes(name) || (await roles.of(tenantId)).custom.has(name);
    if (!isThere) throw notFound(name);
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["holders", tenantId, name]),
      pageKey: query.page_key,
      limit: query.limit,
      read: (after: HeldBinding | undefined, limit) =>
        store.pageHolders(tenantId, { role: name, after, limit }),
      positionOf: (held) => held,
    });
    const ids = items.map(({ principalId }) => principalId);
    const principalOf = await namePrincipals(context, tenantId, ids);
    const page = items.map(({ principalId, resourceType, resourceId }) => ({
      principal: principalOf(principalId),
      resource_type: resourceType,
      resource_id: resourceId,
    }));
    return { holders: page, metadata };
  });

  server.post("/roles/:name/impact", impact, async ({ params: { name }, body, caller }) => {
    const { tenantId } = caller.actor;
    const before = await loadRole(context, tenantId, name);
    const after = body.deleted === true ? undefined : applyRoleSettings(before, body);
    const found = await impactOf(store, before, { after, atMs: system.now() });
    return toImpact(context, tenantId, found);
  });
}

async function toImpact(
  context: RoleImpactRoutes,
  tenantId: string,
  { holders: count, sinceMs, added, dropped, lost, isComplete }: Impact,
): Promise<RoleImpact> {
  const named = lost.map((one) => ({ ...one, named: one.usedBy.slice(0, principalsNamedMax) }));
  const ids = named.flatMap((one) => one.named.map(({ principalId }) => principalId));
  const principalOf = await namePrincipals(context, tenantId, ids);
  return {
    holders: count,
    since: isoTime(sinceMs),
    added,
    dropped,
    lost: named.map(({ permission, calls, lastUsedAtMs, usedBy, named: first }) => ({
      permission,
      calls,
      principals: usedBy.length,
      last_used_at: isoTime(lastUsedAtMs),
      used_by: first.map((use) => ({
        principal: principalOf(use.principalId),
        calls: use.calls,
        last_used_at: isoTime(use.lastUsedAtMs),
      })),
    })),
    is_complete: isComplete,
  };
}
