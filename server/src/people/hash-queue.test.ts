import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createHashQueue, TooManyAtOnce } from "./hash-queue.ts";

describe("the queue of slow hashes", () => {
  /** Jobs that end when told to. */
  function setup() {
    const queue = createHashQueue();
    const started: string[] = [];
    const ends: (() => void)[] = [];
    const refused: string[] = [];
    const ask = (asker: string) =>
      queue
        .run(asker, () => {
          started.push(asker);
          return new Promise<void>((resolve) => ends.push(resolve));
        })
        .catch((error: unknown) => {
          assert.ok(error instanceof TooManyAtOnce);
          refused.push(asker);
        });
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const endOne = async () => {
      ends.shift()!();
      await settle();
    };
    return { ask, started, refused, settle, endOne };
  }

  test("runs two at a time, and the next when one has ended", async () => {
    const { ask, started, settle, endOne } = setup();
    for (const asker of ["a", "b", "c", "d"]) void ask(asker);
    await settle();
    assert.deepEqual(started, ["a", "b"]);
    await endOne();
    assert.deepEqual(started, ["a", "b", "c"]);
    await endOne();
    await endOne();
    await endOne();
    assert.deepEqual(started, ["a", "b", "c", "d"]);
  });

  test("gives each asker a turn, however much another one asks (H9)", async () => {
    const { ask, started, settle, endOne } = setup();
    for (let count = 0; count < 12; count += 1) void ask("flood");
    void ask("owner");
    await settle();
    await endOne();
    await endOne();
    assert.deepEqual(started, ["flood", "flood", "flood", "owner"]);
  });

  test("holds no more than its bounds, and makes room for who has nothing in it (H9)", async () => {
    const { ask, started, refused, settle, endOne } = setup();
    for (let count = 0; count < 30; count += 1) void ask("one");
    await settle();
    assert.equal(refused.length, 30 - 2 - 16);
    for (let count = 0; count < 16; count += 1) {
      for (const other of ["two", "three", "four"]) void ask(other);
    }
    await settle();
    const before = refused.length;
    void ask("owner");
    await settle();
    assert.equal(refused.length, before + 1);
    assert.ok(!refused.includes("owner"));
    for (let count = 0; count < 7; count += 1) await endOne();
    assert.ok(started.includes("owner"));
  });

  test("goes on after a job that failed", async () => {
    const queue = createHashQueue();
    const failing = () => Promise.reject(new Error("no"));
    for (let count = 0; count < 5; count += 1) await assert.rejects(queue.run("a", failing));
    assert.equal(await queue.run("a", () => Promise.resolve(1)), 1);
  });
});
