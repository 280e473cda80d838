import type { WebhookEvent } from "@countersign/protocol/admin/webhooks.ts";
import { auditOf, type Act, type Actor } from "../audit/audit.ts";
import { AdminError, notFound } from "../errors/admin-error.ts";
import { isFetchError } from "../fetch/fetch-error.ts";
import type { GuardedFetch } from "../fetch/fetch.ts";
import type { DeliveryRecord, WebhookRecord } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { signatureHeaders } from "./signature.ts";
import { loadWebhook, signingSecretsOf, type WebhookContext } from "./webhook.ts";

/**
 * Telling: one request for one event and one webhook. An answer of 2xx is a receipt, anything else is
 * tried again for a day. What was received may be sent again, after a crash, so receivers compare ids.
 */

export interface DeliveryContext extends WebhookContext {
  fetch: Pick<GuardedFetch, "request">;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
/** Between one try and the next. */
const waits = [
  5 * secondMs,
  minuteMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  10 * hourMs,
];
/** How long a receiver may take to answer. */
export const answerMs = 15 * secondMs;
const answerBytesMax = 16 * 1024;

/** What came of it, for the store. */
export type Outcome = Pick<
  DeliveryRecord,
  | "status"
  | "attempts"
  | "nextAttemptMs"
  | "lastAttemptMs"
  | "lastStatus"
  | "lastError"
  | "lastDurationMs"
  | "claimId"
>;

/** Never rejects because of the receiver. `isGone`: it wants no events any more. */
export async function deliver(
  context: DeliveryContext,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
): Promise<{ outcome: Outcome; isGone: boolean }> {
  const { system } = context;
  const [lastAttemptMs, startedMs] = [system.now(), system.elapsedMs()];
  const answered = await post(context, webhook, { delivery, atMs: lastAttemptMs });
  const lastDurationMs = Math.round(system.elapsedMs() - startedMs);
  const outcome = outcomeOf(system, delivery, { ...answered, lastAttemptMs, lastDurationMs });
  return { outcome, isGone: answered.lastStatus === 410 };
}

/** Of a try whose process did not live to say what came of it: it counts, as one without an answer. */
export const lostOutcome = (system: System, delivery: DeliveryRecord): Outcome =>
  outcomeOf(system, delivery, {
    lastAttemptMs: system.now(),
    lastStatus: undefined,
    lastError: "The process that sent it ended before an answer came.",
    lastDurationMs: undefined,
  });

type Tried = Pick<Outcome, "lastAttemptMs" | "lastStatus" | "lastError" | "lastDurationMs">;

function outcomeOf(system: System, delivery: DeliveryRecord, tried: Tried): Outcome {
  const attempts = delivery.attempts + 1;
  const counted = { ...tried, attempts, claimId: undefined };
  const { lastStatus = 0 } = tried;
  if (lastStatus >= 200 && lastStatus < 300) {
    return { ...counted, status: "delivered", nextAttemptMs: undefined };
  }
  const waitMs = lastStatus === 410 ? undefined : waits[attempts - 1];
  const nextAttemptMs = waitMs === undefined ? undefined : system.now() + waitMs;
  return { ...counted, status: nextAttemptMs === undefined ? "failed" : "pending", nextAttemptMs };
}

async function post(
  context: DeliveryContext,
  webhook: WebhookRecord,
  { delivery, atMs }: { delivery: DeliveryRecord; atMs: number },
): Promise<Pick<Tried, "lastStatus" | "lastError">> {
  const body = JSON.stringify(toEvent(delivery));
  const secrets = signingSecretsOf(context, webhook);
  try {
    const { status } = await context.fetch.request({
      method: "POST",
      url: webhook.url,
      headers: {
        "content-type": "application/json",
        "user-agent": "Countersign",
        ...signatureHeaders(secrets, { id: delivery.eventId, atMs, body }),
      },
      body,
      totalMs: answerMs,
      bodyBytesMax: answerBytesMax,
    });
    return { lastStatus: status, lastError: undefined };
  } catch (error) {
    if (!isFetchError(error)) throw error;
    return { lastStatus: undefined, lastError: error.message };
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** What is posted: what is known of the connection, as it was. */
export function toEvent({
  eventId,
  eventType,
  createdAtMs,
  subject,
}: DeliveryRecord): WebhookEvent {
  const { id, datasourceId, owner, enabled, state, reason, sinceMs, account, labels } =
    subject as unknown as Subject;
  const { refreshTokenExpiresAtMs: endsAtMs, externalId } = subject as unknown as Subject;
  const event = { id: eventId, type: eventType, created_at: iso(createdAtMs) };
  if (id === undefined) return { ...event, data: {} };
  const connection = {
    id,
    datasource_id: datasourceId,
    ...(owner === "" ? {} : { owner }),
    enabled,
    state,
    ...(reason === undefined ? {} : { reason }),
    since: iso(sinceMs),
    ...(account === undefined ? {} : { account }),
    ...(endsAtMs === undefined ? {} : { refresh_token_expires_at: iso(endsAtMs) }),
    ...(externalId === undefined ? {} : { external_id: externalId }),
    labels,
  };
  return { ...event, data: { connection } };
}

interface Subject {
  /** Absent in a test. */
  id: string | undefined;
  datasourceId: string;
  owner: string;
  enabled: boolean;
  state: string;
  reason: string | undefined;
  sinceMs: number;
  account: string | undefined;
  refreshTokenExpiresAtMs: number | undefined;
  externalId: string | undefined;
  labels: Record<string, string>;
}

/** An event about nothing, to see whether it arrives. Throws 404, and 409 for a disabled webhook. */
export async function sendTest(
  context: WebhookContext,
  actor: Actor,
  webhookId: string,
): Promise<DeliveryRecord> {
  const { system, store } = context;
  const { tenantId } = actor;
  const webhook = await loadWebhook(context, tenantId, webhookId);
  if (!webhook.enabled) throw new AdminError(409, "The webhook is disabled.");
  const delivery: DeliveryRecord = {
    webhookId,
    eventId: newId(system, "evt_"),
    tenantId,
    eventType: "webhook.test",
    subject: {},
    createdAtMs: system.now(),
    status: "pending",
    attempts: 0,
    nextAttemptMs: system.now(),
    lastAttemptMs: undefined,
    lastStatus: undefined,
    lastError: undefined,
    lastDurationMs: undefined,
    claimId: undefined,
  };
  await store.insertDelivery({ delivery, audit: auditOf(system, actor, sent("tested", delivery)) });
  return delivery;
}

/** As if it were new: tried at once, and as often, whoever is sending it now. Throws 404. */
export async function replay(
  { system, store }: WebhookContext,
  actor: Actor,
  { webhookId, eventId }: Pick<DeliveryRecord, "webhookId" | "eventId">,
): Promise<DeliveryRecord> {
  const key = { tenantId: actor.tenantId, webhookId, eventId };
  for (;;) {
    const delivery = await store.findDelivery(key);
    if (delivery === undefined) throw notFound(key.eventId);
    const due = { attempts: 0, nextAttemptMs: system.now(), claimId: undefined };
    const change = { ...due, status: "pending" };
    const audit = auditOf(system, actor, sent("event_sent_again", delivery));
    const outcome = await store.moveDelivery({ delivery, change, audit });
    if (outcome === "written") return { ...delivery, ...change };
  }
}

const sent = (what: string, { webhookId, eventId, eventType }: DeliveryRecord): Act => ({
  action: `webhook.${what}`,
  subjectType: "webhook",
  subjectId: webhookId,
  after: { event: eventId, type: eventType },
});
