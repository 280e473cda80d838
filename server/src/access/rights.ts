import type { AuthorizationDetail } from "@countersign/protocol/oauth.ts";
import { isPermission, type Permission } from "@countersign/protocol/permissions.ts";
import type { RoleBinding } from "../store/records.ts";
import type { RoleCatalogue } from "./roles.ts";

/**
 * What a principal may do: the permissions it has for the whole account, and those it has on named
 * resources. Made from role bindings; compared, narrowed and asked here and nowhere else.
 */

export interface Rights {
  account: ReadonlySet<Permission>;
  /** By resource type and name. */
  resources: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<Permission>>>;
}

export interface Resource {
  type: string;
  id: string;
}

/** The binding of a role to everything in the account. */
export const accountWide = { resourceType: "account", resourceId: "*" } as const;

export const noRights: Rights = { account: new Set(), resources: new Map() };

/** By the roles of the tenant as they are now. */
export function rightsOf(bindings: readonly RoleBinding[], roles: RoleCatalogue): Rights {
  const account = new Set<Permission>();
  const resources = new Map<string, Map<string, Set<Permission>>>();
  for (const { role, resourceType, resourceId } of bindings) {
    const permissions = roles.permissionsOf(role, resourceType);
    const target =
      resourceType === accountWide.resourceType
        ? account
        : entryOf(entryOf(resources, resourceType, newMap), resourceId, newSet);
    for (const permission of permissions) target.add(permission);
  }
  return { account, resources };
}

/** Without a resource: for the whole account. With one: there, or for the whole account. */
export function mayDo(rights: Rights, permission: Permission, resource?: Resource): boolean {
  if (rights.account.has(permission)) return true;
  if (resource === undefined) return false;
  return rights.resources.get(resource.type)?.get(resource.id)?.has(permission) === true;
}

/** Whether it holds the permission on anything at all. */
export function mayDoSomewhere(rights: Rights, permission: Permission): boolean {
  if (rights.account.has(permission)) return true;
  for (const byId of rights.resources.values()) {
    for (const permissions of byId.values()) if (permissions.has(permission)) return true;
  }
  return false;
}

/** What `wanted` has and `held` does not: nobody may grant or reveal it. */
export function findMissing(
  held: Rights,
  wanted: Rights,
): { permission: Permission; resource: Resource | undefined } | undefined {
  for (const permission of wanted.account) {
    if (!mayDo(held, permission)) return { permission, resource: undefined };
  }
  for (const [type, byId] of wanted.resources) {
    for (const [id, permissions] of byId) {
      for (const permission of permissions) {
        const resource = { type, id };
        if (!mayDo(held, permission, resource)) return { permission, resource };
      }
    }
  }
  return undefined;
}

/** The permissions that were held on anything, and are not held there any more. */
export function droppedPermissions(before: Rights, after: Rights): Permission[] {
  const dropped = new Set<Permission>();
  for (const permission of before.account)
    if (!after.account.has(permission)) dropped.add(permission);
  for (const [type, byId] of before.resources) {
    for (const [id, permissions] of byId) {
      for (const permission of permissions) {
        if (!mayDo(after, permission, { type, id })) dropped.add(permission);
      }
    }
  }
  return [...dropped];
}

/** What both have: a token cannot do more than its client may by now. */
export function intersectRights(one: Rights, other: Rights): Rights {
  const resources = new Map<string, Map<string, Set<Permission>>>();
  for (const rights of [one, other]) {
    for (const [type, byId] of rights.resources) {
      for (const [id, permissions] of byId) {
        const both = [...permissions].filter(
          (permission) =>
            mayDo(one, permission, { type, id }) && mayDo(other, permission, { type, id }),
        );
        const target = entryOf(entryOf(resources, type, newMap), id, newSet);
        for (const permission of both) target.add(permission);
      }
    }
  }
  return { account: one.account.intersection(other.account), resources };
}

const narrowed = new WeakMap<ReadonlySet<Permission>, WeakMap<Rights, Rights>>();

/**
 * What of these rights is about one API: the permissions of its catalogue. Asked for with every token,
 * so it is worked out once for rights and catalogue.
 */
export function rightsOn(catalogue: ReadonlySet<Permission>, rights: Rights): Rights {
  const known = narrowed.get(catalogue)?.get(rights);
  if (known !== undefined) return known;
  const resources = new Map<string, Map<string, ReadonlySet<Permission>>>();
  for (const [type, byId] of rights.resources) {
    for (const [id, permissions] of byId) {
      entryOf(resources, type, newMap).set(id, permissions.intersection(catalogue));
    }
  }
  const result = { account: rights.account.intersection(catalogue), resources };
  entryOf(narrowed, catalogue, () => new WeakMap<Rights, Rights>()).set(rights, result);
  return result;
}

export function detailsOfRights({ resources }: Rights): AuthorizationDetail[] {
  const details: AuthorizationDetail[] = [];
  for (const [type, byId] of resources) {
    for (const [identifier, permissions] of byId) {
      if (permissions.size > 0) details.push({ type, identifier, actions: [...permissions] });
    }
  }
  return details;
}

/** The rights that a token states. */
export function rightsOfClaims(
  scope: string | undefined,
  details: readonly AuthorizationDetail[] | undefined,
): Rights {
  const account = new Set((scope ?? "").split(" ").filter(isPermission));
  const resources = new Map<string, Map<string, Set<Permission>>>();
  for (const { type, identifier, actions } of details ?? []) {
    const target = entryOf(entryOf(resources, type, newMap), identifier, newSet);
    for (const action of actions) if (isPermission(action)) target.add(action);
  }
  return { account, resources };
}

const newMap = <Permissions extends ReadonlySet<Permission> = Set<Permission>>() =>
  new Map<string, Permissions>();
const newSet = () => new Set<Permission>();

interface Entries<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
}

function entryOf<Key, Value>(map: Entries<Key, Value>, key: Key, create: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}
