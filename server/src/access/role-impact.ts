import type { RoleRecord } from "../store/records.ts";
import type { ApiStore, ClientStore, HolderStore, RoleStore } from "../store/store.ts";
import { droppedPermissions, rightsOf } from "./rights.ts";
import { roleCatalogueOf, type RoleCatalogue } from "./roles.ts";

/**
 * What a change of a role would have taken from its holders, had it been made a month ago: the permissions
 * that they used since, and would hold by nothing else.
 */

export type ImpactStore = HolderStore & ApiStore & RoleStore & Pick<ClientStore, "listBindings">;

export interface Impact {
  holders: number;
  sinceMs: number;
  added: string[];
  dropped: string[];
  /** Most often used first. */
  lost: LostPermission[];
  /** Whether all uses were looked at. */
  isComplete: boolean;
}

export interface LostPermission {
  permission: string;
  calls: number;
  lastUsedAtMs: number;
  usedBy: { principalId: string; calls: number; lastUsedAtMs: number }[];
}

const dayMs = 24 * 60 * 60_000;
const lookBackDays = 30;
/** A bound on what one question costs. */
const usesMax = 2_000;
/** SQLite takes at most 32,766 parameters in a statement. */
const principalsPerRead = 1_000;

/** `after` absent: the role is deleted. */
export async function impactOf(
  store: ImpactStore,
  before: RoleRecord,
  { after, atMs }: { after: RoleRecord | undefined; atMs: number },
): Promise<Impact> {
  const { tenantId, name: role } = before;
  const { today, changed } = await cataloguesOf(store, before, after);
  const sinceMs = atMs - (atMs % dayMs) - (lookBackDays - 1) * dayMs;
  const permissions = touchedBy(before, after);
  const query = { role, permissions, sinceMs, limit: usesMax + 1 };
  const found = permissions.length === 0 ? [] : await store.listPermissionUses(tenantId, query);
  const uses = found.slice(0, usesMax);
  const principalIds = [...new Set(uses.map(({ principalId }) => principalId))];
  const losses = new Map<string, Set<string>>();
  for (let start = 0; start < principalIds.length; start += principalsPerRead) {
    const part = principalIds.slice(start, start + principalsPerRead);
    for (const [id, bindings] of await store.listBindings(tenantId, part)) {
      const [had, has] = [rightsOf(bindings, today), rightsOf(bindings, changed)];
      losses.set(id, new Set(droppedPermissions(had, has)));
    }
  }
  const lost = uses.filter((use) => losses.get(use.principalId)?.has(use.permission) === true);
  return {
    holders: await store.countHolders(tenantId, role),
    sinceMs,
    added: without(after?.permissions ?? [], before.permissions),
    dropped: without(before.permissions, after?.permissions ?? []),
    lost: byPermission(lost),
    isComplete: found.length <= usesMax,
  };
}

async function cataloguesOf(
  store: ImpactStore,
  before: RoleRecord,
  after: RoleRecord | undefined,
): Promise<{ today: RoleCatalogue; changed: RoleCatalogue }> {
  const { tenantId, name } = before;
  const [apis, roles] = await Promise.all([store.listApis(tenantId), store.listRoles(tenantId)]);
  const others = roles.filter((role) => role.name !== name);
  return {
    today: roleCatalogueOf(apis, [...others, before]),
    changed: roleCatalogueOf(apis, after === undefined ? others : [...others, after]),
  };
}

/** Bound to less than before, every permission of it may be lost somewhere. */
function touchedBy(before: RoleRecord, after: RoleRecord | undefined): string[] {
  const isBoundOtherwise =
    JSON.stringify(before.resourceTypes) !== JSON.stringify(after?.resourceTypes);
  if (after === undefined || isBoundOtherwise) return before.permissions;
  return without(before.permissions, after.permissions);
}

const without = (some: string[], others: string[]): string[] =>
  some.filter((permission) => !others.includes(permission));

function byPermission(
  uses: { permission: string; principalId: string; calls: number; lastUsedAtMs: number }[],
): LostPermission[] {
  const byName = new Map<string, LostPermission>();
  for (const { permission, ...use } of uses) {
    const known = byName.get(permission) ?? { permission, calls: 0, lastUsedAtMs: 0, usedBy: [] };
    known.calls += use.calls;
    known.lastUsedAtMs = Math.max(known.lastUsedAtMs, use.lastUsedAtMs);
    known.usedBy.push(use);
    byName.set(permission, known);
  }
  return [...byName.values()].toSorted((one, other) => other.calls - one.calls);
}
