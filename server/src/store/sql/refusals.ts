import type { RefusalRecord } from "../records.ts";
import type { RefusalPage, RefusalStore } from "../store.ts";
import { withNulls, withoutNulls, type Database, type Tx } from "../schema.ts";
import { keysetPage } from "./keyset-page.ts";

/** Why requests were refused, for as long as somebody may ask. */

export const refusalReads = (db: Database) =>
  ({
    async findRefusal(tenantId, requestId) {
      const row = await db
        .selectFrom("refusals")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("requestId", "=", requestId)
        .executeTakeFirst();
      return row && withoutNulls(row);
    },

    async listRefusals(tenantId, { after, clientId, cause, limit }: RefusalPage) {
      const rows = await db
        .selectFrom("refusals")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .$if(clientId !== undefined, (query) => query.where("clientId", "=", clientId!))
        .$if(cause !== undefined, (query) => query.where("cause", "=", cause!))
        .$call((query) => keysetPage(query, ["atMs", "requestId"], { after, limit }, "desc"))
        .execute();
      return rows.map(withoutNulls);
    },

    listClientNames(tenantId, clientIds) {
      if (clientIds.length === 0) return Promise.resolve([]);
      return db
        .selectFrom("clients")
        .select(["id", "clientId", "name"])
        .where("tenantId", "=", tenantId)
        .where("clientId", "in", clientIds)
        .execute();
    },
  }) satisfies Partial<RefusalStore>;

/** A row has ten values, and SQLite takes at most 32,766 in a statement. */
const rowsPerInsert = 1000;

export const refusalWrites = {
  async insertRefusals(tx: Tx, { refusals }: { refusals: RefusalRecord[] }) {
    for (let start = 0; start < refusals.length; start += rowsPerInsert) {
      await tx
        .insertInto("refusals")
        .values(refusals.slice(start, start + rowsPerInsert).map(withNulls))
        // A batch whose answer was lost is written again.
        .onConflict((conflict) => conflict.column("requestId").doNothing())
        .execute();
    }
    return "written" as const;
  },

  async sweepRefusals(tx: Tx, { beforeMs }: { beforeMs: number }) {
    await tx.deleteFrom("refusals").where("atMs", "<", beforeMs).execute();
    return "written" as const;
  },
};
