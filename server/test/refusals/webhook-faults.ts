import assert from "node:assert/strict";
import { call } from "../calls.ts";
import type { TestServer } from "../server.ts";
import type { FaultCase } from "./fault-cases.ts";

/** What needs a write, of webhooks. Nothing is sent: rows would change by themselves. */

const path = "/v2/webhooks";

const body = (own: string) => ({
  url: "https://hooks.example.com/countersign",
  description: own,
});

async function make(server: TestServer, own: string): Promise<string> {
  const made = await call<{ id: string }>(server, "POST", path, { body: body(own) });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return `${path}/${made.body.id}`;
}

const ofMade =
  (method: string, changes?: object): FaultCase["prepare"] =>
  async (server, own) => {
    const at = await make(server, own);
    return () => call(server, method, at, changes === undefined ? {} : { body: changes });
  };

export const webhookFaults: FaultCase[] = [
  {
    write: "insertWebhook",
    table: "webhooks",
    act: "create a webhook",
    prepare: async (server, own) => () => call(server, "POST", path, { body: body(own) }),
  },
  {
    write: "updateWebhook",
    table: "webhooks",
    act: "change a webhook",
    prepare: ofMade("PATCH", { description: "another" }),
  },
  {
    write: "deleteWebhook",
    table: "webhooks",
    act: "delete a webhook",
    prepare: ofMade("DELETE"),
  },
  {
    write: "insertDelivery",
    table: "webhook_deliveries",
    act: "send an event about nothing to a webhook",
    async prepare(server, own) {
      const at = await make(server, own);
      return () => call(server, "POST", `${at}/test`);
    },
  },
  {
    write: "moveDelivery",
    table: "webhook_deliveries",
    act: "send an event again",
    async prepare(server, own) {
      const at = await make(server, own);
      const sent = await call<{ id: string }>(server, "POST", `${at}/test`);
      assert.ok(sent.status < 300, JSON.stringify(sent.body));
      return () => call(server, "POST", `${at}/deliveries/${sent.body.id}/replay`);
    },
  },
];
