import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery, DeliveryPage, Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { call } from "../calls.ts";
import { inBackground, until } from "../outbound/background.ts";
import { spawnPair, type ServerPair } from "../pair.ts";
import { spawnServer, type ServerProcess } from "../server.ts";
import { stores } from "../stores.ts";

/**
 * Webhooks that two processes send at the same time, to a receiver that is slow: each event once; and
 * when one of them is killed while it sends, each event all the same.
 */

/** So many one process sends at a time. */
const sendingMax = 8;

/** Lets those who tell it something wait until it is told to answer. */
async function startSlowReceiver() {
  const waiting = new Set<ServerResponse>();
  const receiver = {
    url: "",
    isHolding: true,
    /** The events, as they came. */
    received: [] as string[],
    answered: new Set<string>(),
    /** Those whose sender went away before it had an answer. */
    cut: new Set<string>(),
    underWay: () => waiting.size,
    release() {
      receiver.isHolding = false;
      for (const response of waiting) answerSoon(response);
    },
    stop: () => {},
  };
  const answerSoon = (response: ServerResponse): void =>
    void setTimeout(() => response.writeHead(204).end(), 200);
  const server = createServer((request, response) => {
    const id = String(request.headers["webhook-id"]);
    receiver.received.push(id);
    waiting.add(response);
    response.once("close", () => {
      waiting.delete(response);
      (response.writableFinished ? receiver.answered : receiver.cut).add(id);
    });
    request.resume();
    if (!receiver.isHolding) answerSoon(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  receiver.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return receiver;
}

for (const { name, settings } of stores) {
  describe(`two processes that tell the same webhook, on ${name}`, () => {
    let pair: ServerPair;
    let receiver: Awaited<ReturnType<typeof startSlowReceiver>>;
    beforeEach(async () => {
      receiver = await startSlowReceiver();
      pair = await spawnPair({ ...(await settings()), ...inBackground });
    });
    afterEach(async () => {
      await pair.stop();
      receiver.stop();
    });

    async function makeWebhook(): Promise<string> {
      const body = { url: receiver.url };
      const made = await call<Webhook>(pair.one, "POST", "/v2/webhooks", { body });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      return `/v2/webhooks/${made.body.id}`;
    }

    /** Answers their ids. */
    async function happen(
      webhook: string,
      count: number,
      through: readonly ServerProcess[] = [pair.one, pair.two],
    ): Promise<string[]> {
      const servers = Array.from({ length: count }, (_, index) => through[index % through.length]!);
      const sent = await Promise.all(
        servers.map((server) => call<Delivery>(server, "POST", `${webhook}/test`)),
      );
      return sent.map(({ status, body }) => {
        assert.equal(status, 202, JSON.stringify(body));
        return body.id;
      });
    }

    const deliveriesOf = async (webhook: string): Promise<Delivery[]> => {
      const path = `${webhook}/deliveries?limit=100`;
      return (await call<DeliveryPage>(pair.two, "GET", path)).body.deliveries;
    };

    const allDelivered = (webhook: string, seconds?: number): Promise<void> =>
      until(
        "all are delivered",
        async () => (await deliveriesOf(webhook)).every(({ status }) => status === "delivered"),
        seconds,
      );

    const bothSend = () =>
      until("both processes are sending", () => receiver.underWay() > sendingMax);

    const timesOf = (id: string): number => receiver.received.filter((one) => one === id).length;

    test("send each event once", async () => {
      const webhook = await makeWebhook();
      const ids = await happen(webhook, 60);
      await bothSend();
      receiver.release();
      await allDelivered(webhook);
      assert.deepEqual(receiver.received.toSorted(), ids.toSorted());
      for (const { attempts, last_status, last_duration_ms } of await deliveriesOf(webhook)) {
        assert.deepEqual([attempts, last_status], [1, 204]);
        assert.ok(Number.isInteger(last_duration_ms) && last_duration_ms! >= 100);
      }
    });

    test("lose no event when one of them is killed while it sends", async () => {
      const webhook = await makeWebhook();
      const ids = await happen(webhook, 40);
      await bothSend();
      await pair.one.kill();
      await until("it has left the receiver alone", () => receiver.cut.size > 0);
      receiver.release();
      // Longer than a claim lasts.
      await allDelivered(webhook, 90);
      assert.deepEqual(receiver.answered, new Set(ids));
      for (const id of ids) assert.equal(timesOf(id), receiver.cut.has(id) ? 2 : 1);
      const deliveries = await deliveriesOf(webhook);
      for (const { id, attempts } of deliveries) {
        if (receiver.cut.has(id)) assert.equal(attempts, 2, "what nobody saw the end of counts");
      }
    });

    test("begin no delivery when they are told to stop, and end those that are under way", async () => {
      const webhook = await makeWebhook();
      await pair.one.stop();
      const ids = await happen(webhook, 20, [pair.two]);
      await until("it is sending", () => receiver.underWay() === sendingMax);
      const { environment, url } = pair.two;
      const stopped = pair.two.stop();
      const isListening = () =>
        fetch(`${url}/healthz`).then(
          () => true,
          () => false,
        );
      await until("it takes no requests", async () => !(await isListening()));
      // Until it has told its jobs.
      await sleep(500);
      receiver.release();
      await stopped;
      assert.equal(receiver.received.length, sendingMax);
      assert.equal(receiver.answered.size, sendingMax);
      pair.two = await spawnServer(environment);
      try {
        await allDelivered(webhook);
      } finally {
        await pair.two.stop();
      }
      assert.deepEqual(receiver.received.toSorted(), ids.toSorted());
    });
  });
}
