import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { writes, type WriteName } from "../../src/store/compose.ts";
import { call, type Answer } from "../calls.ts";
import { freePort } from "../server.ts";
import type { FaultCase } from "./fault-case.ts";
import { faultCases, ownerSignIn, ownWrites, readCases, unasked } from "./fault-cases.ts";
import { faults, type FaultyServer, type Rows } from "./faults.ts";

/**
 * A store that fails is never success and never a verdict: 503, nothing half-done, and the same request
 * works when the store does again.
 */

/** Written by background jobs, whenever they come to it. */
const ownTables = new Set([
  "audit_heads",
  "credential_uses",
  "findings",
  "leases",
  "permission_uses",
  "provider_exchanges",
  "refusals",
  "usage_counts",
  "usage_gaps",
  "usage_processes",
]);

/** What requests have done; the place of an audit row in the chain comes later, by itself. */
function doneIn(rows: Rows): Rows {
  const done = [...rows].filter(([table]) => !ownTables.has(table));
  const ids = (text: string): string => (JSON.parse(text) as { id: string }).id;
  return new Map(
    done.map(([table, texts]) => [table, table === "audit_events" ? texts.map(ids) : texts]),
  );
}

/** Says which table differs, rather than what all of them hold. */
function assertSame(after: Rows, before: Rows, message: string): void {
  for (const [table, rows] of before) assert.deepEqual(after.get(table), rows, message + table);
}

function assertFailed(act: string, { status, headers, body }: Answer): void {
  assert.equal(status, 503, `${act}: ${JSON.stringify(body)}`);
  assert.ok(Number(headers.get("retry-after")) > 0, `${act}: Retry-After`);
  assert.equal(body["access_token"] ?? body["client_secret"] ?? body["secret_key"], undefined, act);
}

for (const { name, start, isBlind } of faults) {
  describe(`with ${name}`, () => {
    let faulty: FaultyServer;
    before(async () => {
      // A host name, as passkeys need one.
      const port = String(await freePort());
      const url = `http://localhost:${port}`;
      faulty = await start({
        COUNTERSIGN_PORT: port,
        COUNTERSIGN_PUBLIC_URL: url,
        COUNTERSIGN_BACKGROUND_RENEWAL: "off",
        COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: ownerSignIn.email,
        COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: ownerSignIn.password,
      });
      faulty.server.url = url;
    });
    after(() => faulty.stop());

    test("C17, I12: every write fails closed, leaves nothing half-done, and works afterwards", async () => {
      const { server } = faulty;
      const cases: (Pick<FaultCase, "act" | "prepare"> & Partial<FaultCase>)[] = [
        ...faultCases,
        ...(isBlind ? readCases : []),
      ];
      const asked = [];
      for (const [index, { act, table, prepare }] of cases.entries()) {
        asked.push({ act, table, request: await prepare(server, `fault-${index}`) });
      }

      await faulty.breakDown();
      const before = await faulty.rows();
      const refused = await Promise.all(asked.map(({ request }) => request()));
      for (const [index, answer] of refused.entries()) assertFailed(asked[index]!.act, answer);
      assertSame(await faulty.rows(), before, "was written: ");

      await faulty.mend();
      await servesAgain(server);
      // What was given up must not be done after all, now that it could be.
      await sleep(200);
      assertSame(doneIn(await faulty.rows()), doneIn(before), "was written later: ");
      for (const { act, table, request } of asked) {
        const isShown = table !== undefined && !ownTables.has(table);
        const rows = async () => (isShown ? doneIn(await faulty.rows(table)) : undefined);
        const earlier = await rows();
        const answer = await request();
        assert.ok(answer.status < 400, `${act}: ${answer.status} ${JSON.stringify(answer.body)}`);
        if (isShown) assert.notDeepEqual(await rows(), earlier, `${act}: ${table}`);
      }
    });
  });

  test(`C17: the setup code is not spent with ${name}`, async () => {
    const faulty = await start({ COUNTERSIGN_BOOTSTRAP_API_KEY: "" });
    try {
      const { server } = faulty;
      const code = await setupCodeOf(server.logLines);
      const body = { code, email: "owner@example.com" };
      const claim = () => call(server, "POST", "/setup", { body });
      await faulty.breakDown();
      const before = doneIn(await faulty.rows());
      assertFailed("setup", await claim());
      assertSame(doneIn(await faulty.rows()), before, "was written: ");
      await faulty.mend();
      assert.equal((await claim()).status, 201);
      assert.equal((await claim()).status, 403);
    } finally {
      await faulty.stop();
    }
  });
}

/** Without a restart, as soon as the server has noticed: whoever asks meanwhile may still get 503. */
async function servesAgain(server: FaultyServer["server"]): Promise<void> {
  let answer: Answer | undefined;
  for (let tries = 0; tries < 100; tries += 1) {
    answer = await call(server, "GET", "/v2/app_clients?limit=1");
    if (answer.status === 200) return;
    assertFailed("list app clients", answer);
    await sleep(50);
  }
  throw new Error(`still not served: ${JSON.stringify(answer?.body)}`);
}

/** It is printed once the server is ready. */
async function setupCodeOf(logLines: string[]): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const [, code] = / code=(\S+)/.exec(logLines.join("\n")) ?? [];
    if (code !== undefined) return code;
    await sleep(50);
  }
  throw new Error("no setup code was printed");
}

test("C17: every write of the store stands in the table, or runs by itself", () => {
  const inTable = new Set<string>([...faultCases.map(({ write }) => write), "insertOwner"]);
  for (const write of Object.keys(writes) as WriteName[]) {
    const isUnasked = unasked.includes(write);
    const places = [inTable.has(write), write in ownWrites, isUnasked];
    assert.equal(
      places.filter(Boolean).length,
      1,
      `${write}: add a request that needs it to fault-cases.ts`,
    );
  }
});

test("C17: a write that nothing asks for yet gets its row when something does", () => {
  const folder = new URL("../../src/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.startsWith("store"),
  );
  assert.ok(files.length > 100);
  const text = files.map((file) => readFileSync(new URL(file, folder), "utf8")).join("\n");
  for (const write of unasked) {
    assert.ok(!text.includes(`.${write}(`), `${write}: add a request that needs it`);
  }
});
