import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import * as fc from "fast-check";
import { pino } from "pino";
import { minuteMs } from "../audit/usage.ts";
import { scheduleOf } from "../keys/rotation.ts";
import { createDataKey, openSealer } from "../keys/sealing.ts";
import { createSigningKeys } from "../keys/signing.ts";
import { sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { followChanges } from "../store/feed.ts";
import type { UsageCount } from "../store/records.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { system } from "../system.ts";
import type { Job } from "./job.ts";
import { rotateKeys, startJobs, type JobsContext } from "./jobs.ts";

const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const runEveryMs = 10_000;
const masterKey = { id: "master", key: system.randomBytes(32) };

interface Process {
  context: JobsContext;
  jobs: Job;
  store: Store;
  /** How often it did the jobs to their end. */
  runs: number;
  /** How often it wanted to, and how often it was done with that, whatever came of it. */
  looks: number;
  ends: number;
  look: { isTaking: boolean };
}

let file: ReturnType<typeof temporaryFile>;
let tenantId: string;
let nowMs: number;
let elapsedMs: number;
let processes: Process[];
let logLines: string[];

beforeEach(async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  file = temporaryFile();
  nowMs = 1_700_000_000_000;
  elapsedMs = 0;
  logLines = [];
  processes = [];
  const store = await openSqlite(file.path);
  tenantId = await insertTenant(store, "ES256");
  await start(store);
});

afterEach(async () => {
  for (const { jobs, store } of processes) {
    await jobs.stop();
    await store.close();
  }
  mock.timers.reset();
  file.remove();
});

async function insertTenant(store: Store, signingAlgorithm: string): Promise<string> {
  const { tenant, api } = sampleTenant();
  const dataKey = createDataKey(system, masterKey, tenant.id);
  await store.insertTenant({ tenant, api: { ...api, signingAlgorithm }, dataKey });
  return tenant.id;
}

async function start(store: Store): Promise<Process> {
  const clock = { ...system, now: () => nowMs, elapsedMs: () => elapsedMs };
  const sealer = await openSealer(system, [masterKey], store);
  const feed = await followChanges(store, clock);
  const schedule = scheduleOf(90, 86_400);
  const keys = createSigningKeys({ system: clock, store, feed, sealer, schedule });
  const watched: Store = {
    ...store,
    async findLease(name) {
      process.looks += 1;
      const look = { isTaking: false };
      process.look = look;
      const lease = await store.findLease(name);
      // Who does not want it is done, and has not begun to take it by then.
      setImmediate(() => look.isTaking || (process.ends += 1));
      return lease;
    },
    async takeLease(input) {
      process.look.isTaking = true;
      const taken = await store.takeLease(input);
      if (taken === "conflict") process.ends += 1;
      return taken;
    },
    async sweep(input) {
      const swept = await store.sweep(input);
      process.runs += 1;
      process.ends += 1;
      return swept;
    },
  };
  const write = (line: string): void => {
    logLines.push(line);
    process.ends += 1;
  };
  const log = pino({}, { write });
  const context = { system: clock, store: watched, keys, feed, log };
  const jobs = startJobs(context);
  const counts = { runs: 0, looks: 0, ends: 0, look: { isTaking: false } };
  const process: Process = { context, jobs, store, ...counts };
  processes.push(process);
  return process;
}

/** Time passes, every process wants to do the jobs, and what began is done. */
async function pass(ms = runEveryMs): Promise<void> {
  nowMs += ms;
  elapsedMs += ms;
  // As often as processes poll, none is behind by the time that has passed here at once.
  await Promise.allSettled(processes.map(({ context }) => context.feed.catchUp()));
  const before = processes.map(({ ends }) => ends);
  mock.timers.tick(runEveryMs);
  const isDone = ({ looks, ends }: Process, index: number): boolean =>
    ends > before[index]! && ends === looks;
  while (!processes.every(isDone)) await new Promise((resolve) => setImmediate(resolve));
}

describe("the background jobs", () => {
  test("are done by one of three processes, and go over to another when it dies", async () => {
    for (let count = 0; count < 2; count += 1) await start(await openSqlite(file.path));
    for (let round = 0; round < 3; round += 1) await pass();
    const [holder, ...idle] = processes.toSorted((one, other) => other.runs - one.runs);
    assert.deepEqual([holder?.runs, ...idle.map(({ runs }) => runs)], [3, 0, 0]);
    await holder!.store.close();
    for (let round = 0; round < 3; round += 1) await pass();
    assert.deepEqual(
      idle.map(({ runs }) => runs),
      [0, 0],
    );
    await pass(31_000);
    assert.deepEqual(
      idle.map(({ runs }) => runs).toSorted((one, other) => one - other),
      [0, 1],
    );
    processes = idle;
  });

  test("go over at once when their process stops", async () => {
    await pass();
    await start(await openSqlite(file.path));
    await pass();
    await processes[0]!.jobs.stop();
    const [stopped] = processes.splice(0, 1);
    await pass();
    assert.deepEqual([stopped?.runs, processes[0]?.runs], [2, 1]);
    await stopped?.store.close();
  });

  test("are tried again after a failure, which is logged", async () => {
    const { sweep } = processes[0]!.context.store;
    processes[0]!.context.store.sweep = () => Promise.reject(new Error("down"));
    await pass();
    assert.match(logLines.join("\n"), /background jobs did not run/);
    processes[0]!.context.store.sweep = sweep;
    await pass();
    assert.equal(processes[0]!.runs, 1);
  });

  test("make the keys of every tenant, for the algorithms that its APIs use", async () => {
    const { store } = processes[0]!;
    const eddsa = await insertTenant(store, "EdDSA");
    await processes[0]!.jobs.stop();
    const process = await start(store);
    processes = [process];
    await pass();
    const made = async (id: string) =>
      (await store.listSigningKeys(id)).map(({ algorithm, stage }) => `${algorithm} ${stage}`);
    assert.deepEqual((await made(tenantId)).toSorted(), ["ES256 current", "ES256 next"]);
    assert.deepEqual((await made(eddsa)).toSorted(), ["EdDSA current", "EdDSA next"]);
    await pass(91 * dayMs);
    for (const id of [tenantId, eddsa]) assert.equal((await made(id)).length, 3);
  });

  test("move no key while changes cannot be followed", async () => {
    const { context, store } = processes[0]!;
    await context.feed.catchUp();
    elapsedMs += 5_001;
    assert.equal(await rotateKeys(context, "now"), false);
    assert.deepEqual(await store.listSigningKeys(tenantId), []);
    await context.feed.catchUp();
    assert.equal(await rotateKeys(context, "now"), true);
    assert.equal((await store.listSigningKeys(tenantId)).length, 2);
  });

  test("turn a process that fell silent into a gap, after a minute", async () => {
    const { store } = processes[0]!;
    const nothing = { counts: [], uses: [], findings: [], permissionUses: [], gaps: [] };
    const fellSilentAtMs = nowMs;
    await store.insertUsage({ processId: "gone", atMs: nowMs, ...nothing });
    await pass(minuteMs);
    assert.deepEqual(await store.listGaps(0), []);
    await pass(1);
    assert.deepEqual(await store.listGaps(0), [{ fromMs: fellSilentAtMs, untilMs: nowMs }]);
  });

  test("roll minutes up to hours and days, and lose no count in two years", async () => {
    const { store } = processes[0]!;
    const ages = fc.oneof(fc.nat(4 * dayMs), fc.nat(100 * dayMs), fc.nat(720 * dayMs));
    const rows = fc.array(
      fc.record({
        ageMs: ages,
        clientId: fc.constantFrom("a", "b"),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 1, maxLength: 30 },
    );
    let total = 0;
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(3 * hourMs), async (rows, laterMs) => {
        const counts = rows.map(({ ageMs, clientId, count }): UsageCount => ({
          tenantId,
          clientId,
          credentialId: "crd_1",
          outcome: "issued",
          spanMs: minuteMs,
          startMs: nowMs - ageMs - ((nowMs - ageMs) % minuteMs),
          count,
        }));
        const nothing = { uses: [], findings: [], permissionUses: [], gaps: [] };
        await store.insertUsage({ processId: "p", atMs: nowMs, counts, ...nothing });
        total += counts.reduce((sum, { count }) => sum + count, 0);
        await pass(laterMs);
        let found = 0;
        for (const [spanMs, keptMs] of [
          [minuteMs, 48 * hourMs],
          [hourMs, 90 * dayMs],
          [dayMs, 730 * dayMs],
        ] as const) {
          for (const { startMs, count } of await store.listUsage(tenantId, spanMs, 0)) {
            found += count;
            assert.equal(startMs % spanMs, 0);
            // Kept for as long as promised, and for at most the rest of the next larger span.
            assert.ok(nowMs - startMs <= keptMs + dayMs + hourMs, `${spanMs} ${nowMs - startMs}`);
          }
        }
        assert.equal(found, total);
        const minutes = await store.listUsage(tenantId, minuteMs, nowMs - 48 * hourMs);
        for (const row of counts) {
          if (nowMs - row.startMs > 48 * hourMs) continue;
          assert.ok(
            minutes.some(
              ({ startMs, clientId }) => startMs === row.startMs && clientId === row.clientId,
            ),
          );
        }
      }),
      { numRuns: 12 },
    );
    await pass(732 * dayMs);
    for (const spanMs of [minuteMs, hourMs, dayMs]) {
      assert.deepEqual(await store.listUsage(tenantId, spanMs, 0), []);
    }
  });

  test("sweep away what nothing can ask for any more, and nothing else", async () => {
    const { store } = processes[0]!;
    const code = (digest: string, expiresAtMs: number) =>
      store.insertSingleUse({ tenantId, kind: "setup_code", digest, payload: "", expiresAtMs });
    await code("expired", nowMs + runEveryMs);
    await code("valid", nowMs + runEveryMs + 1);
    const gaps = [400, 401].map((days) => ({
      fromMs: nowMs - (days + 1) * dayMs,
      untilMs: nowMs + runEveryMs - days * dayMs,
    }));
    await store.insertUsage({
      processId: "p",
      atMs: nowMs,
      counts: [],
      uses: [],
      findings: [],
      permissionUses: [],
      gaps,
    });
    await pass();
    assert.deepEqual(count("select digest from single_uses"), [{ digest: "valid" }]);
    assert.deepEqual(await store.listGaps(0), [gaps[0]]);
    const changes = () => count("select position from changes").length;
    assert.ok(changes() > 0);
    await pass(hourMs);
    const before = await store.head();
    await pass();
    assert.equal(changes(), 0);
    // Positions are never handed out again.
    assert.ok((await store.head()) >= before);
  });
});

/** Rows as they are in the file. */
function count(sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file.path, { readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows.map((row) => ({ ...row }));
}
