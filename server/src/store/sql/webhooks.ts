import type { WebhookRecord, WebhookStore } from "../webhook-store.ts";
import { flag, withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { isExternalIdTaken } from "./external-ids.ts";
import { claimIdempotency } from "./idempotency.ts";
import { insertNew } from "./insert-new.ts";
import { keysetPage } from "./keyset-page.ts";
import { Rollback } from "./rollback.ts";
import { checkTenantLimit } from "./tenant-limit.ts";
import { deleteVersion, replaceVersion } from "./versions.ts";

/** Who is told. What they are told is in `deliveries.ts`. */

export const webhookReads = (db: Database) =>
  ({
    async listWebhooks(tenantId, { after, externalId, limit }) {
      const rows = await db
        .selectFrom("webhooks")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .$if(externalId !== undefined, (query) => query.where("externalId", "=", externalId!))
        .$call((query) => keysetPage(query, ["createdAtMs", "id"], { after, limit }))
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
    if (!(await insertNew(tx, "webhooks", toRow(webhook)))) {
      throw new Rollback({ outcome: "external_id_taken" });
    }
    await checkTenantLimit(tx, "webhooks", webhook, webhooksMax);
    await recordAudit(tx, audit);
    return { outcome: "inserted" as const };
  },

  async updateWebhook(tx: Tx, input: Parameters<WebhookStore["updateWebhook"]>[0]) {
    const { webhook, audit } = input;
    if (await isExternalIdTaken(tx, "webhooks", webhook)) return "external_id_taken" as const;
    if (!(await replaceVersion(tx, "webhooks", toRow(webhook)))) return "conflict" as const;
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async deleteWebhook(tx: Tx, input: Parameters<WebhookStore["deleteWebhook"]>[0]) {
    const { webhook, audit } = input;
    await tx
      .deleteFrom("webhookDeliveries")
      .where("tenantId", "=", webhook.tenantId)
      .where("webhookId", "=", webhook.id)
      .execute();
    if (!(await deleteVersion(tx, "webhooks", webhook))) throw new Rollback("conflict");
    await recordAudit(tx, audit);
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
