import type { RetentionStore } from "../store.ts";
import type { Tx } from "../schema.ts";

/** Removes what nothing can ask for any more, so that storage follows clients and keys, not time. */

export const retentionWrites = {
  async sweep(tx: Tx, input: Parameters<RetentionStore["sweep"]>[0]) {
    const { atMs, changesBeforeMs, tombstonesBeforeMs, gapsBeforeMs, permissionUsesBeforeMs } =
      input;
    await forgetChanges(tx, changesBeforeMs);
    await tx.deleteFrom("singleUses").where("expiresAtMs", "<=", atMs).execute();
    await tx.deleteFrom("sessions").where("expiresAtMs", "<=", atMs).execute();
    await tx.deleteFrom("revocations").where("expiresAtMs", "<=", atMs).execute();
    await tx.deleteFrom("idempotencyKeys").where("expiresAtMs", "<=", atMs).execute();
    await tx.deleteFrom("usageGaps").where("untilMs", "<", gapsBeforeMs).execute();
    await tx.deleteFrom("permissionUses").where("dayMs", "<", permissionUsesBeforeMs).execute();
    await forgetTombstones(tx, tombstonesBeforeMs);
    return "written" as const;
  },
};

/** From the oldest on, up to the first that is kept: times need not be in the order of positions. */
async function forgetChanges(tx: Tx, beforeMs: number): Promise<void> {
  const kept = await tx
    .selectFrom("changes")
    .select((eb) => eb.fn.min("position").as("position"))
    .where("atMs", ">=", beforeMs)
    .executeTakeFirst();
  await tx
    .deleteFrom("changes")
    .where("atMs", "<", beforeMs)
    .$if(typeof kept?.position === "number", (query) =>
      query.where("position", "<", kept!.position),
    )
    .execute();
}

/** The rows of clients stay: their ids are never used again. What else was known of them goes. */
async function forgetTombstones(tx: Tx, tombstonesBeforeMs: number): Promise<void> {
  const gone = tx
    .selectFrom("credentials")
    .select("id")
    .where("revokedAtMs", "<", tombstonesBeforeMs);
  await tx.deleteFrom("credentialUses").where("credentialId", "in", gone).execute();
  await tx.deleteFrom("credentials").where("revokedAtMs", "<", tombstonesBeforeMs).execute();
  const deleted = tx
    .selectFrom("clients")
    .select("clientId")
    .where("deletedAtMs", "<", tombstonesBeforeMs);
  await tx.deleteFrom("findings").where("clientId", "in", deleted).execute();
}
