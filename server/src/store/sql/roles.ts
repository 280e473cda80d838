import type { Revocation, RoleRecord } from "../records.ts";
import type { RoleStore } from "../store.ts";
import { withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { recordChange } from "./changes.ts";
import { isExternalIdTaken } from "./external-ids.ts";
import { claimIdempotency } from "./idempotency.ts";
import { insertNew } from "./insert-new.ts";
import { recordRevocations } from "./revocations.ts";
import { Rollback } from "./rollback.ts";
import { checkTenantLimit } from "./tenant-limit.ts";

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

    async findRole(tenantId, name) {
      const row = await db
        .selectFrom("roles")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("name", "=", name)
        .executeTakeFirst();
      return row && toRole(row);
    },
  }) satisfies Partial<RoleStore>;

export const roleWrites = {
  async insertRole(tx: Tx, input: Parameters<RoleStore["insertRole"]>[0]) {
    const { role, rolesMax, idempotency, audit } = input;
    const repeated = await claimIdempotency(tx, idempotency, audit.atMs);
    if (repeated !== undefined) return repeated;
    if (!(await insertNew(tx, "roles", toRow(role)))) {
      const isOther = await isExternalIdTaken(tx, "roles", { ...role, id: role.name });
      throw new Rollback({ outcome: isOther ? "external_id_taken" : "name_taken" });
    }
    await checkTenantLimit(tx, "roles", role, rolesMax);
    await recordAudit(tx, audit);
    // Bound while a role of this name was being deleted: it must not come to mean something.
    const strays = await listHolders(tx, role, 1);
    if (strays.length > 0) await unbind(tx, role, audit.atMs);
    await recordRoleChange(tx, role, audit.atMs);
    return { outcome: "inserted" as const };
  },

  async updateRole(tx: Tx, input: Parameters<RoleStore["updateRole"]>[0]) {
    const { role, dropped, namedHoldersMax, audit } = input;
    const isTaken = await isExternalIdTaken(tx, "roles", { ...role, id: role.name });
    if (isTaken) return "external_id_taken" as const;
    const updated = await tx
      .updateTable("roles")
      .set(toRow(role))
      .where("tenantId", "=", role.tenantId)
      .where("name", "=", role.name)
      .where("version", "=", role.version - 1)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return "conflict" as const;
    await recordAudit(tx, audit);
    const holders = dropped.length === 0 ? [] : await listHolders(tx, role, namedHoldersMax + 1);
    await recordRoleChange(tx, role, audit.atMs);
    await takeBack(tx, role, { holders, dropped, namedHoldersMax, atMs: audit.atMs });
    return "written" as const;
  },

  async deleteRole(tx: Tx, input: Parameters<RoleStore["deleteRole"]>[0]) {
    const { role, isForced, namedHoldersMax, audit } = input;
    const { atMs } = audit;
    const deleted = await tx
      .deleteFrom("roles")
      .where("tenantId", "=", role.tenantId)
      .where("name", "=", role.name)
      .where("version", "=", role.version)
      .executeTakeFirst();
    if (deleted.numDeletedRows === 0n) return "conflict" as const;
    const holders = await listHolders(tx, role, namedHoldersMax + 1);
    if (holders.length > 0 && !isForced) throw new Rollback("held");
    await recordAudit(tx, audit);
    if (holders.length > 0) await unbind(tx, role, atMs);
    await recordRoleChange(tx, role, atMs);
    const dropped = role.permissions;
    await takeBack(tx, role, { holders, dropped, namedHoldersMax, atMs });
    return "written" as const;
  },
};

type RoleName = Pick<RoleRecord, "tenantId" | "name">;

async function listHolders(tx: Tx, { tenantId, name }: RoleName, limit: number): Promise<string[]> {
  const rows = await tx
    .selectFrom("roleBindings")
    .select("principalId")
    .distinct()
    .where("tenantId", "=", tenantId)
    .where("role", "=", name)
    .orderBy("principalId")
    .limit(limit)
    .execute();
  return rows.map(({ principalId }) => principalId);
}

/** Takes the role from all who hold it. Their versions rise: who is changing one reads it again. */
async function unbind(tx: Tx, { tenantId, name }: RoleName, atMs: number): Promise<void> {
  const holders = tx
    .selectFrom("roleBindings")
    .select("principalId")
    .where("tenantId", "=", tenantId)
    .where("role", "=", name);
  await tx
    .updateTable("clients")
    .set((eb) => ({ version: eb("version", "+", 1) }))
    .where("tenantId", "=", tenantId)
    .where("clientId", "in", holders)
    .execute();
  for (const table of ["users", "apiKeys"] as const) {
    await tx
      .updateTable(table)
      .set((eb) => ({ version: eb("version", "+", 1) }))
      .where("tenantId", "=", tenantId)
      .where("id", "in", holders)
      .execute();
  }
  await tx
    .deleteFrom("roleBindings")
    .where("tenantId", "=", tenantId)
    .where("role", "=", name)
    .execute();
  await recordChange(tx, { tenantId, kind: "role_bindings", subjectId: name, atMs });
}

/** Of each holder by name; of too many, from the whole tenant. */
async function takeBack(
  tx: Tx,
  { tenantId }: RoleName,
  taken: { holders: string[]; dropped: string[]; namedHoldersMax: number; atMs: number },
): Promise<void> {
  const { holders, dropped, namedHoldersMax, atMs } = taken;
  const isNamed = holders.length <= namedHoldersMax;
  const subjects = isNamed
    ? holders.map((id) => ({ subjectType: subjectTypeOf(id), subjectId: id }))
    : [{ subjectType: "tenant" as const, subjectId: tenantId }];
  const revocations = subjects.map((subject) => ({ ...subject, dropped }));
  await recordRevocations(tx, { tenantId, atMs }, revocations);
}

/** An API key is the credential of the tokens that are earned with it. */
function subjectTypeOf(principalId: string): Revocation["subjectType"] {
  if (principalId.startsWith("usr_")) return "person";
  return principalId.startsWith("aky_") ? "credential" : "client";
}

function recordRoleChange(tx: Tx, { tenantId, name }: RoleName, atMs: number): Promise<number> {
  return recordChange(tx, { tenantId, kind: "role", subjectId: name, atMs });
}

const toRow = (role: RoleRecord): Schema["roles"] => ({
  ...withNulls(role),
  permissions: JSON.stringify(role.permissions),
  resourceTypes: role.resourceTypes === undefined ? null : JSON.stringify(role.resourceTypes),
  labels: JSON.stringify(role.labels),
});

const toRole = (row: Schema["roles"]): RoleRecord => ({
  ...withoutNulls(row),
  permissions: JSON.parse(row.permissions) as string[],
  resourceTypes:
    row.resourceTypes === null ? undefined : (JSON.parse(row.resourceTypes) as string[]),
  labels: JSON.parse(row.labels) as Record<string, string>,
});
