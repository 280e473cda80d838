import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { call, createAppClient, requestToken, secretOf } from "../calls.ts";
import { freePort, spawnServer, testApiKey } from "../server.ts";
import { stores } from "../stores.ts";

/** A process that ends while it is asked, in order or not, and one that takes its place. */

const clientsCount = 30;

for (const { name, settings } of stores) {
  describe(`a restart under load on ${name}`, () => {
    test("refuses nobody for their credentials, and makes nothing twice (I12)", async () => {
      const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
      const environment = {
        ...(await settings()),
        COUNTERSIGN_DATA_DIR: dataDir,
        COUNTERSIGN_PORT: String(await freePort()),
      };
      let server = await spawnServer(environment);
      const { url } = server;
      const known = await createAppClient(server);
      const statuses = new Set<number>();
      const work = new AbortController();

      async function askForTokens(): Promise<void> {
        while (!work.signal.aborted) {
          const answer = await requestToken({ url }, secretOf(known)).catch(() => undefined);
          if (answer !== undefined) statuses.add(answer.status);
          await sleep(answer?.status === 200 ? 1 : 20);
        }
      }
      /** As a careful client does it: the same request until there is an answer. */
      async function createOnce(index: number): Promise<string> {
        const body = { name: `made once ${index}`, type: "client_credentials" };
        const headers = { "x-api-key": testApiKey, "idempotency-key": `once-${index}` };
        for (;;) {
          const send = call({ url, apiKey: testApiKey }, "POST", "/v2/app_clients", {
            body,
            headers,
          });
          const answer = await send.catch(() => undefined);
          if (answer?.status === 201) return String(answer.body["id"]);
          assert.ok(answer === undefined || answer.status === 503, JSON.stringify(answer?.body));
          await sleep(50);
        }
      }
      const asking = [askForTokens(), askForTokens()];
      const creating = Promise.all(
        Array.from({ length: clientsCount }, async (_, index) => {
          await sleep(index * 100);
          return createOnce(index);
        }),
      );
      for (const end of ["kill", "stop", "kill"] as const) {
        await sleep(300);
        await server[end]();
        server = await spawnServer(environment);
      }
      const ids = await creating;
      work.abort();
      await Promise.all(asking);
      try {
        const path = "/v2/app_clients?limit=100&filter=made%20once";
        const { body } = await call<{ app_clients: { id: string }[] }>(server, "GET", path);
        assert.deepEqual(body.app_clients.map(({ id }) => id).toSorted(), ids.toSorted());
        assert.equal(new Set(ids).size, clientsCount);
        assert.ok(statuses.has(200));
        for (const status of statuses) assert.ok([200, 503].includes(status), String(status));
      } finally {
        await server.stop();
        rmSync(dataDir, { recursive: true, force: true });
      }
    });
  });
}
