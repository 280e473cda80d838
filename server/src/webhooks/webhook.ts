import { webhooksMax, type CreateWebhook } from "@countersign/protocol/admin/webhooks.ts";
import { checkVersion, untilWritten } from "../access/compare-and-set.ts";
import { firstSubjectOf, idempotencyOf } from "../access/repetition.ts";
import { auditOf, type Act, type Actor } from "../audit/audit.ts";
import { AdminError, badField, notFound } from "../errors/admin-error.ts";
import { createAddressRules } from "../fetch/address.ts";
import { FetchRefused } from "../fetch/fetch-error.ts";
import { checkUrl } from "../fetch/outgoing-request.ts";
import type { Sealer } from "../keys/sealing.ts";
import type { DeliveryRecord, WebhookRecord, WebhookStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { newSigningSecret } from "./signature.ts";

/** Webhooks over their life. What they are told is in `delivery.ts`. */

export interface WebhookContext {
  system: System;
  store: WebhookStore;
  sealer: Sealer;
}

export type WebhookSettings = Pick<
  WebhookRecord,
  "url" | "description" | "events" | "enabled" | "externalId" | "labels"
>;

export interface WebhookWithSecret {
  webhook: WebhookRecord;
  /** Absent for one that an earlier request made: it was shown once. */
  plainSecret: string | undefined;
}

/** For receivers that are changed one by one. */
const previousValidMs = 24 * 3_600_000;

/** Who may be told is what may be called. */
export interface WebhookWriteContext extends WebhookContext {
  /** The private networks that may be reached. */
  outboundAllow: readonly string[];
}

/** Throws 400, 409 and 422. */
export async function createWebhook(
  context: WebhookWriteContext,
  actor: Actor,
  about: { settings: WebhookSettings; body: CreateWebhook; idempotencyKey: string | undefined },
): Promise<WebhookWithSecret> {
  const { system, store, sealer } = context;
  const { tenantId } = actor;
  checkReceiver(about.settings.url, context.outboundAllow);
  const whose = { tenantId, id: newId(system, "whk_") };
  const plainSecret = newSigningSecret(system);
  const atMs = system.now();
  const webhook: WebhookRecord = {
    ...about.settings,
    ...whose,
    sealedSecret: sealer.seal(placeOf(whose), plainSecret),
    sealedPreviousSecret: undefined,
    previousUntilMs: undefined,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    version: 1,
  };
  const audit = auditOf(system, actor, actOn("created", undefined, webhook));
  const { idempotencyKey: key, body } = about;
  const request = ["webhook", body];
  const idempotency = idempotencyOf(system, actor, { key, request, subjectId: webhook.id });
  const inserted = await store.insertWebhook({ webhook, webhooksMax, idempotency, audit });
  if (inserted.outcome === "inserted") return { webhook, plainSecret };
  if (inserted.outcome !== "repeated") throw notInserted[inserted.outcome]();
  const id = firstSubjectOf(inserted, idempotency);
  return { webhook: await loadWebhook(context, tenantId, id), plainSecret: undefined };
}

const notInserted = {
  external_id_taken: () => new AdminError(409, "Another webhook has this external_id."),
  too_many: () => new AdminError(409, `An account has at most ${webhooksMax} webhooks.`),
};

export interface WebhookChange {
  apply(before: WebhookRecord): WebhookSettings;
  /** `If-Match`: refuse when another version is stored. */
  expectedVersion: number | undefined;
}

/** Throws 400, 404, 409 and 412. */
export async function updateWebhook(
  context: WebhookWriteContext,
  actor: Actor,
  id: string,
  { apply, expectedVersion }: WebhookChange,
): Promise<WebhookRecord> {
  return change(context, actor, { id, expectedVersion, what: "updated" }, (before) => {
    const settings = apply(before);
    // What is stored may have been permitted once, and can be disabled all the same.
    if (settings.url !== before.url) checkReceiver(settings.url, context.outboundAllow);
    return settings;
  });
}

/** Says at once what every delivery would say; a name is judged when it is resolved. Throws 400. */
function checkReceiver(url: string, allow: readonly string[]): void {
  try {
    checkUrl(url, createAddressRules(allow));
  } catch (error) {
    if (!(error instanceof FetchRefused)) throw error;
    throw badField("url", error.message);
  }
  if (!/^[!-~]+$/.test(url)) throw badField("url", new FetchRefused("url").message);
}

/** The secret before it signs for another day. Throws 404 and 412. */
export async function rotateSigningSecret(
  context: WebhookContext,
  actor: Actor,
  id: string,
): Promise<WebhookWithSecret> {
  const { system, sealer } = context;
  const plainSecret = newSigningSecret(system);
  const about = { id, expectedVersion: undefined, what: "secret_rotated" as const };
  const webhook = await change(context, actor, about, (before) => ({
    sealedSecret: sealer.seal(placeOf(before), plainSecret),
    sealedPreviousSecret: before.sealedSecret,
    previousUntilMs: system.now() + previousValidMs,
  }));
  return { webhook, plainSecret };
}

type What = "created" | "updated" | "secret_rotated" | "deleted";

async function change(
  context: WebhookContext,
  actor: Actor,
  { id, expectedVersion, what }: { id: string; expectedVersion: number | undefined; what: What },
  apply: (before: WebhookRecord) => Partial<WebhookRecord>,
): Promise<WebhookRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const before = await loadWebhook(context, actor.tenantId, id);
    checkVersion(before, expectedVersion);
    const counted = { updatedAtMs: system.now(), version: before.version + 1 };
    const webhook = { ...before, ...apply(before), ...counted };
    const audit = auditOf(system, actor, actOn(what, before, webhook));
    const outcome = await store.updateWebhook({ webhook, audit });
    if (outcome === "external_id_taken") throw notInserted[outcome]();
    return outcome === "written" ? webhook : outcome;
  });
}

/** Throws 404 and 412. */
export async function deleteWebhook(
  context: WebhookContext,
  actor: Actor,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  await untilWritten(async () => {
    const webhook = await loadWebhook(context, actor.tenantId, id);
    checkVersion(webhook, expectedVersion);
    const audit = auditOf(context.system, actor, actOn("deleted", webhook, undefined));
    return context.store.deleteWebhook({ webhook, audit });
  });
}

/** Throws 404. */
export async function loadWebhook(
  { store }: Pick<WebhookContext, "store">,
  tenantId: string,
  id: string,
): Promise<WebhookRecord> {
  const webhook = await store.findWebhook(tenantId, id);
  if (webhook === undefined) throw notFound(id);
  return webhook;
}

/** The newest event that each of them was told, or is to be. */
export const newestDeliveries = (
  { store }: Pick<WebhookContext, "store">,
  webhooks: readonly Pick<WebhookRecord, "tenantId" | "id">[],
): Promise<(DeliveryRecord | undefined)[]> =>
  Promise.all(
    webhooks.map(async ({ tenantId, id: webhookId }) => {
      const newest = { webhookId, status: undefined, after: undefined, limit: 1 };
      const [delivery] = await store.listDeliveries(tenantId, newest);
      return delivery;
    }),
  );

/** What deliveries are signed with now. */
export function signingSecretsOf(
  { sealer, system }: Pick<WebhookContext, "sealer" | "system">,
  webhook: WebhookRecord,
): string[] {
  const { sealedSecret, sealedPreviousSecret: previous, previousUntilMs = 0 } = webhook;
  const isPreviousGood = previous !== undefined && system.now() < previousUntilMs;
  const sealed = [sealedSecret, ...(isPreviousGood ? [previous] : [])];
  return sealed.map((one) => sealer.open(placeOf(webhook), one));
}

const placeOf = ({ tenantId, id }: Pick<WebhookRecord, "tenantId" | "id">) => ({
  tenantId,
  label: "webhook.secret",
  rowId: id,
});

export function actOn(
  what: What | "disabled",
  before: WebhookRecord | undefined,
  after: WebhookRecord | undefined,
): Act {
  return {
    action: `webhook.${what}`,
    subjectType: "webhook",
    subjectId: (after ?? before)!.id,
    before: before && viewOf(before),
    after: after && viewOf(after),
  };
}

/** What anybody may see who sees webhooks. */
function viewOf(webhook: WebhookRecord): object {
  const { id, url, description, events, enabled, externalId, labels, version } = webhook;
  return { id, url, description, events, enabled, externalId, labels, version };
}
