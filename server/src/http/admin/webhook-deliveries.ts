import { Type } from "typebox";
import {
  Delivery,
  DeliveryPage,
  ListDeliveriesQuery,
} from "@countersign/protocol/admin/webhooks.ts";
import { replay, sendTest } from "../../webhooks/delivery.ts";
import { loadWebhook } from "../../webhooks/webhook.ts";
import { ById } from "./app-clients.ts";
import { pageOf } from "./page.ts";
import { route, type AdminServer } from "./route.ts";
import { toDelivery } from "./webhook-body.ts";
import type { WebhookRoutes } from "./webhooks.ts";

/** `/v2/webhooks/{id}/deliveries`: what a webhook was told, and whether it heard. */

const tag = "Webhooks";

const test = route({
  permission: "webhooks:write",
  tag,
  summary: "Send a test event",
  description: "Of the type `webhook.test`. What came of it is in the list of deliveries.",
  params: ById,
  success: { 202: Delivery },
});
const list = route({
  permission: "webhooks:read",
  tag,
  summary: "List what a webhook was told",
  description: "Newest first; kept for 30 days.",
  params: ById,
  query: ListDeliveriesQuery,
  success: { 200: DeliveryPage },
});
const again = route({
  permission: "webhooks:write",
  tag,
  summary: "Send an event again",
  description: "With the same id, and as it was then; also one that arrived.",
  params: Type.Object({ ...ById.properties, event_id: Type.String({ maxLength: 100 }) }),
  success: { 202: Delivery },
});

export function registerWebhookDeliveries(server: AdminServer, context: WebhookRoutes): void {
  const { store, pageKeys } = context;

  server.post("/webhooks/:id/test", test, async ({ params, caller }, reply) => {
    const delivery = await sendTest(context, caller.actor, params.id);
    reply.code(202);
    return toDelivery(delivery);
  });

  server.get("/webhooks/:id/deliveries", list, async ({ params, query, caller }) => {
    const { tenantId } = caller.actor;
    const { id: webhookId } = await loadWebhook(context, tenantId, params.id);
    const { status } = query;
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["deliveries", tenantId, webhookId, status]),
      pageKey: query.page_key,
      limit: query.limit,
      read: (after: { createdAtMs: number; eventId: string } | undefined, limit) =>
        store.listDeliveries(tenantId, { webhookId, status, after, limit }),
      positionOf: ({ createdAtMs, eventId }) => ({ createdAtMs, eventId }),
    });
    return { deliveries: items.map(toDelivery), metadata };
  });

  server.post("/webhooks/:id/deliveries/:event_id/replay", again, async (request, reply) => {
    const { id: webhookId, event_id: eventId } = request.params;
    reply.code(202);
    return toDelivery(await replay(context, request.caller.actor, { webhookId, eventId }));
  });
}
