import assert from "node:assert/strict";
import { call } from "../calls.ts";
import { asking, fault, idOf, making, type FaultCase } from "./fault-case.ts";

/** What needs a write, of webhooks. Nothing is sent: rows would change by themselves. */

const path = "/v2/webhooks";

const body = (own: string) => ({
  url: "https://hooks.example.com/countersign",
  description: own,
});

const make = making(path, body);
const pathOf = idOf(path);

export const webhookFaults: FaultCase[] = [
  fault("insertWebhook", "webhooks", "create a webhook", asking("POST", path, body)),
  fault(
    "updateWebhook",
    "webhooks",
    "change a webhook",
    asking("PATCH", pathOf, { description: "another" }, make),
  ),
  fault("deleteWebhook", "webhooks", "delete a webhook", asking("DELETE", pathOf, undefined, make)),
  fault(
    "insertDelivery",
    "webhook_deliveries",
    "send an event about nothing to a webhook",
    asking("POST", (made) => `${pathOf(made)}/test`, undefined, make),
  ),
  fault("moveDelivery", "webhook_deliveries", "send an event again", async (server, own) => {
    const at = pathOf(await make(server, own));
    const sent = await call<{ id: string }>(server, "POST", `${at}/test`);
    assert.ok(sent.status < 300, JSON.stringify(sent.body));
    return () => call(server, "POST", `${at}/deliveries/${sent.body.id}/replay`);
  }),
];
