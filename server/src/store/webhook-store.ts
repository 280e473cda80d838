import type { Position } from "./connection-store.ts";
import type { Inserted, Written } from "./outcome.ts";
import type { AuditRecord, IdempotencyRecord } from "./records.ts";

/** The part of the store that keeps who is told what, and whether they heard. */

export interface WebhookRecord {
  id: string;
  tenantId: string;
  url: string;
  description: string;
  /** Which types of events; absent: all. */
  events: string[] | undefined;
  enabled: boolean;
  /** What deliveries are signed with. */
  sealedSecret: string;
  /** The one before it, which signs as well for a while. */
  sealedPreviousSecret: string | undefined;
  previousUntilMs: number | undefined;
  externalId: string | undefined;
  labels: Record<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
  version: number;
}

/** One event for one webhook. */
export interface DeliveryRecord {
  webhookId: string;
  /** The same for all webhooks: whoever gets it twice can tell. */
  eventId: string;
  tenantId: string;
  eventType: string;
  /** What it is about, as it was then; no secrets. */
  subject: Record<string, unknown>;
  createdAtMs: number;
  /** `pending`, `delivered` or `failed`. */
  status: string;
  attempts: number;
  /** Absent once nothing is tried any more. */
  nextAttemptMs: number | undefined;
  lastAttemptMs: number | undefined;
  /** What the receiver answered last. */
  lastStatus: number | undefined;
  /** Why there was no answer. */
  lastError: string | undefined;
  /** How long the last attempt took; absent when nobody saw its end. */
  lastDurationMs: number | undefined;
  /** The note of the process that is sending it now. */
  claimId: string | undefined;
}

export interface DeliveryPage {
  webhookId: string;
  status: string | undefined;
  after: { createdAtMs: number; eventId: string } | undefined;
  limit: number;
}

type DeliveryKey = Pick<DeliveryRecord, "tenantId" | "webhookId" | "eventId">;

export interface WebhookStore {
  /** Oldest first. */
  listWebhooks(
    tenantId: string,
    page: { after: Position | undefined; externalId: string | undefined; limit: number },
  ): Promise<WebhookRecord[]>;
  findWebhook(tenantId: string, id: string): Promise<WebhookRecord | undefined>;
  insertWebhook(input: {
    webhook: WebhookRecord;
    webhooksMax: number;
    idempotency: IdempotencyRecord | undefined;
    audit: AuditRecord;
  }): Promise<Inserted | { outcome: "too_many" }>;
  /** `conflict` when the stored version is no longer the one that was read. */
  updateWebhook(input: {
    webhook: WebhookRecord;
    audit: AuditRecord;
  }): Promise<Written | "external_id_taken">;
  /** With all that it was still to be told. */
  deleteWebhook(input: {
    webhook: Pick<WebhookRecord, "id" | "tenantId" | "version">;
    audit: AuditRecord;
  }): Promise<Written>;

  /** Newest first. */
  listDeliveries(tenantId: string, page: DeliveryPage): Promise<DeliveryRecord[]>;
  findDelivery(key: DeliveryKey): Promise<DeliveryRecord | undefined>;
  /** Of all tenants: what is to be sent now to webhooks that are enabled, whatever is due longest first. */
  listDueDeliveries(query: { atMs: number; limit: number }): Promise<DeliveryRecord[]>;
  insertDelivery(input: { delivery: DeliveryRecord; audit: AuditRecord }): Promise<Written>;
  /**
   * From now on the caller alone sends it, until it is moved. `conflict` when somebody else does, when
   * it was tried meanwhile, or when it is not due at `atMs`.
   */
  claimDelivery(input: {
    delivery: DeliveryKey & Pick<DeliveryRecord, "attempts">;
    claimId: string;
    atMs: number;
  }): Promise<Written>;
  /** `conflict` when it was tried meanwhile, or claimed or freed by somebody else. */
  moveDelivery(input: {
    delivery: DeliveryKey & Pick<DeliveryRecord, "attempts" | "claimId">;
    change: Partial<Omit<DeliveryRecord, keyof DeliveryKey | "subject">>;
    /** Of who asked for it; a try that was due is nobody's act. */
    audit?: AuditRecord;
  }): Promise<Written>;
  sweepDeliveries(input: { beforeMs: number }): Promise<Written>;
  /**
   * Tells once of connections whose refresh token ends before then, and again of those that were told
   * of before `againBeforeMs`. Answers how many there were.
   */
  tellReconnectSoon(input: {
    endsBeforeMs: number;
    againBeforeMs: number;
    atMs: number;
    idPrefix: string;
    limit: number;
  }): Promise<number>;
}
