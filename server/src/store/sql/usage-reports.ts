import { sql, type RawBuilder } from "kysely";
import type { ClientUse, FindingPage, UsageQuery, UsageReportStore, UsageSum } from "../store.ts";
import { withoutNulls, type Database } from "../schema.ts";
import { keysetPage } from "./keyset-page.ts";

/** What is read out of the counts: sums, when clients were last used, and findings. */

export const usageReports = (db: Database) =>
  ({
    sumUsage: (tenantId, query: UsageQuery) => {
      const key = keyOf(query);
      return (
        db
          .selectFrom("usageCounts")
          .select([
            key.clientId.as("clientId"),
            key.credentialId.as("credentialId"),
            key.cause.as("cause"),
            key.startMs.as("startMs"),
            sql<number>`cast(sum(case when outcome = 'issued' then count else 0 end) as bigint)`.as(
              "issued",
            ),
            sql<number>`cast(sum(case when outcome = 'issued' then 0 else count end) as bigint)`.as(
              "refused",
            ),
          ])
          .where("tenantId", "=", tenantId)
          .where("spanMs", "in", query.spansMs)
          .where("startMs", ">=", query.sinceMs)
          .where("startMs", "<", query.untilMs)
          .$if(query.clientId !== undefined, (some) => some.where("clientId", "=", query.clientId!))
          .$if(query.groupBy === "cause", (some) => some.where("outcome", "!=", "issued"))
          .$if(query.groupBy === "credential", (some) => some.where("credentialId", "!=", ""))
          // By place: a name would mean the column of the table and not what is selected.
          .groupBy(sql`1, 2, 3, 4`)
          .orderBy(sql`sum(count) desc, 1, 2, 3, 4`)
          .limit(query.limit)
          .execute()
      );
    },

    listClientUses: (tenantId, page) => listClientUses(db, tenantId, page),

    pageFindings: (tenantId, { after, clientId, kind, limit }: FindingPage) =>
      db
        .selectFrom("findings")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .$if(clientId !== undefined, (query) => query.where("clientId", "=", clientId!))
        .$if(kind !== undefined, (query) => query.where("kind", "=", kind!))
        .$call((query) => keysetPage(query, ["clientId", "kind"], { after, limit }))
        .execute(),
  }) satisfies Partial<UsageReportStore>;

type Key = {
  [Name in keyof Omit<UsageSum, "issued" | "refused">]: RawBuilder<UsageSum[Name]>;
};

const noText = sql<string>`cast('' as text)`;

function keyOf({ groupBy, spanMs }: UsageQuery): Key {
  return {
    clientId: groupBy === "client" || groupBy === "credential" ? sql`client_id` : noText,
    credentialId: groupBy === "credential" ? sql`credential_id` : noText,
    cause: groupBy === "cause" ? sql`outcome` : noText,
    startMs: groupBy === "time" ? sql`start_ms - start_ms % ${sql.lit(spanMs)}` : sql`0`,
  };
}

/** As many index entries are read as clients are answered, whoever uses them. */
async function listClientUses(
  db: Database,
  tenantId: string,
  { createdBeforeMs, after, limit }: Parameters<UsageReportStore["listClientUses"]>[1],
): Promise<ClientUse[]> {
  const rows = await db
    .selectFrom("clients")
    .select(["id", "clientId", "name", "enabled", "createdAtMs"])
    .select((eb) =>
      eb
        .selectFrom("credentials")
        .innerJoin("credentialUses", "credentialUses.credentialId", "credentials.id")
        .select((of) => of.fn.max("credentialUses.lastUsedAtMs").as("at"))
        .whereRef("credentials.clientId", "=", "clients.clientId")
        .as("lastUsedAtMs"),
    )
    .where("tenantId", "=", tenantId)
    .where("deletedAtMs", "is", null)
    .where("createdAtMs", "<", createdBeforeMs)
    .$call((query) => keysetPage(query, ["createdAtMs", "id"], { after, limit }))
    .execute();
  return rows.map((row) => ({ ...withoutNulls(row), enabled: row.enabled === 1 }));
}
