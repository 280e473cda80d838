import type {
  CreateWebhook,
  Delivery,
  UpdateWebhook,
  Webhook,
} from "@countersign/protocol/admin/webhooks.ts";
import type { DeliveryRecord, WebhookRecord } from "../../store/store.ts";
import type { WebhookSettings } from "../../webhooks/webhook.ts";
import { isoTime } from "../iso-time.ts";
import { changed, optional } from "./member.ts";

/** Webhooks on the wire and inside: the conversion between them happens here and nowhere else. */

export const toWebhookSettings = (body: CreateWebhook): WebhookSettings => ({
  url: body.url,
  description: body.description ?? "",
  events: body.events,
  enabled: body.enabled ?? true,
  externalId: body.external_id,
  labels: body.labels ?? {},
});

export const applyWebhookSettings = (
  before: WebhookRecord,
  body: UpdateWebhook,
): WebhookSettings => ({
  url: body.url ?? before.url,
  description: body.description ?? before.description,
  events: changed<string[]>(body.events, before.events),
  enabled: body.enabled ?? before.enabled,
  externalId: changed(body.external_id, before.externalId),
  labels: body.labels ?? before.labels,
});

/** What is known of it only sometimes. */
interface Besides {
  plainSecret?: string | undefined;
  lastDelivery?: DeliveryRecord | undefined;
}

export function toWebhook(
  webhook: WebhookRecord,
  nowMs: number,
  { plainSecret, lastDelivery }: Besides = {},
): Webhook {
  const { previousUntilMs } = webhook;
  const isPreviousGood = previousUntilMs !== undefined && nowMs < previousUntilMs;
  return {
    id: webhook.id,
    url: webhook.url,
    description: webhook.description,
    ...optional("events", webhook.events as Webhook["events"]),
    enabled: webhook.enabled,
    ...optional("signing_secret", plainSecret),
    ...optional(
      "previous_secret_valid_until",
      isPreviousGood ? isoTime(previousUntilMs) : undefined,
    ),
    ...optional("last_delivery", lastDelivery && toDelivery(lastDelivery)),
    ...optional("external_id", webhook.externalId),
    labels: webhook.labels,
    created_at: isoTime(webhook.createdAtMs),
    updated_at: isoTime(webhook.updatedAtMs),
  };
}

const time = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : isoTime(ms);

export const toDelivery = (delivery: DeliveryRecord): Delivery => ({
  id: delivery.eventId,
  type: delivery.eventType,
  status: delivery.status as Delivery["status"],
  attempts: delivery.attempts,
  created_at: isoTime(delivery.createdAtMs),
  ...optional("last_attempt_at", time(delivery.lastAttemptMs)),
  ...optional("next_attempt_at", time(delivery.nextAttemptMs)),
  ...optional("last_status", delivery.lastStatus),
  ...optional("last_error", delivery.lastError),
  ...optional("last_duration_ms", delivery.lastDurationMs),
});
