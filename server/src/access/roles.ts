import {
  allPermissions,
  isBuiltInPermission,
  type Permission,
} from "@countersign/protocol/permissions.ts";
import { accountRoles, agentRoles, corpusRoles } from "@countersign/protocol/roles.ts";
import { createCache } from "../store/cache.ts";
import type { Feed } from "../store/feed.ts";
import type { ApiRecord, RoleRecord } from "../store/records.ts";
import type { ApiStore, RoleStore } from "../store/store.ts";

/**
 * What the roles of a tenant permit: the built-in ones, and those it has made for itself. `owner` and
 * `administrator` hold the permissions of the tenant's own APIs as well.
 */

export interface RoleCatalogue {
  /** The permissions of a role on a type of resource; none for a role that is not there. */
  permissionsOf(role: string, resourceType: string): readonly Permission[];
  /** Whether there is such a role to be bound to this. */
  has(role: string, resourceType: string): boolean;
  /** Every permission that there is: of the built-in catalogue and of the tenant's APIs. */
  permissions: ReadonlySet<Permission>;
  /** The tenant's own roles, by name. */
  custom: ReadonlyMap<string, RoleRecord>;
}

export interface Roles {
  /** What is in memory now; never asks the store. */
  peek(tenantId: string): RoleCatalogue | undefined;
  /** Rejects with `StoreUnavailable`. */
  of(tenantId: string): Promise<RoleCatalogue>;
}

const tenantsMax = 10_000;

export function createRoles(store: ApiStore & RoleStore, feed: Feed): Roles {
  const byTenant = createCache<RoleCatalogue>(feed, {
    async load(tenantId) {
      const [apis, roles] = await Promise.all([
        store.listApis(tenantId),
        store.listRoles(tenantId),
      ]);
      return roleCatalogueOf(apis, roles);
    },
    affectedBy: ({ kind, tenantId }) => (affecting.has(kind) ? tenantId : undefined),
    entriesMax: tenantsMax,
  });
  return {
    peek: byTenant.peek,
    of: async (tenantId) =>
      byTenant.peek(tenantId) ?? (await byTenant.find(tenantId)) ?? builtInRoles,
  };
}

const affecting = new Set<string>(["role", "api", "tenant"]);

/** The built-in roles that hold what the tenant's APIs permit, less what only an owner holds. */
const rulingRoles = new Set(["owner", "administrator"]);
const accountRoleNames = new Set<string>(Object.keys(accountRoles));

export function roleCatalogueOf(
  apis: readonly Pick<ApiRecord, "permissions">[],
  roles: readonly RoleRecord[],
): RoleCatalogue {
  const ofApis = apis.flatMap((api) => api.permissions.map(({ name }) => name));
  const added = [...new Set(ofApis)].filter((name) => !isBuiltInPermission(name));
  const permissions = new Set<Permission>([...allPermissions, ...added]);
  const custom = new Map(roles.map((role) => [role.name, role]));
  /** Without permissions that no API has any more. */
  const permitted = new Map(
    roles.map(({ name, permissions: named }) => [
      name,
      named.filter((one) => permissions.has(one)),
    ]),
  );
  const ruling = new Map(
    [...rulingRoles].map((role) => [role, [...builtInPermissionsOf(role, "account"), ...added]]),
  );
  return {
    permissions,
    custom,
    has(role, resourceType) {
      const own = custom.get(role);
      if (own !== undefined) return mayBeBoundTo(own, resourceType);
      return Object.hasOwn(builtInRolesOn(resourceType), role);
    },
    permissionsOf(role, resourceType) {
      const own = custom.get(role);
      if (own !== undefined) return mayBeBoundTo(own, resourceType) ? permitted.get(role)! : [];
      const isRuling = resourceType !== "corpus" && rulingRoles.has(role);
      return isRuling ? ruling.get(role)! : builtInPermissionsOf(role, resourceType);
    },
  };
}

export const mayBeBoundTo = ({ resourceTypes }: RoleRecord, resourceType: string): boolean =>
  resourceTypes === undefined || resourceTypes.includes(resourceType);

/** Whether a tenant cannot make a role of this name. */
export const isBuiltInRole = (name: string): boolean =>
  accountRoleNames.has(name) || Object.hasOwn(corpusRoles, name) || Object.hasOwn(agentRoles, name);

function builtInRolesOn(resourceType: string): Record<string, readonly Permission[]> {
  if (resourceType === "corpus") return corpusRoles;
  return resourceType === "agent" ? agentRoles : accountRoles;
}

function builtInPermissionsOf(role: string, resourceType: string): readonly Permission[] {
  const roles = builtInRolesOn(resourceType);
  return Object.hasOwn(roles, role) ? roles[role]! : [];
}

/** Of a tenant that has neither APIs nor roles of its own. */
export const builtInRoles: RoleCatalogue = roleCatalogueOf([], []);
