import type { WebhookRecord, WebhookStore } from "../webhook-store.ts";
import { flag, withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { isExternalIdTaken } from "./external-ids.ts";
import { claimIdempotency } from "./idempotency.ts";
import { Rollback } from "./rollback.ts";

/** Who is told. What they are told is in `deliveries.ts`. */

export const webhookReads = (db: Database) =>
  ({
    async listWebhooks(tenantId, { after, externalId, limit }) {
      const rows = await db
        .selectFrom("webhooks")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .$if(externalId !== undefined, (query) => query.where("externalId", "=", externalId!))
        .$if(after !== undefined, (query) =>
          query.where((eb) =>
            eb(eb.refTuple("createdAtMs", "id"), ">", eb.tuple(after!.createdAtMs, after!.id)),
          ),
        )
        .orderBy("createdAtMs")
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(toWebhook);
    },

    async findWebhook(tenantId, id) {
      const row = await db
        .selectFrom("webhooks")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("id", "=", id)
        .executeTakeFirst();
      return row && toWebhook(row);
    },
  }) satisfies Partial<WebhookStore>;

export const webhookWrites = {
  async insertWebhook(tx: Tx, input: Parameters<WebhookStore["insertWebhook"]>[0]) {
    const { webhook, webhooksMax, idempotency, audit } = input;
    const repeated = await claimIdempotency(tx, idempotency, audit.atMs);
    if (repeated !== undefined) return repeated;
    const inserted = await tx
      .insertInto("webhooks")
      .values(toRow(webhook))
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 0n) {
      throw new Rollback({ outcome: "external_id_taken" });
    }
    const { count } = await tx
      .selectFrom("webhooks")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("tenantId", "=", webhook.tenantId)
      .executeTakeFirstOrThrow();
    if (count > webhooksMax) throw new Rollback({ outcome: "too_many" });
    await recordAudit(tx, audit);
    return { outcome: "inserted" as const };
  },

  async updateWebhook(tx: Tx, input: Parameters<WebhookStore["updateWebhook"]>[0]) {
    const { webhook, audit } = input;
    if (await isExternalIdTaken(tx, "webhooks", webhook)) return "external_id_taken" as const;
    const updated = await tx
      .updateTable("webhooks")
      .set(toRow(webhook))
      .where("tenantId", "=", webhook.tenantId)
      .where("id", "=", webhook.id)
      .where("version", "=", webhook.version - 1)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return "conflict" as const;
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async deleteWebhook(tx: Tx, input: Parameters<WebhookStore["deleteWebhook"]>[0]) {
    const { tenantId, id, version } = input.webhook;
    await tx
      .deleteFrom("webhookDeliveries")
      .where("tenantId", "=", tenantId)
      .where("webhookId", "=", id)
      .execute();
    const deleted = await tx
      .deleteFrom("webhooks")
      .where("tenantId", "=", tenantId)
      .where("id", "=", id)
      .where("version", "=", version)
      .executeTakeFirst();
    if (deleted.numDeletedRows === 0n) throw new Rollback("conflict");
    await recordAudit(tx, input.audit);
    return "written" as const;
  },
};

const toRow = (webhook: WebhookRecord): Schema["webhooks"] => ({
  ...withNulls(webhook),
  enabled: flag(webhook.enabled),
  events: webhook.events === undefined ? null : JSON.stringify(webhook.events),
  labels: JSON.stringify(webhook.labels),
});

const toWebhook = (row: Schema["webhooks"]): WebhookRecord => ({
  ...withoutNulls(row),
  enabled: row.enabled === 1,
  events: row.events === null ? undefined : (JSON.parse(row.events) as string[]),
  labels: JSON.parse(row.labels) as Record<string, string>,
});
