import type { FactorRecord, FactorStore, UsedChallenge } from "../session-store.ts";
import { withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { insertNew } from "./insert-new.ts";
import { endSessionsOf, type OfUser } from "./passwords.ts";
import { Rollback } from "./rollback.ts";

/** Time-based codes, passkeys and recovery codes. What may happen once is one statement. */

export const factorReads = (db: Database) =>
  ({
    async listFactors(tenantId, userId) {
      const rows = await db
        .selectFrom("factors")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("userId", "=", userId)
        .orderBy("createdAtMs")
        .orderBy("id")
        .execute();
      return rows.map(toFactor);
    },

    async findPasskey(tenantId, credentialId) {
      const row = await db
        .selectFrom("factors")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("credentialId", "=", credentialId)
        .executeTakeFirst();
      return row && toFactor(row);
    },

    async countRecoveryCodes(tenantId, userId) {
      const { count } = await db
        .selectFrom("recoveryCodes")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("tenantId", "=", tenantId)
        .where("userId", "=", userId)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
  }) satisfies Partial<FactorStore>;

export const factorWrites = {
  async insertFactor(tx: Tx, input: Parameters<FactorStore["insertFactor"]>[0]) {
    const { factor, challenge, factorsMax, recoveryDigests, audit } = input;
    if (!(await lockUser(tx, factor))) return "conflict" as const;
    const earlier = await factorIds(tx, factor);
    if (earlier.length >= factorsMax) return "conflict" as const;
    if (earlier.length > 0 && recoveryDigests.length > 0) return "conflict" as const;
    if (!(await insertNew(tx, "factors", toRow(factor)))) return "conflict" as const;
    if (challenge !== undefined && !(await isFirstUse(tx, factor, challenge))) {
      throw new Rollback("conflict");
    }
    await insertCodes(tx, factor, recoveryDigests);
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async deleteFactor(tx: Tx, input: Parameters<FactorStore["deleteFactor"]>[0]) {
    const { id, audit, ...ofUser } = input;
    await lockUser(tx, ofUser);
    const deleted = await tx
      .deleteFrom("factors")
      .where("tenantId", "=", ofUser.tenantId)
      .where("userId", "=", ofUser.userId)
      .where("id", "=", id)
      .executeTakeFirst();
    if (deleted.numDeletedRows === 0n) return "conflict" as const;
    if ((await factorIds(tx, ofUser)).length === 0) await deleteCodes(tx, ofUser);
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async spendTotpStep(tx: Tx, input: Parameters<FactorStore["spendTotpStep"]>[0]) {
    const { tenantId, id, step, atMs } = input;
    const spent = await tx
      .updateTable("factors")
      .set({ lastStep: step, lastUsedAtMs: atMs })
      .where("tenantId", "=", tenantId)
      .where("id", "=", id)
      .where("kind", "=", "totp")
      .where((eb) => eb.or([eb("lastStep", "is", null), eb("lastStep", "<", step)]))
      .executeTakeFirst();
    return spent.numUpdatedRows === 1n ? ("written" as const) : ("conflict" as const);
  },

  async usePasskey(tx: Tx, input: Parameters<FactorStore["usePasskey"]>[0]) {
    const { tenantId, id, challenge, signCount, atMs, auditBehind } = input;
    if (!(await isFirstUse(tx, { tenantId }, challenge))) return "conflict" as const;
    const used = await tx
      .updateTable("factors")
      .set({ signCount, lastUsedAtMs: atMs })
      .where("tenantId", "=", tenantId)
      .where("id", "=", id)
      .where("kind", "=", "passkey")
      .where("signCount", signCount === 0 ? "=" : "<", signCount)
      .executeTakeFirst();
    if (used.numUpdatedRows === 1n) return "written" as const;
    const isThere = await tx
      .selectFrom("factors")
      .select("id")
      .where("tenantId", "=", tenantId)
      .where("id", "=", id)
      .executeTakeFirst();
    if (isThere === undefined) return "conflict" as const;
    await recordAudit(tx, auditBehind);
    return "counter_behind" as const;
  },

  async deleteFactors(tx: Tx, input: Parameters<FactorStore["deleteFactors"]>[0]) {
    const { audit, ...ofUser } = input;
    await lockUser(tx, ofUser);
    if ((await factorIds(tx, ofUser)).length === 0) return "conflict" as const;
    await deleteFactorsOf(tx, ofUser);
    await endSessionsOf(tx, ofUser);
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async replaceRecoveryCodes(tx: Tx, input: Parameters<FactorStore["replaceRecoveryCodes"]>[0]) {
    const { digests, audit, ...ofUser } = input;
    if (!(await lockUser(tx, ofUser))) return "conflict" as const;
    await deleteCodes(tx, ofUser);
    await insertCodes(tx, ofUser, digests);
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async spendRecoveryCode(tx: Tx, input: Parameters<FactorStore["spendRecoveryCode"]>[0]) {
    const { digest, audit, ...ofUser } = input;
    const spent = await tx
      .deleteFrom("recoveryCodes")
      .where("tenantId", "=", ofUser.tenantId)
      .where("userId", "=", ofUser.userId)
      .where("digest", "=", digest)
      .executeTakeFirst();
    if (spent.numDeletedRows === 0n) return "conflict" as const;
    await recordAudit(tx, audit);
    return "written" as const;
  },
};

export async function deleteFactorsOf(tx: Tx, { tenantId, userId }: OfUser): Promise<void> {
  await tx
    .deleteFrom("factors")
    .where("tenantId", "=", tenantId)
    .where("userId", "=", userId)
    .execute();
  await deleteCodes(tx, { tenantId, userId });
}

/** Of two who add to one person's factors at once, one sees the other. */
async function lockUser(tx: Tx, { tenantId, userId }: OfUser): Promise<boolean> {
  const locked = await tx
    .updateTable("users")
    .set((eb) => ({ enabled: eb.ref("enabled") }))
    .where("tenantId", "=", tenantId)
    .where("id", "=", userId)
    .executeTakeFirst();
  return locked.numUpdatedRows === 1n;
}

/** No person stands beside it: what voids the codes of a person must not make it good again. */
async function isFirstUse(
  tx: Tx,
  { tenantId }: Pick<OfUser, "tenantId">,
  challenge: UsedChallenge,
): Promise<boolean> {
  const use = { ...challenge, tenantId, kind: "passkey_challenge", payload: "" };
  return insertNew(tx, "singleUses", use);
}

function factorIds(tx: Tx, { tenantId, userId }: OfUser): Promise<{ id: string }[]> {
  return tx
    .selectFrom("factors")
    .select("id")
    .where("tenantId", "=", tenantId)
    .where("userId", "=", userId)
    .execute();
}

async function insertCodes(tx: Tx, { tenantId, userId }: OfUser, digests: string[]): Promise<void> {
  if (digests.length === 0) return;
  const rows = digests.map((digest) => ({ tenantId, userId, digest }));
  await tx.insertInto("recoveryCodes").values(rows).execute();
}

async function deleteCodes(tx: Tx, { tenantId, userId }: OfUser): Promise<void> {
  await tx
    .deleteFrom("recoveryCodes")
    .where("tenantId", "=", tenantId)
    .where("userId", "=", userId)
    .execute();
}

const toRow = (factor: FactorRecord): Schema["factors"] => ({
  ...withNulls(factor),
  transports: JSON.stringify(factor.transports),
});

const toFactor = (row: Schema["factors"]): FactorRecord => ({
  ...withoutNulls(row),
  transports: JSON.parse(row.transports ?? "[]") as string[],
});
