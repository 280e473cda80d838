import type { RoleRecord } from "../records.ts";
import type { RoleStore } from "../store.ts";
import { withoutNulls, type Database, type Schema } from "../schema.ts";

/** Roles that tenants have made for themselves. */

export const roleReads = (db: Database) =>
  ({
    async listRoles(tenantId) {
      const rows = await db
        .selectFrom("roles")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .orderBy("name")
        .execute();
      return rows.map(toRole);
    },
  }) satisfies Partial<RoleStore>;

const toRole = (row: Schema["roles"]): RoleRecord => ({
  ...withoutNulls(row),
  permissions: JSON.parse(row.permissions) as string[],
  resourceTypes:
    row.resourceTypes === null ? undefined : (JSON.parse(row.resourceTypes) as string[]),
});
