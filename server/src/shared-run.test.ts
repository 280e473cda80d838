import assert from "node:assert/strict";
import { test } from "node:test";
import { shareRuns } from "./shared-run.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("serves all who ask in one turn by one read that begins after them", async () => {
  let reads = 0;
  const ask = shareRuns(async () => void (reads += 1));
  const first = ask();
  await Promise.resolve();
  const second = ask();
  assert.equal(reads, 0);
  await Promise.all([first, second]);
  assert.equal(reads, 1);
  await ask();
  assert.equal(reads, 2);
});

test("never answers by a read that had begun before it was asked", async () => {
  const ends: (() => void)[] = [];
  const ask = shareRuns(() => new Promise((resolve) => ends.push(resolve)));
  const first = ask();
  await turn();
  assert.equal(ends.length, 1);
  let isAnswered = false;
  const later = Promise.all([ask(), ask()]).then(() => (isAnswered = true));
  ends[0]!();
  await first;
  await turn();
  await turn();
  assert.deepEqual([isAnswered, ends.length], [false, 2]);
  ends[1]!();
  await later;
});

test("fails all who waited for a read that failed, and nobody after", async () => {
  let isDown = true;
  const ask = shareRuns(async () => {
    if (isDown) throw new Error("down");
  });
  await Promise.all([assert.rejects(ask()), assert.rejects(ask())]);
  isDown = false;
  await ask();
});
