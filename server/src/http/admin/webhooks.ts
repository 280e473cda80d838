import { Type } from "typebox";
import {
  CreateWebhook,
  ListWebhooksQuery,
  UpdateWebhook,
  Webhook,
  WebhookPage,
} from "@countersign/protocol/admin/webhooks.ts";
import type { Position } from "../../store/store.ts";
import {
  createWebhook,
  deleteWebhook,
  loadWebhook,
  newestDeliveries,
  rotateSigningSecret,
  updateWebhook,
  type WebhookWriteContext,
} from "../../webhooks/webhook.ts";
import type { PageKeys } from "../page-key.ts";
import { ById } from "./app-clients.ts";
import { pageOf } from "./page.ts";
import { etagOf, expectedVersionOf, idempotencyKeyOf, route, type AdminServer } from "./route.ts";
import { applyWebhookSettings, toWebhook, toWebhookSettings } from "./webhook-body.ts";

/** `/v2/webhooks`: who is told what happens to connections. */

export interface WebhookRoutes extends WebhookWriteContext {
  pageKeys: PageKeys;
}

const tag = "Webhooks";

const create = route({
  permission: "webhooks:write",
  tag,
  summary: "Create a webhook",
  description:
    "Events are posted as JSON and signed as Standard Webhooks has it; the answer holds the signing secret, once.",
  body: CreateWebhook,
  success: { 201: Webhook },
});
const list = route({
  permission: "webhooks:read",
  tag,
  summary: "List webhooks",
  query: ListWebhooksQuery,
  success: { 200: WebhookPage },
});
const read = route({
  permission: "webhooks:read",
  tag,
  summary: "Read a webhook",
  params: ById,
  success: { 200: Webhook },
});
const update = route({
  permission: "webhooks:write",
  tag,
  summary: "Change a webhook",
  description:
    "What waits for one that is disabled is sent when it is enabled again. `If-Match` refuses when somebody else changed it meanwhile.",
  params: ById,
  body: UpdateWebhook,
  success: { 200: Webhook },
});
const rotate = route({
  permission: "webhooks:write",
  tag,
  summary: "Rotate the signing secret of a webhook",
  description: "The one before it signs as well for another day.",
  params: ById,
  success: { 200: Webhook },
});
const remove = route({
  permission: "webhooks:write",
  tag,
  summary: "Delete a webhook",
  description: "What it was still to be told is not sent.",
  params: ById,
  success: { 204: Type.Null() },
});

export function registerWebhooks(server: AdminServer, context: WebhookRoutes): void {
  const { store, system, pageKeys } = context;

  server.post("/webhooks", create, async (request, reply) => {
    const { webhook, plainSecret } = await createWebhook(context, request.caller.actor, {
      settings: toWebhookSettings(request.body),
      body: request.body,
      idempotencyKey: idempotencyKeyOf(request),
    });
    reply.code(201).header("etag", etagOf(webhook));
    return toWebhook(webhook, system.now(), { plainSecret });
  });

  server.get("/webhooks", list, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const { external_id: externalId } = query;
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["webhooks", tenantId, externalId]),
      pageKey: query.page_key,
      limit: query.limit,
      read: (after: Position | undefined, limit) =>
        store.listWebhooks(tenantId, { after, externalId, limit }),
      positionOf: ({ createdAtMs, id }) => ({ createdAtMs, id }),
    });
    const newest = await newestDeliveries(context, items);
    const webhooks = items.map((webhook, index) =>
      toWebhook(webhook, system.now(), { lastDelivery: newest[index] }),
    );
    return { webhooks, metadata };
  });

  server.get("/webhooks/:id", read, async ({ params, caller }, reply) => {
    const webhook = await loadWebhook(context, caller.actor.tenantId, params.id);
    const [lastDelivery] = await newestDeliveries(context, [webhook]);
    reply.header("etag", etagOf(webhook));
    return toWebhook(webhook, system.now(), { lastDelivery });
  });

  server.patch("/webhooks/:id", update, async (request, reply) => {
    const { body, caller, params } = request;
    const webhook = await updateWebhook(context, caller.actor, params.id, {
      apply: (before) => applyWebhookSettings(before, body),
      expectedVersion: expectedVersionOf(request),
    });
    reply.header("etag", etagOf(webhook));
    return toWebhook(webhook, system.now());
  });

  server.post("/webhooks/:id/rotate_secret", rotate, async ({ params, caller }, reply) => {
    const { webhook, plainSecret } = await rotateSigningSecret(context, caller.actor, params.id);
    reply.header("etag", etagOf(webhook));
    return toWebhook(webhook, system.now(), { plainSecret });
  });

  server.delete("/webhooks/:id", remove, async (request, reply) => {
    const { caller, params } = request;
    await deleteWebhook(context, caller.actor, params.id, expectedVersionOf(request));
    return reply.code(204).send(null);
  });
}
