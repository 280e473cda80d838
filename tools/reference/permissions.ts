import { allPermissions, permissions } from "@countersign/protocol/permissions.ts";
import { accountRoles, agentRoles, corpusRoles } from "@countersign/protocol/roles.ts";
import { code, page, table } from "./markdown.ts";

type Roles = Readonly<Record<string, readonly string[]>>;

/** The catalogue of permissions, and which role has which. */
export function permissionsPage(): string {
  return page(
    "# Permissions and roles",
    "A permission is `<plural path segment>:<verb>`. For the whole account it travels in the " +
      "token's `scope`, for one named resource in its `authorization_details`. A role is a named " +
      "set of permissions; a client's rights are the union of its roles.",
    "The catalogue and the roles are those of the whole product. A permission whose endpoint does " +
      "not exist yet permits nothing.",
    "An account can make roles of its own (`/v2/roles`), and register APIs with permissions of their own " +
      "(`/v2/apis`): `owner` and `administrator` hold these as well.",
    "## Permissions",
    table(
      ["permission", "what it permits"],
      Object.entries(permissions).map(([name, meaning]) => [code(name), meaning]),
    ),
    "## Roles for the whole account",
    "What may stand in `api_roles`, and as `role` in `resource_roles`, besides roles of the account's own.",
    rolesTable(accountRoles),
    "## Roles on one corpus",
    "What may stand as `role` in `corpus_roles`, besides roles of the account's own.",
    rolesTable(corpusRoles),
    "## Roles on one agent",
    "What may stand as `role` in `agent_roles`, besides roles of the account's own.",
    rolesTable(agentRoles),
  );
}

/** A row for every permission that any of the roles has. */
function rolesTable(roles: Roles): string {
  const names = Object.keys(roles);
  const granted = allPermissions.filter((name) =>
    names.some((role) => roles[role]!.includes(name)),
  );
  return table(
    ["", ...names.map(code)],
    granted.map((name) => [
      code(name),
      ...names.map((role) => (roles[role]!.includes(name) ? "yes" : "")),
    ]),
  );
}
