import { sql, type Expression } from "kysely";
import type { DatasourceRecord } from "../connection-store.ts";
import type { AuditRecord } from "../records.ts";
import type { DatasourceStore } from "../store.ts";
import { withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { recordChange } from "./changes.ts";
import { eventIdOf, recordEvents } from "./events.ts";
import { isExternalIdTaken } from "./external-ids.ts";
import { claimIdempotency } from "./idempotency.ts";
import { insertNew } from "./insert-new.ts";
import { keysetPage } from "./keyset-page.ts";
import { Rollback } from "./rollback.ts";
import { checkTenantLimit } from "./tenant-limit.ts";
import { deleteVersion, replaceVersion } from "./versions.ts";

/** Outside APIs. What is held for them is in `connections.ts`. */

export const datasourceReads = (db: Database) =>
  ({
    async listDatasources(tenantId, { after, name, externalId, limit }) {
      const rows = await db
        .selectFrom("datasources")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .$if(externalId !== undefined, (query) => query.where("externalId", "=", externalId!))
        .$if(name !== undefined, (query) => query.where((eb) => hasInside(eb.ref("name"), name!)))
        .$call((query) => keysetPage(query, ["createdAtMs", "id"], { after, limit }))
        .execute();
      return rows.map(toDatasource);
    },

    async findDatasource(tenantId, id) {
      const row = await db
        .selectFrom("datasources")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("id", "=", id)
        .executeTakeFirst();
      return row && toDatasource(row);
    },
  }) satisfies Partial<DatasourceStore>;

/** The database folds case on both sides, so that what is typed exactly is always found. */
const hasInside = (column: Expression<string>, text: string) => {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return sql<boolean>`lower(${column}) like lower(cast(${pattern} as text)) escape '\\'`;
};

export const datasourceWrites = {
  async insertDatasource(tx: Tx, input: Parameters<DatasourceStore["insertDatasource"]>[0]) {
    const { datasource, datasourcesMax, idempotency, audit } = input;
    const repeated = await claimIdempotency(tx, idempotency, audit.atMs);
    if (repeated !== undefined) return repeated;
    if (!(await insertNew(tx, "datasources", toDatasourceRow(datasource)))) {
      throw new Rollback({ outcome: "external_id_taken" });
    }
    await checkTenantLimit(tx, "datasources", datasource, datasourcesMax);
    await recordAudit(tx, audit);
    return { outcome: "inserted" as const };
  },

  async updateDatasource(tx: Tx, input: Parameters<DatasourceStore["updateDatasource"]>[0]) {
    const { datasource, connections, audit } = input;
    if (await isExternalIdTaken(tx, "datasources", datasource)) return "external_id_taken" as const;
    const row = toDatasourceRow(datasource);
    if (!(await replaceVersion(tx, "datasources", row))) return "conflict" as const;
    const changed = await changeConnections(tx, datasource, connections);
    await recordAudit(tx, audit);
    if (connections === "reconnect") {
      await tellAll(tx, audit, { type: "connection.reconnect_required", rows: changed });
    }
    await recordDatasourceChange(tx, datasource, audit.atMs);
    return "written" as const;
  },

  async deleteDatasource(tx: Tx, input: Parameters<DatasourceStore["deleteDatasource"]>[0]) {
    const { datasource, isForced, audit } = input;
    const { tenantId, id } = datasource;
    const held = await tx
      .selectFrom("connections")
      .select("id")
      .where("tenantId", "=", tenantId)
      .where("datasourceId", "=", id)
      .limit(1)
      .executeTakeFirst();
    if (held !== undefined && !isForced) return "held" as const;
    const gone = await tx
      .deleteFrom("connections")
      .where("tenantId", "=", tenantId)
      .where("datasourceId", "=", id)
      .returningAll()
      .execute();
    if (!(await deleteVersion(tx, "datasources", datasource))) throw new Rollback("conflict");
    await recordAudit(tx, audit);
    await tellAll(tx, audit, { type: "connection.deleted", rows: gone });
    await recordDatasourceChange(tx, datasource, audit.atMs);
    return "written" as const;
  },
};

type Effect = Parameters<DatasourceStore["updateDatasource"]>[0]["connections"];

/** The token version moves, so that a refresh that is under way stores nothing any more. */
async function changeConnections(
  tx: Tx,
  { tenantId, id, updatedAtMs }: DatasourceRecord,
  effect: Effect,
): Promise<Schema["connections"][]> {
  if (effect === "keep") return [];
  const rest = { refreshId: null, failures: 0, failingSinceMs: null };
  const tryAgain = { ...rest, nextTryAtMs: null, reason: null, reasonDetail: null };
  const anew = { ...tryAgain, refreshTries: 0 };
  const noTokens = { sealedTokens: null, tokensAtMs: null, expiresAtMs: null };
  const sets = {
    // With the same tokens: that an answer was lost counts still.
    retry: { ...tryAgain, state: "connected" },
    reconnect: { ...anew, state: "reconnect_required", reason: "settings_changed" },
    forget: { ...anew, ...noTokens, state: "not_connected", grantedScopes: null },
  };
  return tx
    .updateTable("connections")
    .set((eb) => ({
      ...sets[effect],
      sinceMs: updatedAtMs,
      tokenVersion: eb("tokenVersion", "+", 1),
    }))
    .where("tenantId", "=", tenantId)
    .where("datasourceId", "=", id)
    .$if(effect === "reconnect", (query) => query.where("sealedTokens", "is not", null))
    .$if(effect === "retry", (query) =>
      query
        .where("sealedTokens", "is not", null)
        .where("failures", ">", 0)
        .where("reason", "not in", ["settings_changed"]),
    )
    .returningAll()
    .execute();
}

/** Its connections may have changed with it. */
function recordDatasourceChange(
  tx: Tx,
  { tenantId, id }: Pick<DatasourceRecord, "tenantId" | "id">,
  atMs: number,
): Promise<number> {
  return recordChange(tx, { tenantId, kind: "datasource", subjectId: id, atMs });
}

/** One act that many connections feel. */
async function tellAll(
  tx: Tx,
  audit: AuditRecord,
  { type, rows }: { type: string; rows: Schema["connections"][] },
): Promise<void> {
  const subjects = rows.map((row, index) => ({ eventId: `${eventIdOf(audit)}_${index}`, row }));
  await recordEvents(tx, { type, tenantId: audit.tenantId, atMs: audit.atMs }, subjects);
}

const toDatasourceRow = (datasource: DatasourceRecord): Schema["datasources"] => ({
  ...withNulls(datasource),
  settings: JSON.stringify(datasource.settings),
  labels: JSON.stringify(datasource.labels),
});

const toDatasource = (row: Schema["datasources"]): DatasourceRecord => ({
  ...withoutNulls(row),
  settings: JSON.parse(row.settings) as Record<string, unknown>,
  labels: JSON.parse(row.labels) as Record<string, string>,
});
