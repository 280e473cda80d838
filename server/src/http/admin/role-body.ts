import type { CreateRole, Role, UpdateRole } from "@countersign/protocol/admin/roles.ts";
import {
  accountRoleNames,
  agentRoleNames,
  corpusRoleNames,
  roleDescriptions,
} from "@countersign/protocol/roles.ts";
import type { RoleSettings } from "../../access/role.ts";
import type { RoleCatalogue } from "../../access/roles.ts";
import type { RoleRecord } from "../../store/records.ts";
import { isoTime } from "../iso-time.ts";
import { changed, optional } from "./member.ts";

/** Roles on the wire and inside: the conversion between them happens here and nowhere else. */

export const toRoleSettings = (body: CreateRole): RoleSettings => ({
  name: body.name,
  description: body.description ?? "",
  permissions: body.permissions,
  resourceTypes: body.resource_types,
  externalId: body.external_id,
  labels: body.labels ?? {},
});

export const applyRoleSettings = (before: RoleRecord, body: UpdateRole): RoleRecord => ({
  ...before,
  description: body.description ?? before.description,
  permissions: body.permissions ?? before.permissions,
  resourceTypes: changed(body.resource_types, before.resourceTypes),
  externalId: changed(body.external_id, before.externalId),
  labels: body.labels ?? before.labels,
});

export const toRole = (role: RoleRecord): Role => ({
  name: role.name,
  description: role.description,
  built_in: false,
  permissions: role.permissions,
  ...optional("resource_types", role.resourceTypes),
  ...optional("external_id", role.externalId),
  labels: role.labels,
  created_at: isoTime(role.createdAtMs),
  updated_at: isoTime(role.updatedAtMs),
});

/** One entry for a name, also when it means something else on a corpus. */
export const builtInRoleNames: readonly string[] = [
  ...new Set<string>([...accountRoleNames, ...corpusRoleNames, ...agentRoleNames]),
];

export function toBuiltInRole(name: string, roles: RoleCatalogue): Role {
  const on = ["corpus", "agent"].filter((type) => roles.has(name, type));
  return {
    name,
    description: roleDescriptions[name as keyof typeof roleDescriptions],
    built_in: true,
    permissions: [...roles.permissionsOf(name, "account")],
    ...(on.length === 0
      ? {}
      : {
          permissions_on: Object.fromEntries(
            on.map((type) => [type, [...roles.permissionsOf(name, type)]]),
          ),
        }),
    ...(roles.has(name, "account") ? {} : { resource_types: on }),
    labels: {},
  };
}
