import { auditOf, type Actor } from "../audit/audit.ts";
import type { Log } from "../log.ts";
import type { DeliveryRecord, WebhookRecord } from "../store/store.ts";
import { newId } from "../system.ts";
import { deliver, type DeliveryContext } from "./delivery.ts";
import { actOn } from "./webhook.ts";

/** Sends what is due, some at a time, so that one receiver that is slow keeps few others waiting. */

export interface DeliveriesContext extends DeliveryContext {
  log: Log;
}

const pageSize = 100;
const sendingMax = 8;
const dayMs = 24 * 3_600_000;
/** How long before a refresh token runs out somebody is told. */
const soonMs = 7 * dayMs;
const toldAgainMs = 7 * dayMs;
const keepMs = 30 * dayMs;

/** A page of what is due. */
export async function sendDue(context: DeliveriesContext): Promise<void> {
  const { store, system } = context;
  const due = await store.listDueDeliveries({ atMs: system.now(), limit: pageSize });
  const waiting = [...due];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await sendOne(context, next);
    }
  };
  await Promise.all(Array.from({ length: sendingMax }, work));
}

async function sendOne(context: DeliveriesContext, delivery: DeliveryRecord): Promise<void> {
  const { store, log } = context;
  const webhook = await store.findWebhook(delivery.tenantId, delivery.webhookId);
  if (webhook?.enabled !== true) return;
  const { outcome, isGone } = await deliver(context, webhook, delivery);
  await store.moveDelivery({ delivery, change: outcome });
  if (outcome.status !== "delivered") {
    const { lastStatus: status, lastError: cause, nextAttemptMs } = outcome;
    const about = { webhook: webhook.id, event: delivery.eventId, status, cause, nextAttemptMs };
    log.info(about, "a webhook did not take an event");
  }
  if (isGone) await disable(context, webhook);
}

/** The receiver said that it is gone for good. */
async function disable({ store, system }: DeliveriesContext, before: WebhookRecord): Promise<void> {
  const counted = { updatedAtMs: system.now(), version: before.version + 1 };
  const webhook = { ...before, ...counted, enabled: false };
  const actor: Actor = {
    type: "system",
    id: "webhooks",
    tenantId: before.tenantId,
    requestId: "",
    sourceAddress: undefined,
  };
  const audit = auditOf(system, actor, actOn("disabled", before, webhook));
  // Whoever changed it meanwhile has had the last word.
  await store.updateWebhook({ webhook, audit });
}

/** Notices what nobody did anything for, and forgets what is old. */
export async function tend({ store, system }: DeliveriesContext): Promise<void> {
  const atMs = system.now();
  await store.sweepDeliveries({ beforeMs: atMs - keepMs });
  const notice = {
    endsBeforeMs: atMs + soonMs,
    againBeforeMs: atMs - toldAgainMs,
    atMs,
    limit: pageSize,
  };
  for (;;) {
    const count = await store.tellReconnectSoon({ ...notice, idPrefix: newId(system, "evt_") });
    if (count < pageSize) return;
  }
}
