import type { ChangeKind } from "../records.ts";
import type { ChangeStore } from "../store.ts";
import type { Database, Tx } from "../schema.ts";

/**
 * The change feed: every change of a thing that caches hold takes the next position.
 */

/**
 * Records that a cached thing changed. Called as late as possible in a transaction: from here on the
 * counter row is locked, so number order is commit order and readers never meet a gap. Answers the
 * position it took.
 */
export async function recordChange(
  tx: Tx,
  change: { tenantId: string; kind: ChangeKind; subjectId: string; atMs: number },
): Promise<number> {
  const { position } = await tx
    .updateTable("head")
    .set((eb) => ({ position: eb("position", "+", 1) }))
    .returning("position")
    .executeTakeFirstOrThrow();
  await tx
    .insertInto("changes")
    .values({ ...change, position })
    .execute();
  withChanges.add(tx);
  return position;
}

/** A change of a client, of its credentials or of its role bindings. */
export function recordClientChange(
  tx: Tx,
  client: { tenantId: string; clientId: string },
  atMs: number,
): Promise<number> {
  const { tenantId, clientId } = client;
  return recordChange(tx, { tenantId, kind: "client", subjectId: clientId, atMs });
}

const withChanges = new WeakSet<Tx>();

/** Whether this transaction changed something that other processes should hear of. */
export const hasChanges = (tx: Tx): boolean => withChanges.has(tx);

export function changeReads(db: Database) {
  /** Asked before most answers, so it is put together once. */
  const headQuery = db.selectFrom("head").select("position").compile();
  return {
    async head() {
      const { rows } = await db.executeQuery(headQuery);
      return rows[0]!.position;
    },

    listChanges(afterPosition, limit) {
      return db
        .selectFrom("changes")
        .select(["position", "tenantId", "kind", "subjectId"])
        .where("position", ">", afterPosition)
        .orderBy("position")
        .limit(limit)
        .execute();
    },
  } satisfies Partial<ChangeStore>;
}
