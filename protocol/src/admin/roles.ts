import { Type, type Static } from "typebox";
import { permissionPattern } from "../permissions.ts";
import { roleNamePattern } from "../roles.ts";
import { closedObject, ExternalId, Labels, PageMetadata, PageQuery } from "./common.ts";

/** Roles: named sets of permissions, built in or of the account's own (`/v2/roles`). */

export const rolesMax = 1_000;

const DateTime = Type.String({ format: "date-time" });
const Name = Type.String({
  pattern: roleNamePattern,
  description: "Its name is its id, and stays.",
});
const Description = Type.String({ maxLength: 2000 });
const Permissions = Type.Array(Type.String({ pattern: permissionPattern, maxLength: 100 }), {
  maxItems: 500,
  uniqueItems: true,
  description: "Of the built-in catalogue, or of an API of the account.",
});
const ResourceTypes = Type.Array(Type.String({ pattern: "^[a-z][a-z0-9_]{0,31}$" }), {
  minItems: 1,
  maxItems: 32,
  uniqueItems: true,
  description:
    "What it may be bound to: `account`, or types of resource: `corpus`, `agent`, or any other. " +
    "Absent: to everything.",
});

export const CreateRole = closedObject({
  name: Name,
  description: Type.Optional(Description),
  permissions: Permissions,
  resource_types: Type.Optional(ResourceTypes),
  external_id: Type.Optional(ExternalId),
  labels: Type.Optional(Labels),
});
export type CreateRole = Static<typeof CreateRole>;

/** A member that is absent stays as it is; `null` takes a setting away. */
export const UpdateRole = closedObject({
  description: Type.Optional(Description),
  permissions: Type.Optional(Permissions),
  resource_types: Type.Optional(Type.Union([ResourceTypes, Type.Null()])),
  external_id: Type.Optional(Type.Union([ExternalId, Type.Null()])),
  labels: Type.Optional(Labels),
});
export type UpdateRole = Static<typeof UpdateRole>;

export const Role = Type.Object({
  name: Type.String(),
  description: Description,
  built_in: Type.Boolean({ description: "A built-in role neither changes nor goes." }),
  permissions: Type.Array(Type.String(), {
    description: "For the whole account, or on one resource of another type than named below.",
  }),
  permissions_on: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.String()), {
      description: "What it permits on one resource of a type: `corpus`, `agent`.",
    }),
  ),
  resource_types: Type.Optional(ResourceTypes),
  external_id: Type.Optional(ExternalId),
  labels: Labels,
  created_at: Type.Optional(DateTime),
  updated_at: Type.Optional(DateTime),
});
export type Role = Static<typeof Role>;

export const RolePage = Type.Object({ roles: Type.Array(Role), metadata: PageMetadata });
export type RolePage = Static<typeof RolePage>;

export const ListRolesQuery = Type.Object({
  ...PageQuery.properties,
  external_id: Type.Optional(ExternalId),
});

export const DeleteRoleQuery = Type.Object({
  force: Type.Boolean({ default: false, description: "Take it from all who hold it." }),
});
