import type { ApiRecord } from "../records.ts";
import type { ApiStore } from "../store.ts";
import { flag, withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { recordChange } from "./changes.ts";
import { isExternalIdTaken } from "./external-ids.ts";
import { claimIdempotency } from "./idempotency.ts";
import { insertNew } from "./insert-new.ts";
import { recordRevocations } from "./revocations.ts";
import { Rollback } from "./rollback.ts";
import { checkTenantLimit } from "./tenant-limit.ts";

/** APIs: the audiences of tokens. */

export const apiReads = (db: Database) =>
  ({
    async listApis(tenantId) {
      const rows = await db
        .selectFrom("apis")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .orderBy("createdAtMs")
        .orderBy("id")
        .execute();
      return rows.map(toApi);
    },

    async findApi(id) {
      const row = await db.selectFrom("apis").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toApi(row);
    },
  }) satisfies Partial<ApiStore>;

export const apiWrites = {
  async insertApi(tx: Tx, input: Parameters<ApiStore["insertApi"]>[0]) {
    const { api, apisMax, idempotency, audit } = input;
    const repeated = await claimIdempotency(tx, idempotency, audit.atMs);
    if (repeated !== undefined) return repeated;
    if (!(await insertNew(tx, "apis", toApiRow(api)))) {
      const isOther = await isExternalIdTaken(tx, "apis", api);
      throw new Rollback({ outcome: isOther ? "external_id_taken" : "audience_taken" });
    }
    await checkTenantLimit(tx, "apis", api, apisMax);
    await recordAudit(tx, audit);
    await recordApiChange(tx, api, audit.atMs);
    return { outcome: "inserted" as const };
  },

  async updateApi(tx: Tx, input: Parameters<ApiStore["updateApi"]>[0]) {
    const { api, revocations, audit } = input;
    if (await isExternalIdTaken(tx, "apis", api)) return "external_id_taken" as const;
    const updated = await tx
      .updateTable("apis")
      .set(toApiRow(api))
      .where("tenantId", "=", api.tenantId)
      .where("id", "=", api.id)
      .where("audience", "=", api.audience)
      .where("version", "=", api.version - 1)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return "conflict" as const;
    await recordAudit(tx, audit);
    await recordApiChange(tx, api, audit.atMs);
    await recordRevocations(tx, { tenantId: api.tenantId, atMs: audit.atMs }, revocations);
    return "written" as const;
  },

  async deleteApi(tx: Tx, input: Parameters<ApiStore["deleteApi"]>[0]) {
    const { api, revocations, audit } = input;
    const deleted = await tx
      .deleteFrom("apis")
      .where("tenantId", "=", api.tenantId)
      .where("id", "=", api.id)
      .where("version", "=", api.version)
      .where("isDefault", "=", 0)
      .executeTakeFirst();
    if (deleted.numDeletedRows === 0n) return "conflict" as const;
    await recordAudit(tx, audit);
    await recordApiChange(tx, api, audit.atMs);
    await recordRevocations(tx, { tenantId: api.tenantId, atMs: audit.atMs }, revocations);
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

export const toApiRow = (api: ApiRecord): Schema["apis"] => ({
  ...withNulls(api),
  isDefault: flag(api.isDefault),
  isOffered: flag(api.isOffered),
  permissions: JSON.stringify(api.permissions),
  labels: JSON.stringify(api.labels),
});

const toApi = (row: Schema["apis"]): ApiRecord => ({
  ...withoutNulls(row),
  isDefault: row.isDefault === 1,
  isOffered: row.isOffered === 1,
  permissions: JSON.parse(row.permissions) as ApiRecord["permissions"],
  labels: JSON.parse(row.labels) as Record<string, string>,
});

function recordApiChange(
  tx: Tx,
  { tenantId, id }: Pick<ApiRecord, "tenantId" | "id">,
  atMs: number,
): Promise<number> {
  return recordChange(tx, { tenantId, kind: "api", subjectId: id, atMs });
}
