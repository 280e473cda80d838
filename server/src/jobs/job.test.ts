import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { pino } from "pino";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { system } from "../system.ts";
import { startJob, type Job } from "./job.ts";

const everyMs = 1_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a job", () => {
  let file: ReturnType<typeof temporaryFile>;
  let store: Store;
  let begun: number;
  /** One for each run that got the lease: called, it ends that run. */
  let runs: ((outcome: "done" | "failed") => void)[];
  let logLines: string[];
  let cuts: number;

  beforeEach(async () => {
    mock.timers.enable({ apis: ["setInterval"] });
    file = temporaryFile();
    store = await openSqlite(file.path);
    [begun, runs, logLines, cuts] = [0, [], [], 0];
  });

  afterEach(async () => {
    mock.timers.reset();
    await store.close();
    file.remove();
  });

  const start = (): Job =>
    startJob(
      { system, store, log: pino({}, { write: (line: string) => void logLines.push(line) }) },
      {
        name: "test",
        everyMs,
        failure: "it did not work",
        async run(lease) {
          begun += 1;
          assert.equal(await lease.hold(), true);
          await new Promise<void>((resolve, reject) => {
            runs.push((outcome) => (outcome === "done" ? resolve() : reject(new Error("why"))));
          });
        },
        cutShort: () => void (cuts += 1),
      },
    );

  async function end(run: number, outcome: "done" | "failed"): Promise<void> {
    runs[run]!(outcome);
    await turn();
  }

  async function tick(): Promise<void> {
    const before = runs.length;
    mock.timers.tick(everyMs);
    while (runs.length === before) await turn();
  }

  test("runs again when its run is over, and not beside it", async () => {
    const job = start();
    await tick();
    mock.timers.tick(5 * everyMs);
    assert.equal(begun, 1);
    await end(0, "done");
    await tick();
    assert.equal(begun, 2);
    await end(1, "done");
    await job.stop();
  });

  test("says why a run failed, and runs again", async () => {
    const job = start();
    await tick();
    await end(0, "failed");
    assert.match(logLines.join(""), /why.*it did not work/);
    await tick();
    await end(1, "done");
    await job.stop();
  });

  test("stops when the present run is over, which it is told, and frees its lease", async () => {
    const job = start();
    await tick();
    let isStopped = false;
    const stopping = job.stop().finally(() => {
      isStopped = true;
    });
    await turn();
    assert.equal(cuts, 1);
    // A write of somebody else: had the lease been given back before, it would be by now.
    await store.takeLease({ name: "another", holder: "somebody", seenBeat: 0 });
    await turn();
    assert.equal(isStopped, false);
    await end(0, "done");
    await stopping;
    mock.timers.tick(5 * everyMs);
    assert.equal(begun, 1);
    // Another process need not wait until the lease has run out.
    const other = start();
    await tick();
    await end(1, "done");
    await other.stop();
  });
});
