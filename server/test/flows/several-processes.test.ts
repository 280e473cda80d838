import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  bearer,
  call,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type CreatedAppClient,
} from "../calls.ts";
import { freePort, spawnServer, type ServerProcess } from "../server.ts";
import { stores } from "../stores.ts";

/**
 * Two processes on one store, under traffic, without the hint channel: what one process changes, the
 * other obeys within a second, on every single answer.
 */

const boundMs = 1_000;

for (const { name, emptySettings: settings } of stores) {
  describe(`two processes on ${name}`, () => {
    let one: ServerProcess;
    let two: ServerProcess;
    const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
    before(async () => {
      // Both stand for one service, so they share the public URL and the keys.
      const publicUrl = `http://127.0.0.1:${await freePort()}`;
      const shared = {
        ...(await settings()),
        COUNTERSIGN_DATA_DIR: dataDir,
        COUNTERSIGN_PUBLIC_URL: publicUrl,
        COUNTERSIGN_STORE_HINTS: "off",
      };
      // Started at once: migrations, master key and bootstrap have one winner.
      [one, two] = await Promise.all([spawnServer(shared), spawnServer(shared)]);
    });
    after(async () => {
      await Promise.all([one.stop(), two.stop()]);
      rmSync(dataDir, { recursive: true, force: true });
    });

    const patch = (id: string, body: unknown) =>
      call(one, "PATCH", `/v2/app_clients/${id}`, { body });

    test("issue tokens for a client that the other one made, at once", async () => {
      for (let count = 0; count < 5; count += 1) {
        const client = await createAppClient(one);
        // Asked for before it existed, too: what was not there must not stay unknown.
        assert.equal((await requestToken(two, secretOf(client))).status, 200);
      }
    });

    test("forget that a client was unknown within a second", async () => {
      const client = await createAppClient(one);
      const unknown = { ...secretOf(client), client_id: `${client.client_id}x` };
      assert.equal((await requestToken(two, unknown)).status, 401);
      assert.equal((await requestToken(two, secretOf(client))).status, 200);
    });

    const changes: [string, (client: CreatedAppClient) => Promise<unknown>, Expected][] = [
      ["a disabled client", ({ id }) => patch(id, { enabled: false }), { status: [401, 429] }],
      [
        "a deleted client",
        ({ id }) => call(one, "DELETE", `/v2/app_clients/${id}`),
        { status: [401, 429] },
      ],
      [
        "a role that was taken away",
        ({ id }) => patch(id, { api_roles: [] }),
        { scope: undefined },
      ],
      [
        "a revoked credential",
        async ({ id }) => {
          const path = `/v2/app_clients/${id}/credentials`;
          const { body } = await call<{ credentials: { id: string }[] }>(one, "GET", path);
          await call(one, "DELETE", `${path}/${body.credentials[0]!.id}`);
        },
        { status: [401, 429] },
      ],
    ];
    for (const [what, change, expected] of changes) {
      test(`obey ${what} within a second, on every answer under traffic`, async () => {
        const client = await createAppClient(one, { api_roles: ["viewer"] });
        const traffic = startTraffic(two, client);
        await sleep(300);
        await change(client);
        const changedAtMs = performance.now();
        await sleep(boundMs + 1_000);
        const answers = await traffic.stop();
        const later = answers.filter(({ askedAtMs }) => askedAtMs > changedAtMs + boundMs);
        assert.ok(answers.some(({ status, scope }) => status === 200 && scope !== undefined));
        assert.ok(later.length > 20, `only ${later.length} answers after the bound`);
        for (const answer of later) {
          if ("status" in expected) assert.ok(expected.status.includes(answer.status));
          else assert.equal(answer.scope, expected.scope);
        }
      });
    }

    test("obey at once on our own API, where the head is compared before every answer", async () => {
      const client = await createAppClient(one, { api_roles: ["administrator"] });
      const headers = bearer(await tokenFor(two, client));
      const ask = () => call(two, "GET", "/v2/app_clients?limit=1", { headers });
      assert.equal((await ask()).status, 200);
      await patch(client.id, { enabled: false });
      assert.equal((await ask()).status, 401);
    });

    test("have the same keys: each takes the tokens of the other", async () => {
      const client = await createAppClient(one, { api_roles: ["administrator"] });
      for (const [issuing, serving] of [
        [one, two],
        [two, one],
      ] as const) {
        const headers = bearer(await tokenFor(issuing, client));
        assert.equal(
          (await call(serving, "GET", "/v2/app_clients?limit=1", { headers })).status,
          200,
        );
        assert.equal((await call(serving, "GET", "/v2/corpora", { headers })).status, 200);
      }
    });

    test("go on when one of them is killed", async () => {
      const client = await createAppClient(two);
      await one.kill();
      assert.equal((await requestToken(two, secretOf(client))).status, 200);
      const changed = await call(two, "PATCH", `/v2/app_clients/${client.id}`, {
        body: { description: "d" },
      });
      assert.equal(changed.status, 200);
    });
  });
}

/** After a hundred wrong answers a minute 401 becomes 429; both are refusals. */
type Expected = { status: number[] } | { scope: undefined };

interface Observed {
  askedAtMs: number;
  status: number;
  scope: string | undefined;
}

/** Asks for tokens all the time, and notes when each was asked for and what came. */
function startTraffic(server: ServerProcess, client: CreatedAppClient) {
  const answers: Observed[] = [];
  const end = new AbortController();
  const loop = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const askedAtMs = performance.now();
      const { status, body } = await requestToken(server, secretOf(client));
      answers.push({ askedAtMs, status, scope: body.scope });
      await sleep(5);
    }
  };
  const loops = [loop(), loop()];
  return {
    async stop() {
      end.abort();
      await Promise.all(loops);
      return answers;
    },
  };
}
