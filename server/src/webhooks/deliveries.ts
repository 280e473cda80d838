import { auditOf, type Actor } from "../audit/audit.ts";
import type { Log } from "../log.ts";
import { createSeenNotes } from "../seen-notes.ts";
import type { DeliveryRecord, WebhookRecord } from "../store/store.ts";
import { newId } from "../system.ts";
import { answerMs, deliver, lostOutcome, type DeliveryContext, type Outcome } from "./delivery.ts";
import { actOn } from "./webhook.ts";

/**
 * Sends what is due, some at a time, so that one receiver that is slow keeps few others waiting. All
 * processes that share a store send at once: each claims a delivery before it sends it, and what was
 * claimed by a process that is gone is free again after a while. Which of them tends the list is not
 * decided here.
 */

export interface DeliveriesContext extends DeliveryContext {
  log: Log;
}

export interface Deliveries {
  /** Sends a page of what is due. */
  sendDue(): Promise<void>;
  /** Notices what nobody did anything for, and forgets what is old. */
  tend(): Promise<void>;
  /** Begins no other request: `sendDue` ends with those that are under way. */
  stop(): void;
}

const pageSize = 100;
const sendingMax = 8;
/** A receiver's time, and that of the store before and after: a claim that lasts longer is nobody's. */
const claimMs = 2 * answerMs;
/** Far more than those that processes hold at a time. */
const claimsMax = 1_000;
const dayMs = 24 * 3_600_000;
/** How long before a refresh token runs out somebody is told. */
const soonMs = 7 * dayMs;
const toldAgainMs = 7 * dayMs;
const keepMs = 30 * dayMs;

export function createDeliveries(context: DeliveriesContext): Deliveries {
  const { store, system } = context;
  const claims = createSeenNotes(system, { workMs: claimMs, entriesMax: claimsMax });
  let isStopped = false;

  async function sendDue(): Promise<void> {
    const due = await store.listDueDeliveries({ atMs: system.now(), limit: pageSize });
    const waiting = [...due];
    const work = async (): Promise<void> => {
      for (;;) {
        const next = isStopped ? undefined : waiting.shift();
        if (next === undefined) return;
        await sendOrFree(next);
      }
    };
    // Whoever waits for this waits for all that was begun, also when one of them failed.
    const ends = await Promise.allSettled(Array.from({ length: sendingMax }, work));
    const failed = ends.find(({ status }) => status === "rejected");
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  }

  async function sendOrFree(delivery: DeliveryRecord): Promise<void> {
    const { webhookId, eventId, claimId } = delivery;
    if (claimId === undefined) return sendOne(context, delivery);
    const key = JSON.stringify([webhookId, eventId]);
    if (!claims.isAbandoned(key, claimId)) return;
    claims.forget(key);
    await settle(context, delivery, lostOutcome(system, delivery));
  }

  return {
    sendDue,
    tend: () => tend(context),
    stop() {
      isStopped = true;
    },
  };
}

async function sendOne(context: DeliveriesContext, due: DeliveryRecord): Promise<void> {
  const { store, system } = context;
  const webhook = await store.findWebhook(due.tenantId, due.webhookId);
  if (webhook?.enabled !== true) return;
  const claimId = newId(system, "clm_");
  const claim = { delivery: due, claimId, atMs: system.now() };
  if ((await store.claimDelivery(claim)) === "conflict") return;
  const delivery = { ...due, claimId };
  const { outcome, isGone } = await deliver(context, webhook, delivery);
  await settle(context, delivery, outcome);
  if (isGone) await disable(context, webhook);
}

/** What somebody asked for meanwhile, such as to send it again, has the last word. */
async function settle(
  { store, log }: DeliveriesContext,
  delivery: DeliveryRecord,
  outcome: Outcome,
): Promise<void> {
  await store.moveDelivery({ delivery, change: outcome });
  if (outcome.status === "delivered") return;
  const { webhookId: webhook, eventId: event } = delivery;
  const { lastStatus: status, lastError: cause, nextAttemptMs } = outcome;
  log.info({ webhook, event, status, cause, nextAttemptMs }, "a webhook did not take an event");
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

async function tend({ store, system }: DeliveriesContext): Promise<void> {
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
