import type { Inserted } from "../outcome.ts";
import type { IdempotencyRecord } from "../records.ts";
import type { Tx } from "../schema.ts";

/**
 * Remembers a request under its `Idempotency-Key`, if it has one. Answers the earlier request under the
 * same key, or `undefined` when none is remembered any more.
 */
export async function claimIdempotency(
  tx: Tx,
  idempotency: IdempotencyRecord | undefined,
  atMs: number,
): Promise<Extract<Inserted, { outcome: "repeated" }> | undefined> {
  if (idempotency === undefined) return undefined;
  const { key: idempotencyKey, ...rest } = idempotency;
  const claimed = await tx
    .insertInto("idempotencyKeys")
    .values({ ...rest, idempotencyKey })
    .onConflict((conflict) =>
      conflict
        .columns(["tenantId", "principalId", "idempotencyKey"])
        .doUpdateSet(rest)
        .where("idempotencyKeys.expiresAtMs", "<=", atMs),
    )
    .executeTakeFirst();
  if (claimed.numInsertedOrUpdatedRows === 1n) return undefined;
  const earlier = await tx
    .selectFrom("idempotencyKeys")
    .select(["requestDigest", "subjectId"])
    .where("tenantId", "=", idempotency.tenantId)
    .where("principalId", "=", idempotency.principalId)
    .where("idempotencyKey", "=", idempotencyKey)
    .executeTakeFirstOrThrow();
  return { outcome: "repeated", ...earlier };
}
