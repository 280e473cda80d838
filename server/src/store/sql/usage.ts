import type { UsageGap } from "../records.ts";
import type { UsageBatch, UsageStore } from "../store.ts";
import type { Database, Schema, Tx } from "../schema.ts";
import { addPermissionUses, permissionUseKey } from "./permission-uses.ts";

/** How often what was used: counts by span, last uses, findings, and the gaps in all of them. */

export const usageReads = (db: Database) =>
  ({
    listGaps: (sinceMs) =>
      db
        .selectFrom("usageGaps")
        .select(["fromMs", "untilMs"])
        .where("untilMs", ">", sinceMs)
        .execute(),

    listUsage: (tenantId, spanMs, sinceMs) =>
      db
        .selectFrom("usageCounts")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("spanMs", "=", spanMs)
        .where("startMs", ">=", sinceMs)
        .orderBy("startMs")
        .execute(),
  }) satisfies Partial<UsageStore>;

export const usageWrites = {
  async insertUsage(tx: Tx, batch: UsageBatch) {
    await insertInParts(batch.counts, countKey, (rows) => addCounts(tx, rows));
    await insertInParts(batch.uses, ["credentialId"], (rows) => addUses(tx, rows));
    await insertInParts(batch.findings, findingKey, (rows) => addFindings(tx, rows));
    await insertInParts(batch.permissionUses, permissionUseKey, (rows) =>
      addPermissionUses(tx, rows),
    );
    await addGaps(tx, batch.processId, batch.gaps);
    await tx
      .insertInto("usageProcesses")
      .values({ processId: batch.processId, lastReportMs: batch.atMs })
      .onConflict((conflict) =>
        conflict.column("processId").doUpdateSet({ lastReportMs: batch.atMs }),
      )
      .execute();
    return "written" as const;
  },

  async endUsage(tx: Tx, input: { processId: string }) {
    await tx.deleteFrom("usageProcesses").where("processId", "=", input.processId).execute();
    return "written" as const;
  },

  async closeSilentProcesses(tx: Tx, input: { silentSinceMs: number; atMs: number }) {
    const silent = await tx
      .deleteFrom("usageProcesses")
      .where("lastReportMs", "<", input.silentSinceMs)
      .returning(["processId", "lastReportMs"])
      .execute();
    for (const { processId, lastReportMs } of silent) {
      await addGaps(tx, processId, [{ fromMs: lastReportMs, untilMs: input.atMs }]);
    }
    return "written" as const;
  },

  async rollUpUsage(tx: Tx, input: Parameters<UsageStore["rollUpUsage"]>[0]) {
    const { fromSpanMs, toSpanMs, beforeMs } = input;
    const old = await tx
      .deleteFrom("usageCounts")
      .where("spanMs", "=", fromSpanMs)
      .where("startMs", "<", beforeMs)
      .returningAll()
      .execute();
    if (toSpanMs === undefined) return "written" as const;
    const sums = new Map<string, Schema["usageCounts"]>();
    for (const row of old) {
      const startMs = row.startMs - (row.startMs % toSpanMs);
      const { tenantId, clientId, credentialId, outcome } = row;
      const key = JSON.stringify([startMs, tenantId, clientId, credentialId, outcome]);
      const count = (sums.get(key)?.count ?? 0) + row.count;
      sums.set(key, { ...row, spanMs: toSpanMs, startMs, count });
    }
    await insertInParts([...sums.values()], countKey, (rows) => addCounts(tx, rows));
    return "written" as const;
  },
};

const countKey = ["spanMs", "startMs", "tenantId", "clientId", "credentialId", "outcome"] as const;
const findingKey = ["tenantId", "clientId", "kind"] as const;

/** SQLite takes at most 32,766 parameters in a statement; no row here has more than eight. */
const rowsPerInsert = 2000;

/** In one order in every process, so that two that write the same rows wait and do not deadlock. */
async function insertInParts<R>(
  rows: R[],
  key: readonly (keyof R)[],
  insert: (part: R[]) => Promise<unknown>,
): Promise<void> {
  const inOrder = rows
    .map((row) => ({ row, text: JSON.stringify(key.map((name) => row[name])) }))
    .toSorted((one, other) => (one.text < other.text ? -1 : 1))
    .map(({ row }) => row);
  for (let start = 0; start < inOrder.length; start += rowsPerInsert) {
    await insert(inOrder.slice(start, start + rowsPerInsert));
  }
}

const addCounts = (tx: Tx, rows: Schema["usageCounts"][]) =>
  tx
    .insertInto("usageCounts")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(countKey).doUpdateSet((eb) => ({
        count: eb("usageCounts.count", "+", eb.ref("excluded.count")),
      })),
    )
    .execute();

const addUses = (tx: Tx, rows: Schema["credentialUses"][]) =>
  tx
    .insertInto("credentialUses")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column("credentialId")
        .doUpdateSet((eb) => ({
          lastUsedAtMs: eb.ref("excluded.lastUsedAtMs"),
          address: eb.ref("excluded.address"),
          userAgent: eb.ref("excluded.userAgent"),
        }))
        .whereRef("excluded.lastUsedAtMs", ">=", "credentialUses.lastUsedAtMs"),
    )
    .execute();

const addFindings = (tx: Tx, rows: Schema["findings"][]) =>
  tx
    .insertInto("findings")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(findingKey).doUpdateSet((eb) => ({
        origin: eb.ref("excluded.origin"),
        count: eb("findings.count", "+", eb.ref("excluded.count")),
        lastSeenAtMs: eb.ref("excluded.lastSeenAtMs"),
      })),
    )
    .execute();

async function addGaps(tx: Tx, processId: string, gaps: UsageGap[]): Promise<void> {
  if (gaps.length === 0) return;
  const rows = gaps.map((gap) => ({ ...gap, id: `${processId}:${gap.fromMs}` }));
  await tx
    .insertInto("usageGaps")
    .values(rows)
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet((eb) => ({ untilMs: eb.ref("excluded.untilMs") })),
    )
    .execute();
}
