import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type {
  CreateWebhook,
  Delivery,
  DeliveryPage,
  Webhook,
  WebhookEvent,
  WebhookPage,
} from "@countersign/protocol/admin/webhooks.ts";
import { call } from "../calls.ts";
import { inBackground } from "../outbound/background.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import { bringAlong, makeConnection, makeDatasource, refreshNow } from "../outbound/calls.ts";
import { startServer } from "../server.ts";
import { stores } from "../stores.ts";

/** Webhooks: whoever wants to know hears what happens to connections, once it has happened. */

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  event: WebhookEvent;
}

interface Refused {
  field_errors: Record<string, string>;
}

/** Somebody who is told; answers with `status`. */
async function startReceiver() {
  const receiver = { url: "", status: 200, received: [] as Received[], stop: () => {} };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const event = JSON.parse(body) as WebhookEvent;
      receiver.received.push({ headers: request.headers, body, event });
      response.writeHead(receiver.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  receiver.stop = () => void server.close();
  return receiver;
}

/** As a receiver would, without our code [Standard Webhooks]. */
function isSignedWith(secret: string, { headers, body }: Received): boolean {
  const { "webhook-id": id, "webhook-timestamp": at } = headers;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const mac = createHmac("sha256", key).update(`${String(id)}.${String(at)}.${body}`);
  return String(headers["webhook-signature"])
    .split(" ")
    .includes(`v1,${mac.digest("base64")}`);
}

for (const { name, settings } of stores) {
  describe(`webhooks on ${name}`, () => {
    const { server, provider } = besideProvider(settings, inBackground);
    let receiver: Awaited<ReturnType<typeof startReceiver>>;
    before(async () => {
      receiver = await startReceiver();
    });
    after(() => receiver.stop());
    beforeEach(() => {
      receiver.received.length = 0;
      receiver.status = 200;
    });

    const make = async (own: Partial<CreateWebhook> = {}): Promise<Webhook> => {
      const body = { url: receiver.url, ...own };
      const answer = await call<Webhook>(server, "POST", "/v2/webhooks", { body });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    };
    const remove = (id: string) => call(server, "DELETE", `/v2/webhooks/${id}`);
    const deliveriesOf = async (id: string): Promise<Delivery[]> =>
      (await call<DeliveryPage>(server, "GET", `/v2/webhooks/${id}/deliveries`)).body.deliveries;
    const until = async <Value>(look: () => Promise<Value | undefined> | Value | undefined) => {
      for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        await setTimeout(50);
      }
    };
    /** The types of what came, once there are so many. */
    const heard = (count: number): Promise<string[]> =>
      until(() =>
        receiver.received.length >= count
          ? receiver.received.map(({ event }) => event.type)
          : undefined,
      );
    const loseGrant = async () => {
      const connection = await bringAlong(server, provider);
      provider.refreshTokens.clear();
      await refreshNow(server, connection.id);
      return connection;
    };

    test("a connection that lost its grant is told, signed, and without a secret", async () => {
      const webhook = await make();
      assert.match(webhook.signing_secret!, /^whsec_/);
      const connection = await loseGrant();
      assert.deepEqual(await heard(1), ["connection.reconnect_required"]);
      const [received] = receiver.received;
      const { event, headers } = received!;
      assert.equal(headers["webhook-id"], event.id);
      assert.equal(event.data.connection!.id, connection.id);
      assert.equal(event.data.connection!.state, "reconnect_required");
      assert.ok(isSignedWith(webhook.signing_secret!, received!));
      assert.ok(!isSignedWith(`whsec_${Buffer.alloc(32).toString("base64")}`, received!));
      assert.ok(!/rt-\d|at-\d|sealed/.test(received!.body), received!.body);
      const [delivery] = await until(async () => {
        const all = await deliveriesOf(webhook.id);
        return all[0]?.status === "delivered" ? all : undefined;
      });
      assert.deepEqual(
        [delivery!.id, delivery!.attempts, delivery!.last_status],
        [event.id, 1, 200],
      );
      const read = await call<Webhook>(server, "GET", `/v2/webhooks/${webhook.id}`);
      assert.equal(read.body.signing_secret, undefined);
      await remove(webhook.id);
    });

    test("only what was asked for is told, and nothing by a webhook that is disabled", async () => {
      const some = await make({ events: ["connection.deleted", "connection.disabled"] });
      const none = await make({ enabled: false });
      const connection = await makeConnection(server, await makeDatasource(server, provider));
      const path = `/v2/connections/${connection.id}`;
      await call(server, "PATCH", path, { body: { labels: { a: "b" } } });
      await call(server, "PATCH", path, { body: { enabled: false } });
      await call(server, "PATCH", path, { body: { enabled: true } });
      await call(server, "DELETE", path);
      assert.deepEqual((await heard(2)).toSorted(), ["connection.deleted", "connection.disabled"]);
      const disabled = receiver.received.find(({ event }) => event.type === "connection.disabled");
      const { state, enabled } = disabled!.event.data.connection!;
      assert.deepEqual([state, enabled], ["disabled", false]);
      assert.deepEqual(await deliveriesOf(none.id), []);
      await remove(some.id);
      await remove(none.id);
    });

    test("one change of a datasource is told of each connection that feels it", async () => {
      const datasourceId = await makeDatasource(server, provider);
      for (const owner of ["one", "two"]) {
        const refresh_token = provider.issueRefreshToken();
        await makeConnection(server, datasourceId, { owner, refresh_token });
      }
      const webhook = await make();
      const body = { client_id: "another" };
      await call(server, "PATCH", `/v2/datasources/${datasourceId}`, { body });
      await heard(2);
      const owners = receiver.received.map(({ event }) => event.data.connection!.owner!);
      assert.deepEqual(
        owners.toSorted((one, two) => one.localeCompare(two)),
        ["one", "two"],
      );
      assert.equal(new Set(receiver.received.map(({ event }) => event.id)).size, 2);
      await call(server, "DELETE", `/v2/datasources/${datasourceId}?force=true`);
      const types = await heard(4);
      assert.equal(types.filter((type) => type === "connection.deleted").length, 2);
      await remove(webhook.id);
    });

    test("what is not received is tried again, with the same id, and given up after a day", async () => {
      const webhook = await make();
      receiver.status = 500;
      await call(server, "POST", `/v2/webhooks/${webhook.id}/test`);
      await heard(1);
      const waits = [5, 60, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
      for (const [index, seconds] of waits.entries()) {
        await until(async () => {
          const [delivery] = await deliveriesOf(webhook.id);
          return delivery?.attempts === index + 1 ? delivery : undefined;
        });
        server.clock.advance((seconds + 1) * 1_000);
        await heard(index + 2);
      }
      const failed = await until(async () => {
        const [delivery] = await deliveriesOf(webhook.id);
        return delivery?.status === "failed" ? delivery : undefined;
      });
      assert.deepEqual(
        [failed.attempts, failed.last_status, failed.next_attempt_at],
        [9, 500, undefined],
      );
      assert.equal(new Set(receiver.received.map(({ event }) => event.id)).size, 1);

      receiver.status = 204;
      const path = `/v2/webhooks/${webhook.id}/deliveries/${failed.id}/replay`;
      assert.equal((await call(server, "POST", path)).status, 202);
      await heard(10);
      await until(async () =>
        (await deliveriesOf(webhook.id))[0]?.status === "delivered" ? true : undefined,
      );
      const unknown = `/v2/webhooks/${webhook.id}/deliveries/evt_none/replay`;
      assert.equal((await call(server, "POST", unknown)).status, 404);
      const acts = await call<{ audit_events: { action: string; after?: { event?: string } }[] }>(
        server,
        "GET",
        `/v2/audit_events?subject_id=${webhook.id}`,
      );
      assert.deepEqual(
        acts.body.audit_events.map(({ action, after }) => [action, after?.event]),
        [
          ["webhook.event_sent_again", failed.id],
          ["webhook.tested", failed.id],
          ["webhook.created", undefined],
        ],
      );
      await remove(webhook.id);
    });

    test("a receiver that is gone for good is switched off", async () => {
      const webhook = await make();
      receiver.status = 410;
      await call(server, "POST", `/v2/webhooks/${webhook.id}/test`);
      const read = () => call<Webhook>(server, "GET", `/v2/webhooks/${webhook.id}`);
      await until(async () => ((await read()).body.enabled ? undefined : true));
      const test = await call(server, "POST", `/v2/webhooks/${webhook.id}/test`);
      assert.equal(test.status, 409);
      await remove(webhook.id);
    });

    test("after a rotation both secrets sign for a day", async () => {
      const webhook = await make();
      const rotated = await call<Webhook>(
        server,
        "POST",
        `/v2/webhooks/${webhook.id}/rotate_secret`,
      );
      const [old, fresh] = [webhook.signing_secret!, rotated.body.signing_secret!];
      assert.notEqual(old, fresh);
      const sign = async (count: number): Promise<boolean[]> => {
        await call(server, "POST", `/v2/webhooks/${webhook.id}/test`);
        await heard(count);
        const last = receiver.received.at(-1)!;
        return [isSignedWith(old, last), isSignedWith(fresh, last)];
      };
      assert.deepEqual(await sign(1), [true, true]);
      server.clock.advance(24 * 3_600_000 + 1_000);
      assert.deepEqual(await sign(2), [false, true]);
      await remove(webhook.id);
    });

    test("nothing is sent to where the operator allows nothing (G8)", async () => {
      const webhook = await make();
      const refused = {
        "http://169.254.169.254/latest/meta-data/": /may not be reached/,
        "http://[::1]/": /may not be reached/,
        "http://1.1.1.1/": /Only https:/,
        "file:///etc": /Only https:/,
        "https://me:secret@example.com/": /not a URL/,
        "https://exa mple.com/": /not a URL/,
      };
      for (const [url, why] of Object.entries(refused)) {
        for (const [method, path] of [
          ["POST", "/v2/webhooks"],
          ["PATCH", `/v2/webhooks/${webhook.id}`],
        ] as const) {
          const answer = await call<Refused>(server, method, path, { body: { url } });
          assert.equal(answer.status, 400, `${method} ${url}`);
          assert.match(answer.body.field_errors["url"]!, why, `${method} ${url}`);
        }
      }
      await remove(webhook.id);
    });

    test("a name is judged when it is resolved, by whoever sends (G8)", async () => {
      const strict = await startServer({ COUNTERSIGN_BACKGROUND_RENEWAL: "on" });
      const body = { url: "https://localhost:9/hook" };
      const { id } = (await call<Webhook>(strict, "POST", "/v2/webhooks", { body })).body;
      await call(strict, "POST", `/v2/webhooks/${id}/test`);
      const tried = await until(async () => {
        const read = await call<Webhook>(strict, "GET", `/v2/webhooks/${id}`);
        return read.body.last_delivery?.attempts === 1 ? read.body.last_delivery : undefined;
      });
      assert.match(tried.last_error!, /may not be reached/);
      await strict.stop();
    });

    test("the list says what each was told last", async () => {
      const [told, silent] = [await make(), await make()];
      for (const count of [1, 2]) {
        await call(server, "POST", `/v2/webhooks/${told.id}/test`);
        await heard(count);
      }
      const newest = receiver.received.at(-1)!.event.id;
      const list = async () =>
        (await call<WebhookPage>(server, "GET", "/v2/webhooks")).body.webhooks;
      const last = await until(async () => {
        const of = (await list()).find(({ id }) => id === told.id)?.last_delivery;
        return of?.status === "delivered" ? of : undefined;
      });
      assert.deepEqual([last.id, last.type, last.last_status], [newest, "webhook.test", 200]);
      assert.equal((await list()).find(({ id }) => id === silent.id)!.last_delivery, undefined);
      await remove(told.id);
      await remove(silent.id);
    });

    test("somebody is told before a refresh token runs out, once", async () => {
      const webhook = await make({ events: ["connection.reconnect_soon"] });
      const connection = await bringAlong(server, provider);
      const day = 24 * 3_600_000;
      // So that it is not renewed in between.
      provider.lifetimeSeconds = 10 * 24 * 3_600;
      provider.onToken = (_request, response, work) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ ...work(), refresh_token_expires_in: (8 * day) / 1_000 }));
        return true;
      };
      await refreshNow(server, connection.id);
      provider.onToken = undefined;
      await setTimeout(1_500);
      assert.deepEqual(receiver.received, []);
      server.clock.advance(2 * day);
      await heard(1);
      const [told] = receiver.received as Received[];
      assert.equal(told!.event.data.connection!.id, connection.id);
      assert.ok(told!.event.data.connection!.refresh_token_expires_at);
      await remove(webhook.id);
    });
  });
}
