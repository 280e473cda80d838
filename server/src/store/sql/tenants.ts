import type { ApiRecord, DataKeyRecord, TenantRecord } from "../records.ts";
import type { ApiStore, TenantStore } from "../store.ts";
import { flag, type Database, type Schema, type Tx } from "../schema.ts";
import { recordChange } from "./changes.ts";

/** Tenants and their APIs. */

export const tenantReads = (db: Database) =>
  ({
    async findTenant(id) {
      const row = await db
        .selectFrom("tenants")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirst();
      return row && toTenant(row);
    },

    async findFirstTenant() {
      const row = await tenantsInOrder(db).limit(1).executeTakeFirst();
      return row && toTenant(row);
    },

    async listTenants() {
      return (await tenantsInOrder(db).execute()).map(toTenant);
    },

    async listApis(tenantId) {
      const rows = await db
        .selectFrom("apis")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .orderBy("createdAtMs")
        .orderBy("id")
        .execute();
      return rows.map((row) => ({ ...row, isDefault: row.isDefault === 1 }));
    },
  }) satisfies Partial<TenantStore & ApiStore>;

export const tenantWrites = {
  async insertTenant(
    tx: Tx,
    input: { tenant: TenantRecord; api: ApiRecord; dataKey: DataKeyRecord },
  ) {
    const { tenant, api, dataKey } = input;
    const inserted = await tx
      .insertInto("tenants")
      .values({ ...tenant, keepsSecrets: flag(tenant.keepsSecrets) })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 0n) return "conflict" as const;
    await tx
      .insertInto("apis")
      .values({ ...api, isDefault: flag(api.isDefault) })
      .execute();
    await tx.insertInto("dataKeys").values(dataKey).execute();
    const atMs = tenant.createdAtMs;
    await recordChange(tx, { tenantId: tenant.id, kind: "tenant", subjectId: tenant.id, atMs });
    return "written" as const;
  },

  async updateAudience(tx: Tx, input: Parameters<ApiStore["updateAudience"]>[0]) {
    const updated = await tx
      .updateTable("apis")
      .set({ audience: input.audience })
      .where("tenantId", "=", input.tenantId)
      .where("id", "=", input.id)
      .where("audience", "!=", input.audience)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return "conflict" as const;
    const { tenantId, id, atMs } = input;
    await recordChange(tx, { tenantId, kind: "api", subjectId: id, atMs });
    return "written" as const;
  },
};

const tenantsInOrder = (db: Database) =>
  db.selectFrom("tenants").selectAll().orderBy("createdAtMs").orderBy("id");

const toTenant = (row: Schema["tenants"]): TenantRecord => ({
  ...row,
  keepsSecrets: row.keepsSecrets === 1,
});
