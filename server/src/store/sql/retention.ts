import type { RetentionStore } from "../store.ts";
import type { Tx } from "../schema.ts";

/** Removes what nothing can ask for any more, so that storage follows clients and keys, not time. */

export const retentionWrites = {
  async sweep(tx: Tx, input: Parameters<RetentionStore["sweep"]>[0]) {
    const { atMs, changesBeforeMs, tombstonesBeforeMs, gapsBeforeMs } = input;
    await tx.deleteFrom("changes").where("atMs", "<", changesBeforeMs).execute();
    await tx.deleteFrom("singleUses").where("expiresAtMs", "<=", atMs).execute();
    await tx.deleteFrom("idempotencyKeys").where("expiresAtMs", "<=", atMs).execute();
    await tx.deleteFrom("usageGaps").where("untilMs", "<", gapsBeforeMs).execute();
    await forgetCredentials(tx, tombstonesBeforeMs);
    return "written" as const;
  },
};

/** The rows of clients stay: their ids are never used again. Their revoked credentials go. */
async function forgetCredentials(tx: Tx, tombstonesBeforeMs: number): Promise<void> {
  const gone = tx
    .selectFrom("credentials")
    .select("id")
    .where("revokedAtMs", "<", tombstonesBeforeMs);
  await tx.deleteFrom("credentialUses").where("credentialId", "in", gone).execute();
  await tx.deleteFrom("credentials").where("revokedAtMs", "<", tombstonesBeforeMs).execute();
}
