import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import * as fc from "fast-check";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { system } from "../system.ts";
import { createLease, type Lease } from "./lease.ts";

const leaseMs = 30_000;

describe("a lease", () => {
  let file: ReturnType<typeof temporaryFile>;
  /** Three processes, each with a connection and clocks of its own. */
  let stores: Store[];
  /** What really passed, which no process knows. */
  let passedMs: number;
  let processes: Lease[];
  let names = 0;

  before(async () => {
    file = temporaryFile();
    stores = await Promise.all([1, 2, 3].map(() => openSqlite(file.path)));
  });

  after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    file.remove();
  });

  beforeEach(() => openProcesses());

  /** Started at other times, on machines whose clocks differ by years. */
  function openProcesses(): void {
    passedMs = 0;
    names += 1;
    const name = `job ${names}`;
    processes = stores.map((store, index) => {
      const clocks = {
        ...system,
        now: () => passedMs + index * 100_000_000_000,
        elapsedMs: () => passedMs + [5, 1_000_000, 40_000][index]!,
      };
      return createLease(clocks, store, name, `process ${index}`);
    });
  }

  const holders = async (): Promise<number[]> => {
    const outcomes = await Promise.all(processes.map((lease) => lease.hold()));
    return outcomes.flatMap((isHeld, index) => (isHeld ? [index] : []));
  };

  test("is held by one of three, and by the same one as long as it beats", async () => {
    const [holder, ...others] = await holders();
    assert.equal(others.length, 0);
    for (let round = 0; round < 20; round += 1) {
      passedMs += 29_000;
      assert.deepEqual(await holders(), [holder]);
    }
  });

  test("is taken by one of the others after its holder died, and not before", async () => {
    assert.equal(await processes[0]!.hold(), true);
    const [, second, third] = processes as [Lease, Lease, Lease];
    for (const sinceMs of [0, 10_000, leaseMs]) {
      passedMs = sinceMs;
      assert.deepEqual(await Promise.all([second.hold(), third.hold()]), [false, false]);
    }
    passedMs = leaseMs + 1;
    const outcomes = await Promise.all([second.hold(), third.hold()]);
    assert.equal(outcomes.filter((isHeld) => isHeld).length, 1);
    // Who was only asleep has lost it, and knows.
    assert.equal(await processes[0]!.hold(), false);
  });

  test("is not taken by who looks for the first time, however late", async () => {
    assert.equal(await processes[0]!.hold(), true);
    passedMs = 10 * leaseMs;
    assert.equal(await processes[1]!.hold(), false);
    assert.equal(await processes[0]!.hold(), true);
    passedMs += leaseMs + 1;
    // It saw another beat before: that one stood still for no time at all.
    assert.equal(await processes[1]!.hold(), false);
    passedMs += leaseMs + 1;
    assert.equal(await processes[1]!.hold(), true);
  });

  test("is free at once when it is released, and only by its holder", async () => {
    assert.equal(await processes[0]!.hold(), true);
    await processes[1]!.release();
    assert.equal(await processes[1]!.hold(), false);
    await processes[0]!.release();
    assert.equal(await processes[1]!.hold(), true);
    assert.equal(await processes[0]!.hold(), false);
  });

  test("never has two holders, whoever sleeps, dies, releases or comes back", async () => {
    const steps = fc.array(
      fc.record({
        passMs: fc.oneof(fc.nat(15_000), fc.nat(70_000)),
        who: fc.nat(2),
        act: fc.constantFrom("hold", "hold", "hold", "hold", "release"),
      }),
      { maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        openProcesses();
        const heldAtMs: (number | undefined)[] = [];
        for (const { passMs, who, act } of steps) {
          passedMs += passMs;
          if (act === "release") {
            await processes[who]!.release();
            heldAtMs[who] = undefined;
          } else if (await processes[who]!.hold()) {
            for (const [other, atMs] of heldAtMs.entries()) {
              const isOver = other === who || atMs === undefined || passedMs - atMs > leaseMs;
              assert.ok(isOver, `${other} held it until ${atMs! + leaseMs}`);
            }
            heldAtMs[who] = passedMs;
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
