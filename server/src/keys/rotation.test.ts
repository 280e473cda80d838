import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { SigningKeyRecord, SigningKeyStage } from "../store/records.ts";
import { sampleSigningKey } from "../store/contract/records.contract.ts";
import {
  keySetCacheSeconds,
  nextStageAtMs,
  planRotation,
  scheduleOf,
  type RotationSchedule,
} from "./rotation.ts";

const schedule: RotationSchedule = { lifetimeMs: 1_000, publishAheadMs: 100, keepPublishedMs: 300 };
const at = 10_000;

const key = (stage: SigningKeyStage, ageMs: number): SigningKeyRecord =>
  sampleSigningKey("tnt_1", { id: stage, stage, stageSinceMs: at - ageMs });

type Case = [
  what: string,
  keys: [stage: SigningKeyStage, ageMs: number][],
  reason: "schedule" | "now",
  moves: string[],
  missing: SigningKeyStage[],
];

const swap = ["current to previous", "next to current"];

const cases: Case[] = [
  ["makes the first two keys", [], "schedule", [], ["current", "next"]],
  ["makes the first two keys by hand too", [], "now", [], ["current", "next"]],
  ["makes a next key that is missing", [["current", 10]], "schedule", [], ["next"]],
  [
    "makes a missing next key before the current one is replaced",
    [["current", 9_000]],
    "now",
    [],
    ["next"],
  ],
  [
    "does nothing before it is time",
    [
      ["current", 999],
      ["next", 999],
    ],
    "schedule",
    [],
    [],
  ],
  [
    "replaces a key that is due",
    [
      ["current", 1_000],
      ["next", 1_000],
    ],
    "schedule",
    swap,
    ["next"],
  ],
  [
    "waits for a next key that is too young",
    [
      ["current", 5_000],
      ["next", 99],
    ],
    "schedule",
    [],
    [],
  ],
  [
    "replaces as soon as the next key is old enough",
    [
      ["current", 5_000],
      ["next", 100],
    ],
    "schedule",
    swap,
    ["next"],
  ],
  [
    "replaces by hand what is not due",
    [
      ["current", 1],
      ["next", 100],
    ],
    "now",
    swap,
    ["next"],
  ],
  [
    "does not replace by hand with a next key that is too young",
    [
      ["current", 1],
      ["next", 99],
    ],
    "now",
    [],
    [],
  ],
  [
    "keeps a previous key while its tokens live",
    [
      ["previous", 299],
      ["current", 299],
      ["next", 0],
    ],
    "schedule",
    [],
    [],
  ],
  [
    "retires a previous key after that",
    [
      ["previous", 300],
      ["current", 300],
      ["next", 0],
    ],
    "schedule",
    ["previous to retired"],
    [],
  ],
  [
    "retires and replaces at once",
    [
      ["previous", 300],
      ["current", 1_000],
      ["next", 100],
    ],
    "schedule",
    ["previous to retired", ...swap],
    ["next"],
  ],
  [
    "makes a current key when only the next one was made",
    [["next", 10]],
    "schedule",
    [],
    ["current"],
  ],
];

describe("the plan of a rotation", () => {
  for (const [what, keys, reason, moves, missing] of cases) {
    test(what, () => {
      const records = keys.map(([stage, ageMs]) => key(stage, ageMs));
      for (const order of [records, records.toReversed()]) {
        const plan = planRotation(order, at, schedule, reason);
        assert.deepEqual(
          plan.moves.map(({ id, from, to }) => `${id === from ? from : "another"} to ${to}`),
          moves,
        );
        assert.deepEqual(plan.missing, missing);
      }
    });
  }
});

test("publishes ahead for longer than key sets are cached, and keeps for longer than tokens live", () => {
  const { lifetimeMs, publishAheadMs, keepPublishedMs } = scheduleOf(90, 86_400);
  assert.equal(lifetimeMs, 90 * 86_400_000);
  assert.ok(publishAheadMs > keySetCacheSeconds * 1_000);
  assert.ok(keepPublishedMs > 86_400_000);
});

/** What happened to one key, by the times at which a process looked. */
interface Life {
  publishedAtMs: number;
  signsFromMs?: number;
  signedUntilMs?: number;
  goneAtMs?: number;
}

test("never signs unpublished and never drops early, whenever and however it is called", () => {
  const step = fc.record({
    afterMs: fc.oneof(fc.nat(150), fc.nat(2_000)),
    reason: fc.constantFrom("schedule" as const, "now" as const),
  });
  const schedules = fc.record({
    lifetimeMs: fc.integer({ min: 1, max: 2_000 }),
    publishAheadMs: fc.nat(500),
    keepPublishedMs: fc.nat(1_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), schedules, (steps, schedule) => {
      for (const [index, life] of lives(steps, schedule).entries()) {
        const { publishedAtMs, signsFromMs, signedUntilMs, goneAtMs } = life;
        const isFirst = index === 0;
        if (signsFromMs !== undefined && !isFirst) {
          assert.ok(signsFromMs - publishedAtMs >= schedule.publishAheadMs);
        }
        if (goneAtMs === undefined) continue;
        assert.ok(signedUntilMs !== undefined);
        assert.ok(goneAtMs - signedUntilMs >= schedule.keepPublishedMs);
      }
    }),
    { numRuns: 300 },
  );
});

/** Applies each plan as the store would; there is always exactly one key that signs, and one next. */
function lives(
  steps: { afterMs: number; reason: "schedule" | "now" }[],
  schedule: RotationSchedule,
): Life[] {
  let atMs = 1_000_000;
  let keys: SigningKeyRecord[] = [];
  const byId = new Map<string, Life>();
  for (const { afterMs, reason } of steps) {
    atMs += afterMs;
    const plan = planRotation(keys, atMs, schedule, reason);
    for (const { id, from, to } of plan.moves) {
      const moved = keys.find((key) => key.id === id);
      assert.equal(moved?.stage, from);
      const life = byId.get(id)!;
      if (to === "current") life.signsFromMs = atMs;
      if (to === "previous") life.signedUntilMs = atMs;
      if (to === "retired") life.goneAtMs = atMs;
      keys = keys.map((key) => (key === moved ? { ...key, stage: to, stageSinceMs: atMs } : key));
    }
    for (const stage of plan.missing) {
      const made = sampleSigningKey("tnt_1", { stage, stageSinceMs: atMs, createdAtMs: atMs });
      keys = [...keys, made];
      const signs = stage === "current" ? { signsFromMs: atMs } : {};
      byId.set(made.id, { publishedAtMs: atMs, ...signs });
    }
    keys = keys.filter(({ stage }) => stage !== "retired");
    for (const stage of ["current", "next"]) {
      assert.equal(keys.filter((key) => key.stage === stage).length, 1);
    }
  }
  return [...byId.values()];
}

test("the next stage is due when the plan moves the key, and not a moment before", () => {
  const keys = [key("current", 400), key("next", 950), key("previous", 100)];
  for (const one of keys) {
    const dueAtMs = nextStageAtMs(one, keys, schedule);
    const movesAt = (atMs: number): boolean =>
      planRotation(keys, atMs, schedule).moves.some(({ id }) => id === one.id);
    assert.equal(movesAt(dueAtMs - 1), false, one.id);
    assert.equal(movesAt(dueAtMs), true, one.id);
  }
});
