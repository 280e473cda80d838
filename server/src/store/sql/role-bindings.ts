import type { RoleBinding } from "../records.ts";
import type { Database, Tx } from "../schema.ts";

/** Which principal holds which role on what. */

export async function listBindings(
  db: Database,
  tenantId: string,
  principalIds: string[],
): Promise<Map<string, RoleBinding[]>> {
  const found = new Map<string, RoleBinding[]>(principalIds.map((id) => [id, []]));
  if (principalIds.length === 0) return found;
  const rows = await db
    .selectFrom("roleBindings")
    .select(["principalId", "role", "resourceType", "resourceId"])
    .where("tenantId", "=", tenantId)
    .where("principalId", "in", principalIds)
    .orderBy("resourceType")
    .orderBy("resourceId")
    .orderBy("role")
    .execute();
  for (const { principalId, ...binding } of rows) found.get(principalId)?.push(binding);
  return found;
}

/** SQLite takes at most 32,766 parameters in a statement; a row has five. */
const rowsPerInsert = 1000;

export async function replaceBindings(
  tx: Tx,
  tenantId: string,
  principalId: string,
  bindings: RoleBinding[],
): Promise<void> {
  await tx
    .deleteFrom("roleBindings")
    .where("tenantId", "=", tenantId)
    .where("principalId", "=", principalId)
    .execute();
  for (let start = 0; start < bindings.length; start += rowsPerInsert) {
    const rows = bindings
      .slice(start, start + rowsPerInsert)
      .map((binding) => ({ ...binding, tenantId, principalId }));
    await tx
      .insertInto("roleBindings")
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
