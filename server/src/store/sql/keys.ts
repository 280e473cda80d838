import type { DataKeyRecord, SigningKeyRecord } from "../records.ts";
import type { KeyStore } from "../store.ts";
import { withNulls, withoutNulls, type Database, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { recordChange } from "./changes.ts";
import { insertNew } from "./insert-new.ts";
import { recordRevocations } from "./revocations.ts";
import { Rollback } from "./rollback.ts";

/** Data keys that seal secrets, and signing keys with their stages. */

export const keyReads = (db: Database) =>
  ({
    listDataKeys: () =>
      db.selectFrom("dataKeys").selectAll().orderBy("createdAtMs").orderBy("id").execute(),

    async listSigningKeys(tenantId) {
      const rows = await db
        .selectFrom("signingKeys")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("stage", "!=", "retired")
        .orderBy("createdAtMs")
        .orderBy("id")
        .execute();
      return rows.map(withoutNulls);
    },
  }) satisfies Partial<KeyStore>;

export const keyWrites = {
  async insertDataKey(tx: Tx, input: { dataKey: DataKeyRecord }) {
    await tx.insertInto("dataKeys").values(input.dataKey).execute();
    return "written" as const;
  },

  async rewrapDataKey(tx: Tx, input: Parameters<KeyStore["rewrapDataKey"]>[0]) {
    const rewrapped = await tx
      .updateTable("dataKeys")
      .set({ masterKeyId: input.masterKeyId, wrappedKey: input.wrappedKey })
      .where("id", "=", input.id)
      .where("masterKeyId", "=", input.fromMasterKeyId)
      .executeTakeFirst();
    return rewrapped.numUpdatedRows === 1n ? ("written" as const) : ("conflict" as const);
  },

  async insertSigningKeys(tx: Tx, input: { keys: SigningKeyRecord[] }) {
    await insertKeys(tx, input.keys);
    for (const { tenantId, id, createdAtMs } of input.keys) {
      await recordKeyChange(tx, { tenantId, id, atMs: createdAtMs });
    }
    return "written" as const;
  },

  async moveSigningKeys(tx: Tx, input: Parameters<KeyStore["moveSigningKeys"]>[0]) {
    const { tenantId, moves, inserts, atMs, act } = input;
    for (const { id, from, to } of moves) {
      const moved = await tx
        .updateTable("signingKeys")
        .set({ stage: to, stageSinceMs: atMs })
        .$if(to === "retired", (query) => query.set({ sealedPrivateKey: null }))
        .where("tenantId", "=", tenantId)
        .where("id", "=", id)
        .where("stage", "=", from)
        .executeTakeFirst();
      if (moved.numUpdatedRows === 0n) throw new Rollback("conflict");
    }
    await insertKeys(tx, inserts);
    for (const audit of act?.audits ?? []) await recordAudit(tx, audit);
    for (const { id } of [...moves, ...inserts]) await recordKeyChange(tx, { tenantId, id, atMs });
    await recordRevocations(tx, { tenantId, atMs }, act?.revocations ?? []);
    return "written" as const;
  },
};

/** There is one `next` and one `current` per tenant and algorithm: a second one is a conflict. */
async function insertKeys(tx: Tx, keys: SigningKeyRecord[]): Promise<void> {
  for (const key of keys) {
    if (!(await insertNew(tx, "signingKeys", withNulls(key)))) throw new Rollback("conflict");
  }
}

function recordKeyChange(
  tx: Tx,
  { tenantId, id, atMs }: { tenantId: string; id: string; atMs: number },
): Promise<number> {
  return recordChange(tx, { tenantId, kind: "signing_key", subjectId: id, atMs });
}
