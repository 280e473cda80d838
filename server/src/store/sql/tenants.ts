import type { ApiRecord, DataKeyRecord, TenantRecord } from "../records.ts";
import type { TenantStore } from "../store.ts";
import { flag, type Database, type Schema, type Tx } from "../schema.ts";
import { toApiRow } from "./apis.ts";
import { recordChange } from "./changes.ts";
import { insertNew } from "./insert-new.ts";

/** Tenants. Each is made with its default API and its data key. */

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
  }) satisfies Partial<TenantStore>;

export const tenantWrites = {
  async insertTenant(
    tx: Tx,
    input: { tenant: TenantRecord; api: ApiRecord; dataKey: DataKeyRecord },
  ) {
    const { tenant, api, dataKey } = input;
    const row = { ...tenant, keepsSecrets: flag(tenant.keepsSecrets) };
    if (!(await insertNew(tx, "tenants", row))) return "conflict" as const;
    await tx.insertInto("apis").values(toApiRow(api)).execute();
    await tx.insertInto("dataKeys").values(dataKey).execute();
    const atMs = tenant.createdAtMs;
    await recordChange(tx, { tenantId: tenant.id, kind: "tenant", subjectId: tenant.id, atMs });
    return "written" as const;
  },
};

const tenantsInOrder = (db: Database) =>
  db.selectFrom("tenants").selectAll().orderBy("createdAtMs").orderBy("id");

const toTenant = (row: Schema["tenants"]): TenantRecord => ({
  ...row,
  keepsSecrets: row.keepsSecrets === 1,
});
