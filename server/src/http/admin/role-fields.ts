import type { CreateAppClient } from "@countersign/protocol/admin/app-clients.ts";
import { accountWide } from "../../access/rights.ts";
import type { RoleCatalogue } from "../../access/roles.ts";
import { badField } from "../../errors/admin-error.ts";
import type { RoleBinding } from "../../store/records.ts";

/** Role bindings on the wire: four lists, by what the role is for. */

export type RoleFields = Pick<
  CreateAppClient,
  "api_roles" | "corpus_roles" | "agent_roles" | "resource_roles"
>;

/** A list of roles that is given replaces the roles of its kind; the others stay. */
export function applyRoles(
  before: RoleBinding[],
  body: RoleFields,
  roles: RoleCatalogue,
): RoleBinding[] {
  const isKept = ({ resourceType }: RoleBinding): boolean =>
    body[fieldOf(resourceType)] === undefined;
  return [...before.filter(isKept), ...toBindings(body, roles)];
}

/** Throws 400 for a role that is not there, or not for this. */
export function toBindings(body: RoleFields, roles: RoleCatalogue): RoleBinding[] {
  checkRoles(body, roles);
  return [
    ...(body.api_roles ?? []).map((role) => ({ role, ...accountWide })),
    ...(body.corpus_roles ?? []).map(({ corpus_key, role }) => ({
      role,
      resourceType: "corpus",
      resourceId: corpus_key,
    })),
    ...(body.agent_roles ?? []).map(({ agent_key, role }) => ({
      role,
      resourceType: "agent",
      resourceId: agent_key,
    })),
    ...(body.resource_roles ?? []).map(({ resource_type, resource_id, role }) => ({
      role,
      resourceType: resource_type,
      resourceId: resource_id,
    })),
  ];
}

function checkRoles(body: RoleFields, roles: RoleCatalogue): void {
  const { api_roles = [], corpus_roles = [], agent_roles = [], resource_roles = [] } = body;
  for (const [index, role] of api_roles.entries()) {
    if (roles.has(role, accountWide.resourceType)) continue;
    throw badField(`api_roles.${index}`, "is not a role for the whole account");
  }
  const check = (field: string, index: number, role: string, resourceType: string): void => {
    if (roles.has(role, resourceType)) return;
    throw badField(`${field}.${index}.role`, `is not a role on a ${resourceType}`);
  };
  corpus_roles.forEach(({ role }, index) => check("corpus_roles", index, role, "corpus"));
  agent_roles.forEach(({ role }, index) => check("agent_roles", index, role, "agent"));
  resource_roles.forEach(({ role, resource_type }, index) =>
    check("resource_roles", index, role, resource_type),
  );
}

export function toRoleFields(bindings: RoleBinding[]): Required<RoleFields> {
  const roles = (field: keyof RoleFields) =>
    bindings.filter(({ resourceType }) => fieldOf(resourceType) === field);
  return {
    api_roles: roles("api_roles").map(({ role }) => role),
    corpus_roles: roles("corpus_roles").map(({ role, resourceId }) => ({
      corpus_key: resourceId,
      role,
    })),
    agent_roles: roles("agent_roles").map(({ role, resourceId }) => ({
      agent_key: resourceId,
      role,
    })),
    resource_roles: roles("resource_roles").map(({ role, resourceType, resourceId }) => ({
      resource_type: resourceType,
      resource_id: resourceId,
      role,
    })),
  };
}

function fieldOf(resourceType: string): keyof RoleFields {
  if (resourceType === accountWide.resourceType) return "api_roles";
  if (resourceType === "corpus") return "corpus_roles";
  return resourceType === "agent" ? "agent_roles" : "resource_roles";
}
