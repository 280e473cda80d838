import type { Revocation } from "../records.ts";
import type { RevocationStore } from "../store.ts";
import { withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { recordChange } from "./changes.ts";

/** What was taken back before it expired. */

/** As long as the longest token lives, and a little for clocks that differ. */
const keepMs = 24 * 3_600_000 + 600_000;

/**
 * Takes the position before which the subject's tokens are void. Recorded after the change that it
 * belongs to: a process that has applied it has dropped the old state already, so what it mints
 * from then on is right.
 */
export async function recordRevocations(
  tx: Tx,
  act: { tenantId: string; atMs: number; clientId?: string },
  revocations: Revocation[],
): Promise<void> {
  const { tenantId, atMs, clientId = null } = act;
  for (const { subjectType, subjectId, dropped } of revocations) {
    const position = await recordChange(tx, { tenantId, kind: "revocation", subjectId, atMs });
    await tx
      .insertInto("revocations")
      .values({
        position,
        tenantId,
        subjectType,
        subjectId,
        clientId,
        dropped: dropped === undefined ? null : JSON.stringify(dropped),
        atMs,
        expiresAtMs: atMs + keepMs,
      })
      .execute();
  }
}

export const revocationReads = (db: Database) =>
  ({
    async listRevocations(afterPosition, atMs) {
      const rows = await db
        .selectFrom("revocations")
        .selectAll()
        .where("position", ">", afterPosition)
        .where("expiresAtMs", ">", atMs)
        .orderBy("position")
        .execute();
      return rows.map(toRevocation);
    },
  }) satisfies Partial<RevocationStore>;

export const revocationWrites = {
  async revokeToken(tx: Tx, input: Parameters<RevocationStore["revokeToken"]>[0]) {
    const { tenantId, clientId, tokenId, perClientMax, audit } = input;
    const earlier = await tx
      .selectFrom("revocations")
      .select("subjectId")
      .where("clientId", "=", clientId)
      .where("expiresAtMs", ">", audit.atMs)
      .execute();
    if (earlier.some(({ subjectId }) => subjectId === tokenId)) return "written" as const;
    if (earlier.length >= perClientMax) return "conflict" as const;
    await recordAudit(tx, audit);
    const token = { subjectType: "token" as const, subjectId: tokenId, dropped: undefined };
    await recordRevocations(tx, { tenantId, atMs: audit.atMs, clientId }, [token]);
    return "written" as const;
  },
};

const toRevocation = (row: Schema["revocations"]) => ({
  ...withoutNulls(row),
  dropped: row.dropped === null ? undefined : (JSON.parse(row.dropped) as string[]),
});
