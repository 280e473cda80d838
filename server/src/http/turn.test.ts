import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTurn } from "./turn.ts";

test("lets all that wait in one turn go on together, step by step", async () => {
  const steps: string[] = [];
  const walk = async (name: string): Promise<void> => {
    await nextTurn();
    steps.push(`${name} first`);
    await Promise.resolve();
    steps.push(`${name} second`);
  };
  await Promise.all([walk("a"), walk("b")]);
  assert.deepEqual(steps, ["a first", "b first", "a second", "b second"]);
});

test("begins a new turn for who comes later", async () => {
  const first = nextTurn();
  assert.equal(nextTurn(), first);
  await first;
  assert.notEqual(nextTurn(), first);
});
