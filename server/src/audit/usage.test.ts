import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, mock, test } from "node:test";
import * as fc from "fast-check";
import { createLog } from "../log.ts";
import { sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import { StoreUnavailable, type Store, type UsageBatch } from "../store/store.ts";
import { system } from "../system.ts";
import type { Use } from "./last-uses.ts";
import { createUsage, minuteMs, type Usage } from "./usage.ts";

/** The beginning of a minute. */
const start = 1_700_000_040_000;
const silent = createLog("silent");

let file: ReturnType<typeof temporaryFile>;
let store: Store;
let tenantId: string;
let nowMs: number;
/** What was asked to be written, whether or not it was. */
let batches: UsageBatch[];
let isDown: boolean;
/** Something that happens while a write is under way. */
let meanwhile: () => void;
let usage: Usage;

before(async () => {
  file = temporaryFile();
  store = await openSqlite(file.path);
});

after(async () => {
  await store.close();
  file.remove();
});

beforeEach(async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  nowMs = start;
  batches = [];
  isDown = false;
  meanwhile = () => undefined;
  const sample = sampleTenant();
  tenantId = sample.tenant.id;
  await store.insertTenant(sample);
  usage = open();
});

// Gaps are of all tenants: each test begins without one.
afterEach(async () => {
  mock.timers.reset();
  await usage.stop();
  const all = { silentSinceMs: 1e15, atMs: 0 };
  await store.closeSilentProcesses(all);
  await store.sweep({
    atMs: 0,
    changesBeforeMs: 0,
    tombstonesBeforeMs: 0,
    gapsBeforeMs: 1e15,
    permissionUsesBeforeMs: 0,
  });
});

/** The real store, which can be out of reach. */
function open(rowsWaitingMax?: number): Usage {
  const reached = {
    ...store,
    async insertUsage(batch: UsageBatch) {
      batches.push(batch);
      meanwhile();
      if (isDown) throw new StoreUnavailable("down");
      return store.insertUsage(batch);
    },
    endUsage: (input: { processId: string }) =>
      isDown ? Promise.reject(new StoreUnavailable("down")) : store.endUsage(input),
  };
  return createUsage({ ...system, now: () => nowMs }, reached, silent, rowsWaitingMax);
}

const use = (own: Partial<Use> = {}): Use => ({
  tenantId,
  clientId: "client_1",
  sourceAddress: "192.0.2.1",
  userAgent: "curl",
  ...own,
  credentialId: idOf(own.credentialId ?? "crd_1"),
});

/** Credentials of two tests are two credentials. */
const idOf = (name: string): string => `${tenantId}:${name}`;

async function counted(): Promise<Record<string, number>> {
  const rows = await store.listUsage(tenantId, minuteMs, 0);
  return Object.fromEntries(
    rows.map((row) => [
      [(row.startMs - start) / minuteMs, row.clientId, row.credentialId, row.outcome]
        .join(" ")
        .replace(idOf(""), ""),
      row.count,
    ]),
  );
}

const lastUse = async (credentialId = "crd_1") =>
  (await store.listCredentialUses(tenantId, [idOf(credentialId)]))[0];

const totalOf = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Lets the timer fire, and waits until what it began is done. */
async function secondPasses(): Promise<void> {
  nowMs += 1_000;
  const before = batches.length;
  mock.timers.tick(1_000);
  while (batches.length === before) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 0));
}

describe("counting tokens", () => {
  test("counts by client, credential, outcome and minute", async () => {
    usage.issued(use());
    usage.issued(use());
    usage.issued(use({ credentialId: "crd_2" }));
    usage.issued(use({ clientId: "client_2", credentialId: "crd_3" }));
    const nobody = { tenantId, clientId: undefined, credentialId: undefined };
    usage.refused({ ...nobody, clientId: "client_1" }, "wrong_secret");
    usage.refused(nobody, "unknown_client");
    nowMs += minuteMs - 1;
    usage.issued(use());
    nowMs += 1;
    usage.issued(use());
    await usage.flush();
    assert.deepEqual(await counted(), {
      "0 client_1 crd_1 issued": 3,
      "0 client_1 crd_2 issued": 1,
      "0 client_2 crd_3 issued": 1,
      "0 client_1  wrong_secret": 1,
      "0   unknown_client": 1,
      "1 client_1 crd_1 issued": 1,
    });
    const { issued, refused } = usage.totals();
    assert.equal(issued, 6);
    assert.deepEqual(
      [...refused],
      [
        ["wrong_secret", 1],
        ["unknown_client", 1],
      ],
    );
  });

  test("writes once a second, however much there is", async () => {
    for (let index = 0; index < 5_000; index += 1) {
      usage.issued(use({ clientId: `client_${index % 50}`, credentialId: `crd_${index % 100}` }));
    }
    assert.equal(batches.length, 0);
    await secondPasses();
    await usage.flush();
    assert.equal(batches.length, 2);
    assert.equal(batches[0]?.counts.length, 100);
    assert.deepEqual(batches[1]?.counts, []);
    assert.equal(totalOf(await counted()), 5_000);
  });

  test("counts one thing of two processes together", async () => {
    const other = open();
    for (const one of [usage, other, usage]) {
      one.issued(use());
      await one.flush();
    }
    assert.deepEqual(await counted(), { "0 client_1 crd_1 issued": 3 });
  });

  test("writes each number once, however often the store is down", async () => {
    const steps = fc.array(
      fc.record({ issued: fc.nat(3), isDown: fc.boolean(), passedMs: fc.nat(90_000) }),
      { maxLength: 12 },
    );
    let [counts, findings] = [0, 0];
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        let issued = 0;
        for (const step of steps) {
          for (let count = 0; count < step.issued; count += 1) usage.issued(use());
          const subject = { tenantId, clientId: "client_1", credentialId: undefined };
          usage.refused(subject, "wrong_secret");
          usage.seenFromBrowser(use(), "https://app.example.com");
          issued += step.issued;
          isDown = step.isDown;
          meanwhile = () => usage.issued(use());
          await usage.flush();
          meanwhile = () => undefined;
          issued += 1;
          nowMs += step.passedMs;
        }
        isDown = false;
        await usage.flush();
        counts += issued + steps.length;
        findings += steps.length;
        assert.equal(totalOf(await counted()), counts);
        const [finding] = await store.listFindings(tenantId, ["client_1"]);
        assert.equal(finding?.count ?? 0, findings);
      }),
      { numRuns: 15 },
    );
  });

  test("records a gap for what it has no room for, until it is written", async () => {
    usage = open(10);
    isDown = true;
    for (let minute = 0; minute < 10; minute += 1) {
      usage.issued(use());
      nowMs += minuteMs;
    }
    await usage.flush();
    assert.deepEqual(batches[0]?.gaps, []);
    const fullAtMs = nowMs;
    for (let count = 0; count < 3; count += 1) {
      usage.issued(use());
      nowMs += 5_000;
      await usage.flush();
    }
    isDown = false;
    await usage.flush();
    assert.deepEqual(await store.listGaps(0), [{ fromMs: fullAtMs, untilMs: nowMs }]);
    assert.equal(totalOf(await counted()), 10);
    // It is over: there is room again.
    nowMs += 1_000;
    usage.issued(use());
    await usage.flush();
    assert.equal((await store.listGaps(0)).length, 1);
    assert.equal(totalOf(await counted()), 11);
  });

  test("records a gap when there is no room to note who was used", async () => {
    usage = open(10);
    for (let index = 0; index < 11; index += 1) {
      usage.issued(use({ credentialId: `crd_${index}` }));
      await usage.flush();
    }
    assert.equal((await store.listGaps(0)).length, 1);
  });

  test("records a gap when the room was taken while a write failed", async () => {
    usage = open(10);
    isDown = true;
    usage.issued(use());
    meanwhile = () => {
      for (let minute = 1; minute <= 10; minute += 1) {
        nowMs += minuteMs;
        usage.issued(use());
      }
    };
    await usage.flush();
    meanwhile = () => undefined;
    isDown = false;
    await usage.flush();
    assert.deepEqual(await store.listGaps(0), [{ fromMs: start, untilMs: nowMs }]);
  });

  test("records a gap that began while something was written", async () => {
    usage = open(10);
    meanwhile = () => {
      for (let index = 0; index < 11; index += 1) {
        usage.issued(use({ credentialId: `crd_${index}` }));
      }
    };
    await usage.flush();
    meanwhile = () => undefined;
    assert.deepEqual(await store.listGaps(0), []);
    nowMs += 1_000;
    await usage.flush();
    assert.deepEqual(await store.listGaps(0), [{ fromMs: start, untilMs: nowMs }]);
  });
});

describe("the last use of a credential", () => {
  test("is written with where it came from, and when it was first seen", async () => {
    usage.issued(use({ userAgent: undefined }));
    nowMs += 500;
    usage.issued(use({ sourceAddress: "192.0.2.2", userAgent: "x ".repeat(5_000) }));
    await usage.flush();
    assert.deepEqual(await lastUse(), {
      tenantId,
      credentialId: idOf("crd_1"),
      firstUsedAtMs: start,
      lastUsedAtMs: start + 500,
      address: "192.0.2.2",
      userAgent: "x ".repeat(100),
    });
  });

  test("is written at most once a minute, and is never more than that behind", async () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(100_000)), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(gaps, async (pauses) => {
        const credentialId = system.randomUuid();
        const first = batches.length;
        const usedAtMs: number[] = [];
        for (const pauseMs of pauses) {
          usage.issued(use({ credentialId }));
          usedAtMs.push(nowMs);
          await usage.flush();
          nowMs += pauseMs;
          // As the timer does.
          await usage.flush();
          const aMinuteAgo = usedAtMs.findLast((atMs) => atMs <= nowMs - minuteMs) ?? 0;
          assert.ok((await lastUse(credentialId))!.lastUsedAtMs >= aMinuteAgo);
        }
        const writes = batches
          .slice(first)
          .filter(({ uses }) => uses.some((one) => one.credentialId === idOf(credentialId)))
          .map(({ atMs }) => atMs);
        for (const [index, atMs] of writes.entries()) {
          assert.ok(index === 0 || atMs - writes[index - 1]! >= minuteMs);
        }
        nowMs += minuteMs;
        await usage.flush();
        if (pauses.length > 0)
          assert.equal((await lastUse(credentialId))?.lastUsedAtMs, usedAtMs.at(-1));
      }),
      { numRuns: 15 },
    );
  });

  test("is not lost when the process stops", async () => {
    for (const pauseMs of [0, 10_000, 20_000]) {
      nowMs += pauseMs;
      usage.issued(use());
      await usage.flush();
    }
    assert.equal((await lastUse())?.lastUsedAtMs, start);
    await usage.stop();
    assert.equal((await lastUse())?.lastUsedAtMs, start + 30_000);
  });

  test("is not lost when it came in the same moment as a write", async () => {
    usage.issued(use());
    nowMs += 5;
    meanwhile = () => usage.issued(use());
    await usage.flush();
    meanwhile = () => undefined;
    await usage.stop();
    assert.equal((await lastUse())?.lastUsedAtMs, start + 5);
  });

  test("is kept while the store is down", async () => {
    isDown = true;
    usage.issued(use());
    await usage.flush();
    nowMs += 1_000;
    await usage.flush();
    isDown = false;
    await usage.flush();
    assert.equal((await lastUse())?.lastUsedAtMs, start);
  });
});

describe("stopping", () => {
  /** Whether the processes that are gone by now left a gap. */
  async function hasGap(): Promise<boolean> {
    nowMs += 10 * minuteMs;
    await store.closeSilentProcesses({ silentSinceMs: nowMs - minuteMs, atMs: nowMs });
    return (await store.listGaps(0)).length > 0;
  }

  test("writes what is left and leaves no gap", async () => {
    usage.issued(use());
    await usage.flush();
    usage.issued(use());
    await usage.stop();
    assert.deepEqual(await counted(), { "0 client_1 crd_1 issued": 2 });
    assert.equal(await hasGap(), false);
    const before = batches.length;
    mock.timers.tick(60_000);
    assert.equal(batches.length, before);
  });

  test("leaves a gap when a process ends without it", async () => {
    usage.issued(use());
    await usage.flush();
    assert.equal(await hasGap(), true);
  });

  test("leaves a gap when the last counts cannot be written", async () => {
    usage.issued(use());
    await usage.flush();
    usage.issued(use());
    isDown = true;
    await usage.stop().catch(() => undefined);
    isDown = false;
    assert.equal(await hasGap(), true);
  });

  test("leaves a gap when only the last use cannot be written", async () => {
    usage.issued(use());
    await usage.flush();
    nowMs += 1_000;
    usage.issued(use());
    await usage.flush();
    isDown = true;
    // The store is back for the goodbye, but not for what should have come before it.
    meanwhile = () => {
      queueMicrotask(() => (isDown = false));
    };
    await usage.stop();
    assert.equal((await lastUse())?.lastUsedAtMs, start);
    assert.equal(await hasGap(), true);
  });
});

test("findings of one kind become one row: how often, since when, and where last", async () => {
  for (const origin of ["https://a.example", "https://b.example", `https://${"c".repeat(500)}`]) {
    usage.seenFromBrowser(use(), origin);
    nowMs += 1_000;
  }
  usage.seenFromBrowser(use({ clientId: "client_2" }), "https://a.example");
  await usage.flush();
  assert.equal(batches[0]?.findings.length, 2);
  assert.equal(batches[0]?.findings[0]?.origin.length, 200);
  usage.seenFromBrowser(use(), "https://older.example");
  nowMs += 1_000;
  // While the store is down another one comes: what failed is older than that.
  isDown = true;
  meanwhile = () => usage.seenFromBrowser(use(), "https://d.example");
  await usage.flush();
  isDown = false;
  meanwhile = () => undefined;
  await usage.flush();
  const [finding] = await store.listFindings(tenantId, ["client_1"]);
  assert.deepEqual(finding, {
    tenantId,
    clientId: "client_1",
    kind: "secret_from_browser",
    origin: "https://d.example",
    count: 5,
    firstSeenAtMs: start,
    lastSeenAtMs: start + 4_000,
  });
});
