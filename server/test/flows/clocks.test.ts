import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  basic,
  bearer,
  call,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type CreatedAppClient,
} from "../calls.ts";
import { freePort, startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/**
 * Clocks of machines differ, and jump. Up to thirty seconds nobody notices; beyond, tokens from the
 * future are refused until it has come. What is taken back depends on no clock at all.
 */

const minuteMs = 60_000;

for (const { name, settings } of stores) {
  describe(`two processes on ${name} whose clocks differ`, () => {
    let one: InProcessServer;
    let two: InProcessServer;
    const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
    before(async () => {
      const shared = {
        ...(await settings()),
        COUNTERSIGN_DATA_DIR: dataDir,
        COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${await freePort()}`,
      };
      one = await startServer(shared);
      two = await startServer(shared);
    });
    after(async () => {
      await Promise.all([one.stop(), two.stop()]);
      rmSync(dataDir, { recursive: true, force: true });
    });

    const create = () => createAppClient(one, { api_roles: ["administrator"] });
    const ask = async (server: InProcessServer, token: string): Promise<number> =>
      (await call(server, "GET", "/v2/app_clients?limit=1", { headers: bearer(token) })).status;
    /** While the second one's clock is ahead by so much, or behind. */
    async function whileAhead(ms: number, act: () => Promise<void>): Promise<void> {
      two.clock.advance(ms);
      await act().finally(() => two.clock.advance(-ms));
    }

    for (const ms of [25_000, -25_000]) {
      test(`take each other's tokens within the tolerance, by ${ms} ms (J6)`, async () => {
        await whileAhead(ms, async () => {
          const client = await create();
          for (const [issuing, serving] of [
            [one, two],
            [two, one],
          ] as const) {
            assert.equal(await ask(serving, await tokenFor(issuing, client)), 200);
          }
        });
      });
    }

    test("refuse beyond it what comes from the future, and nothing else (J6)", async () => {
      await whileAhead(5 * minuteMs, async () => {
        const client = await create();
        const early = await tokenFor(two, client);
        assert.equal(await ask(one, early), 401);
        assert.equal(await active(one, client, early), false);
        assert.equal(await ask(two, early), 200);
        assert.equal(await ask(two, await tokenFor(one, client)), 200);
      });
    });

    for (const minutes of [5, -5]) {
      test(`obey what the other takes back, ${minutes} minutes apart (J6)`, async () => {
        await whileAhead(minutes * minuteMs, async () => {
          for (const [acting, serving] of [
            [one, two],
            [two, one],
          ] as const) {
            const client = await create();
            const token = await tokenFor(serving, client);
            assert.equal(await ask(serving, token), 200);
            const path = `/v2/app_clients/${client.id}`;
            const switched = async (enabled: boolean) =>
              (await call(acting, "PATCH", path, { body: { enabled } })).status;
            assert.equal(await switched(false), 200);
            assert.equal(await ask(serving, token), 401);
            assert.equal(await switched(true), 200);
            assert.equal(await ask(serving, token), 401, "what was void stays so");
            await untilIssued(serving, client);
            assert.equal(await ask(serving, await tokenFor(serving, client)), 200);
          }
        });
      });
    }

    test("go on when a clock jumps, forwards and back (I12)", async () => {
      const client = await create();
      const before = await tokenFor(two, client);
      await whileAhead(60 * minuteMs, async () => {
        assert.equal(await ask(two, before), 401, "it has expired");
        assert.equal(await ask(two, await tokenFor(two, client)), 200);
      });
      await whileAhead(-60 * minuteMs, async () => {
        assert.equal(await ask(two, before), 401, "it is from the future");
        assert.equal(await ask(two, await tokenFor(two, client)), 200);
      });
      assert.equal(await ask(two, before), 200);
    });
  });
}

async function active(
  { url }: InProcessServer,
  client: CreatedAppClient,
  token: string,
): Promise<unknown> {
  const response = await fetch(`${url}/oauth2/introspect`, {
    method: "POST",
    headers: basic(client.client_id, client.client_secret),
    body: new URLSearchParams({ token }),
  });
  return ((await response.json()) as Record<string, unknown>)["active"];
}

/** The token endpoint hears of a change a moment later. */
async function untilIssued(server: InProcessServer, client: CreatedAppClient): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await requestToken(server, secretOf(client))).status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the client gets no token");
}
