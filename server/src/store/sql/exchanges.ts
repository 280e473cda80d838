import type { ExchangeRecord, ExchangeStore } from "../exchange-store.ts";
import { withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";

/** What was said between us and providers. */

export const exchangeReads = (db: Database) =>
  ({
    async listExchanges(tenantId, connectionId, limit) {
      const rows = await db
        .selectFrom("providerExchanges")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("connectionId", "=", connectionId)
        .orderBy("atMs", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map(toExchange);
    },
  }) satisfies Partial<ExchangeStore>;

export const exchangeWrites = {
  async insertExchanges(tx: Tx, input: Parameters<ExchangeStore["insertExchanges"]>[0]) {
    const ids = [...new Set(input.exchanges.map(({ connectionId }) => connectionId))];
    if (ids.length === 0) return "written" as const;
    const there = await tx.selectFrom("connections").select("id").where("id", "in", ids).execute();
    const known = new Set(there.map(({ id }) => id));
    const rows = input.exchanges.filter(({ connectionId }) => known.has(connectionId)).map(toRow);
    if (rows.length > 0) await tx.insertInto("providerExchanges").values(rows).execute();
    for (const id of known) await forgetOlder(tx, id, input.keptMax);
    return "written" as const;
  },

  async sweepExchanges(tx: Tx, { beforeMs }: { beforeMs: number }) {
    await tx.deleteFrom("providerExchanges").where("atMs", "<", beforeMs).execute();
    return "written" as const;
  },
};

async function forgetOlder(tx: Tx, connectionId: string, keptMax: number): Promise<void> {
  const first = await tx
    .selectFrom("providerExchanges")
    .select(["atMs", "id"])
    .where("connectionId", "=", connectionId)
    .orderBy("atMs", "desc")
    .orderBy("id", "desc")
    .offset(keptMax - 1)
    .limit(1)
    .executeTakeFirst();
  if (first === undefined) return;
  await tx
    .deleteFrom("providerExchanges")
    .where("connectionId", "=", connectionId)
    .where((eb) => eb(eb.refTuple("atMs", "id"), "<", eb.tuple(first.atMs, first.id)))
    .execute();
}

const toRow = (exchange: ExchangeRecord): Schema["providerExchanges"] => ({
  ...withNulls(exchange),
  tolerances: JSON.stringify(exchange.tolerances),
});

const toExchange = (row: Schema["providerExchanges"]): ExchangeRecord => ({
  ...withoutNulls(row),
  tolerances: JSON.parse(row.tolerances) as string[],
});
