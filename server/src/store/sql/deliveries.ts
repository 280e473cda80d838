import type { DeliveryRecord, WebhookStore } from "../webhook-store.ts";
import { withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordEvents } from "./events.ts";
import { recordAudit } from "./audit.ts";
import { keysetPage } from "./keyset-page.ts";

/** What webhooks are told, and whether they heard. */

export const deliveryReads = (db: Database) =>
  ({
    async listDeliveries(tenantId, { webhookId, status, after, limit }) {
      const rows = await db
        .selectFrom("webhookDeliveries")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("webhookId", "=", webhookId)
        .$if(status !== undefined, (query) => query.where("status", "=", status!))
        .$call((query) => keysetPage(query, ["createdAtMs", "eventId"], { after, limit }, "desc"))
        .execute();
      return rows.map(toDelivery);
    },

    async findDelivery({ tenantId, webhookId, eventId }) {
      const row = await db
        .selectFrom("webhookDeliveries")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("webhookId", "=", webhookId)
        .where("eventId", "=", eventId)
        .executeTakeFirst();
      return row && toDelivery(row);
    },

    async listDueDeliveries({ atMs, limit }) {
      const rows = await db
        .selectFrom("webhookDeliveries")
        .innerJoin("webhooks", "webhooks.id", "webhookDeliveries.webhookId")
        .selectAll("webhookDeliveries")
        .where("webhooks.enabled", "=", 1)
        .where("nextAttemptMs", "<=", atMs)
        .orderBy("nextAttemptMs")
        .orderBy("eventId")
        .limit(limit)
        .execute();
      return rows.map(toDelivery);
    },
  }) satisfies Partial<WebhookStore>;

export const deliveryWrites = {
  async insertDelivery(tx: Tx, { delivery, audit }: Parameters<WebhookStore["insertDelivery"]>[0]) {
    await tx.insertInto("webhookDeliveries").values(toRow(delivery)).execute();
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async claimDelivery(tx: Tx, input: Parameters<WebhookStore["claimDelivery"]>[0]) {
    const { tenantId, webhookId, eventId, attempts } = input.delivery;
    const claimed = await tx
      .updateTable("webhookDeliveries")
      .set({ claimId: input.claimId })
      .where("tenantId", "=", tenantId)
      .where("webhookId", "=", webhookId)
      .where("eventId", "=", eventId)
      .where("attempts", "=", attempts)
      .where("claimId", "is", null)
      .where("nextAttemptMs", "<=", input.atMs)
      .executeTakeFirst();
    return claimed.numUpdatedRows === 0n ? ("conflict" as const) : ("written" as const);
  },

  async moveDelivery(tx: Tx, input: Parameters<WebhookStore["moveDelivery"]>[0]) {
    const { tenantId, webhookId, eventId, attempts, claimId } = input.delivery;
    const moved = await tx
      .updateTable("webhookDeliveries")
      .set(withNulls(input.change) as Partial<Schema["webhookDeliveries"]>)
      .where("tenantId", "=", tenantId)
      .where("webhookId", "=", webhookId)
      .where("eventId", "=", eventId)
      .where("attempts", "=", attempts)
      .$if(claimId === undefined, (query) => query.where("claimId", "is", null))
      .$if(claimId !== undefined, (query) => query.where("claimId", "=", claimId!))
      .executeTakeFirst();
    if (moved.numUpdatedRows === 0n) return "conflict" as const;
    if (input.audit !== undefined) await recordAudit(tx, input.audit);
    return "written" as const;
  },

  async sweepDeliveries(tx: Tx, { beforeMs }: { beforeMs: number }) {
    await tx.deleteFrom("webhookDeliveries").where("createdAtMs", "<", beforeMs).execute();
    return "written" as const;
  },

  async tellReconnectSoon(tx: Tx, input: Parameters<WebhookStore["tellReconnectSoon"]>[0]) {
    const { endsBeforeMs, againBeforeMs, atMs, idPrefix, limit } = input;
    const ending = await tx
      .selectFrom("connections")
      .leftJoin("reconnectNotices", "reconnectNotices.connectionId", "connections.id")
      .selectAll("connections")
      .where("refreshTokenExpiresAtMs", "<", endsBeforeMs)
      .where("refreshTokenExpiresAtMs", ">", atMs)
      .where("state", "=", "connected")
      .where("enabled", "=", 1)
      .where((eb) => eb.or([eb("toldAtMs", "is", null), eb("toldAtMs", "<", againBeforeMs)]))
      .orderBy("refreshTokenExpiresAtMs")
      .limit(limit)
      .execute();
    for (const [index, row] of ending.entries()) {
      const event = { type: "connection.reconnect_soon", tenantId: row.tenantId, atMs };
      await recordEvents(tx, event, [{ eventId: `${idPrefix}_${index}`, row }]);
      await tx
        .insertInto("reconnectNotices")
        .values({ connectionId: row.id, tenantId: row.tenantId, toldAtMs: atMs })
        .onConflict((conflict) => conflict.column("connectionId").doUpdateSet({ toldAtMs: atMs }))
        .execute();
    }
    return ending.length;
  },
};

const toRow = (delivery: DeliveryRecord): Schema["webhookDeliveries"] => ({
  ...withNulls(delivery),
  subject: JSON.stringify(delivery.subject),
});

const toDelivery = (row: Schema["webhookDeliveries"]): DeliveryRecord => ({
  ...withoutNulls(row),
  subject: JSON.parse(row.subject) as Record<string, unknown>,
});
