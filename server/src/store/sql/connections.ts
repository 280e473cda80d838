import { sql } from "kysely";
import type {
  ConnectionCount,
  ConnectionPage,
  ConnectionRecord,
  ConnectionTokens,
} from "../connection-store.ts";
import type { ConnectionStore } from "../store.ts";
import { flag, withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { recordChange } from "./changes.ts";
import { recordEventOf } from "./events.ts";
import { isExternalIdTaken } from "./external-ids.ts";
import { claimIdempotency } from "./idempotency.ts";
import { insertNew } from "./insert-new.ts";
import { keysetPage } from "./keyset-page.ts";
import { Rollback } from "./rollback.ts";

/** Tokens that are held for outside APIs, and what became of getting them. */

export const connectionReads = (db: Database) =>
  ({
    listConnections: (tenantId, page) => listConnections(db, tenantId, page),

    countConnections: (tenantId, datasourceIds, connectingSinceMs) =>
      countConnections(db, { tenantId, datasourceIds, connectingSinceMs }),

    async findConnection(tenantId, id) {
      const row = await db
        .selectFrom("connections")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("id", "=", id)
        .executeTakeFirst();
      return row && toConnection(row);
    },

    async findConnectionOfOwner(tenantId, datasourceId, owner) {
      const row = await db
        .selectFrom("connections")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("datasourceId", "=", datasourceId)
        .where("owner", "=", owner)
        .executeTakeFirst();
      return row && toConnection(row);
    },

    async listExpiringConnections({ beforeMs, after, limit }) {
      const rows = await db
        .selectFrom("connections")
        .selectAll()
        .where("state", "=", "connected")
        .where("enabled", "=", 1)
        .where("expiresAtMs", "<", beforeMs)
        .$call((query) => keysetPage(query, ["expiresAtMs", "id"], { after, limit }))
        .execute();
      return rows.map(toConnection);
    },

    async listConnectionsLeftAlone({ beforeMs, after, limit }) {
      const rows = await db
        .selectFrom("connections")
        .selectAll()
        .where("state", "=", "connected")
        .where("enabled", "=", 1)
        .where("expiresAtMs", "is", null)
        .where("tokensAtMs", "<", beforeMs)
        .$call((query) => keysetPage(query, ["tokensAtMs", "id"], { after, limit }))
        .execute();
      return rows.map(toConnection);
    },
  }) satisfies Partial<ConnectionStore>;

async function listConnections(
  db: Database,
  tenantId: string,
  page: ConnectionPage,
): Promise<ConnectionRecord[]> {
  const { after, datasourceId, owner, state, connectingSinceMs, externalId, limit } = page;
  const rows = await db
    .selectFrom("connections")
    .selectAll()
    .where("tenantId", "=", tenantId)
    .$if(datasourceId !== undefined, (query) => query.where("datasourceId", "=", datasourceId!))
    .$if(owner !== undefined, (query) => query.where("owner", "=", owner!))
    .$if(state !== undefined, (query) => query.where(seenState(connectingSinceMs), "=", state!))
    .$if(externalId !== undefined, (query) => query.where("externalId", "=", externalId!))
    .$call((query) => keysetPage(query, ["createdAtMs", "id"], { after, limit }))
    .execute();
  return rows.map(toConnection);
}

async function countConnections(
  db: Database,
  of: { tenantId: string; datasourceIds: string[]; connectingSinceMs: number },
): Promise<ConnectionCount[]> {
  const { tenantId, datasourceIds, connectingSinceMs } = of;
  if (datasourceIds.length === 0) return [];
  return (
    db
      .selectFrom("connections")
      .select((eb) => [
        "datasourceId",
        seenState(connectingSinceMs).as("state"),
        eb.fn.countAll<number>().as("count"),
      ])
      .where("tenantId", "=", tenantId)
      .where("datasourceId", "in", datasourceIds)
      // By place: the parameters of an expression that is written twice are not the same.
      .groupBy(sql`1, 2`)
      .orderBy(sql`1, 2`)
      .execute()
  );
}

/** The state as people see it, worked out as the API does. */
const seenState = (connectingSinceMs: number) =>
  sql<string>`case
    when enabled = 0 then 'disabled'
    when refresh_id is not null then 'refreshing'
    when state = 'connecting' and since_ms < ${connectingSinceMs} then 'not_connected'
    else state end`;

export const connectionWrites = {
  async insertConnection(tx: Tx, input: Parameters<ConnectionStore["insertConnection"]>[0]) {
    const { connection, idempotency, audit } = input;
    const repeated = await claimIdempotency(tx, idempotency, audit.atMs);
    if (repeated !== undefined) return repeated;
    if (!(await hasDatasource(tx, connection))) throw new Rollback({ outcome: "conflict" });
    if (!(await insertNew(tx, "connections", toConnectionRow(connection)))) {
      const isOther = await isExternalIdTaken(tx, "connections", connection);
      throw new Rollback({ outcome: isOther ? "external_id_taken" : "owner_taken" });
    }
    await recordAudit(tx, audit);
    return { outcome: "inserted" as const };
  },

  async updateConnection(tx: Tx, input: Parameters<ConnectionStore["updateConnection"]>[0]) {
    const { connection, audit } = input;
    const { id, tenantId, enabled, externalId, labels, updatedAtMs, version } = connection;
    if (await isExternalIdTaken(tx, "connections", connection)) return "external_id_taken" as const;
    const updated = await tx
      .updateTable("connections")
      .set({
        enabled: flag(enabled),
        externalId: externalId ?? null,
        labels: JSON.stringify(labels),
        updatedAtMs,
        version,
      })
      .where("tenantId", "=", tenantId)
      .where("id", "=", id)
      .where("version", "=", version - 1)
      .returningAll()
      .executeTakeFirst();
    if (updated === undefined) return "conflict" as const;
    await recordAudit(tx, audit);
    await recordEventOf(tx, audit, updated);
    await recordConnectionChange(tx, connection, audit.atMs);
    return "written" as const;
  },

  async moveTokens(tx: Tx, input: Parameters<ConnectionStore["moveTokens"]>[0]) {
    const { tenantId, id, tokenVersion, refreshId, change, audit } = input;
    const moved = await tx
      .updateTable("connections")
      .set({ ...toTokenColumns(change), tokenVersion: tokenVersion + 1 })
      .where("tenantId", "=", tenantId)
      .where("id", "=", id)
      .where("tokenVersion", "=", tokenVersion)
      .$if(refreshId !== undefined, (query) =>
        refreshId!.is === undefined
          ? query.where("refreshId", "is", null)
          : query.where("refreshId", "=", refreshId!.is),
      )
      .executeTakeFirst();
    if (moved.numUpdatedRows === 0n) return "conflict" as const;
    // Connected anew, it is told of anew.
    if (change.linkId !== undefined) await forgetNotice(tx, id);
    if (audit !== undefined) {
      await recordAudit(tx, audit);
      await recordEventOf(tx, audit, await rowOf(tx, id));
    }
    await recordConnectionChange(tx, { tenantId, id }, input.atMs);
    return "written" as const;
  },

  async deleteConnection(tx: Tx, input: Parameters<ConnectionStore["deleteConnection"]>[0]) {
    const { connection, audit } = input;
    const deleted = await tx
      .deleteFrom("connections")
      .where("tenantId", "=", connection.tenantId)
      .where("id", "=", connection.id)
      .where("version", "=", connection.version)
      .returningAll()
      .executeTakeFirst();
    if (deleted === undefined) return "conflict" as const;
    await recordAudit(tx, audit);
    await recordEventOf(tx, audit, deleted);
    await recordConnectionChange(tx, connection, audit.atMs);
    return "written" as const;
  },
};

function recordConnectionChange(
  tx: Tx,
  { tenantId, id }: Pick<ConnectionRecord, "tenantId" | "id">,
  atMs: number,
): Promise<number> {
  return recordChange(tx, { tenantId, kind: "connection", subjectId: id, atMs });
}

const forgetNotice = (tx: Tx, id: string) =>
  tx.deleteFrom("reconnectNotices").where("connectionId", "=", id).execute();

const rowOf = (tx: Tx, id: string): Promise<Schema["connections"]> =>
  tx.selectFrom("connections").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

async function hasDatasource(
  tx: Tx,
  { tenantId, datasourceId }: Pick<ConnectionRecord, "tenantId" | "datasourceId">,
): Promise<boolean> {
  const found = await tx
    .selectFrom("datasources")
    .select("id")
    .where("tenantId", "=", tenantId)
    .where("id", "=", datasourceId)
    .executeTakeFirst();
  return found !== undefined;
}

type ConnectionRow = Schema["connections"];

/** What is kept as JSON. */
const texts = [
  "requestedScopes",
  "grantedScopes",
  "tolerances",
  "captured",
  "labels",
] as const satisfies (keyof ConnectionRow)[];

function toTokenColumns(change: Partial<ConnectionTokens>): Partial<ConnectionRow> {
  const columns: Record<string, unknown> = withNulls(change);
  for (const name of texts) {
    const value = columns[name];
    if (value !== undefined && value !== null) columns[name] = JSON.stringify(value);
  }
  return columns;
}

const toConnectionRow = (connection: ConnectionRecord): ConnectionRow =>
  ({ ...toTokenColumns(connection), enabled: flag(connection.enabled) }) as ConnectionRow;

function toConnection(row: ConnectionRow): ConnectionRecord {
  const record: Record<string, unknown> = withoutNulls(row);
  for (const name of texts) {
    if (row[name] !== null) record[name] = JSON.parse(row[name]);
  }
  return { ...record, enabled: row.enabled === 1 } as unknown as ConnectionRecord;
}
