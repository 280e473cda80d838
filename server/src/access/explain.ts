import type { Permission } from "@countersign/protocol/permissions.ts";
import type { RoleBinding } from "../store/records.ts";
import {
  accountWide,
  mayDo,
  mayDoSomewhere,
  rightsOf,
  type Resource,
  type Rights,
} from "./rights.ts";
import type { RoleCatalogue } from "./roles.ts";

/**
 * Why somebody may do something, or not. The verdict is that of `mayDo`, which every request is judged
 * by; the roles that are named are those that it would accept alone.
 */

export interface Holder {
  /** Disabled, expired or revoked, it may do nothing. */
  isActive: boolean;
  /** What it may do while it is active. */
  rights: Rights;
  /** Where these rights come from. */
  bindings: RoleBinding[];
}

export interface Explained {
  isAllowed: boolean;
  because: RoleBinding[];
  why: string;
}

export function explain(
  { isActive, rights, bindings }: Holder,
  roles: RoleCatalogue,
  permission: Permission,
  resource: Resource | undefined,
): Explained {
  const isHeld = mayDo(rights, permission, resource);
  const fitting = bindings.filter((one) => mayDo(rightsOf([one], roles), permission, resource));
  if (isHeld && isActive) {
    return { isAllowed: true, because: fitting, why: `Allowed by ${listOf(fitting)}.` };
  }
  const refused = { isAllowed: false, because: [] };
  if (isHeld) return { ...refused, why: "It is disabled, expired or revoked, and may do nothing." };
  if (fitting.length > 0) {
    const why = `${listOf(fitting)} would do, but a personal API key leaves this to people.`;
    return { ...refused, why };
  }
  const where = resource === undefined ? "for the whole account" : `on ${nameOf(resource)}`;
  if (mayDoSomewhere(rights, permission)) {
    return { ...refused, why: `It holds ${permission} on other resources, but not ${where}.` };
  }
  return { ...refused, why: `No role that it holds permits ${permission} ${where}.` };
}

const listOf = (bindings: RoleBinding[]): string =>
  bindings.map((binding) => `the role ${binding.role} ${placeOf(binding)}`).join(" and ");

const placeOf = ({ resourceType: type, resourceId: id }: RoleBinding): string =>
  type === accountWide.resourceType ? "for the whole account" : `on ${nameOf({ type, id })}`;

const nameOf = ({ type, id }: Resource): string => `${type} ${id}`;
