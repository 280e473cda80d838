import assert from "node:assert/strict";
import { test } from "node:test";
import { pairedRatios, summarize } from "./statistics.ts";

test("takes the middle value, whatever the order", () => {
  assert.deepEqual(summarize([30, 10, 20]), { median: 20, least: 10, most: 30 });
});

test("takes the mean of the two middle values when there is no single one", () => {
  assert.deepEqual(summarize([4, 1, 3, 2]), { median: 2.5, least: 1, most: 4 });
});

test("leaves the measured values in their order", () => {
  const values = [3, 1, 2];
  summarize(values);
  assert.deepEqual(values, [3, 1, 2]);
});

test("refuses to summarize nothing", () => {
  assert.throws(() => summarize([]), RangeError);
});

test("compares round with round, so that a slow moment of the machine falls out", () => {
  const ratios = pairedRatios([80, 40, 160], [100, 50, 200]);
  assert.deepEqual(summarize(ratios), { median: 0.8, least: 0.8, most: 0.8 });
});

test("refuses rounds that do not pair up", () => {
  assert.throws(() => pairedRatios([1, 2], [1]), RangeError);
});
