import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { system as realSystem } from "../system.ts";
import { ProviderError } from "./protocol/provider-error.ts";
import { createProviderPauses, type Asking, type TokenEndpoint } from "./provider-pauses.ts";

/** A provider in trouble is left alone, as long as it is in trouble and no longer. */

const minuteMs = 60_000;
const quiet = pino({ level: "silent" });

/** `part`: how much of the random half of a pause is cut off, 0 to 1. */
function start(part = 0) {
  const clock = { nowMs: 1_000_000 };
  const system = {
    ...realSystem,
    now: () => clock.nowMs,
    randomBytes: (size: number) => Buffer.alloc(size, Math.round(part * 255)),
  };
  return { clock, pauses: createProviderPauses(system, quiet) };
}

const endpoint = (id: string, own: { version?: number; tokenOrigin?: string } = {}) => ({
  datasource: { id: "dsr_1", version: own.version ?? 1 },
  connection: { id, tokenOrigin: own.tokenOrigin },
});

type Pauses = ReturnType<typeof start>["pauses"];

function askNow(pauses: Pauses, at: TokenEndpoint, isForced = false): Asking {
  const asking = pauses.ask(at, { isForced });
  assert.ok(!("waitMs" in asking), `it was to wait for ${JSON.stringify(asking)}`);
  return asking;
}

async function finish(asking: Asking, error?: ProviderError): Promise<void> {
  const outcome = asking.watching(async (heard) => {
    heard();
    if (error !== undefined) throw error;
  });
  if (error === undefined) await outcome;
  else await assert.rejects(outcome, error);
  asking.end();
}

const busy = (retryAfterMs?: number) => new ProviderError("provider_failing", { retryAfterMs });

async function fail(pauses: Pauses, ids: readonly string[], error = busy()): Promise<void> {
  for (const id of ids) await finish(askNow(pauses, endpoint(id)), error);
}

const isWaiting = (pauses: Pauses, id = "other"): boolean => pauses.waitMs(endpoint(id)) > 0;

describe("a provider in trouble", () => {
  test("is left alone once three connections in a row had no answer, not one thrice", async () => {
    const { pauses } = start();
    await fail(pauses, ["a", "a", "a", "a", "b"]);
    assert.equal(isWaiting(pauses), false);
    await finish(askNow(pauses, endpoint("c")));
    await fail(pauses, ["a", "b"]);
    assert.equal(isWaiting(pauses), false, "an answer in between begins a new row");
    assert.equal(pauses.count(), 0);
    await fail(pauses, ["c"]);
    assert.equal(isWaiting(pauses), true);
    assert.equal(pauses.count(), 1);
    assert.equal(isWaiting(pauses, "c"), true);
  });

  for (const cause of [
    "rate_limited",
    "unreachable",
    "answer_lost",
    "unreadable_answer",
  ] as const) {
    test(`is known by ${cause}`, async () => {
      const { pauses } = start();
      await fail(pauses, ["a", "b", "c"], new ProviderError(cause));
      assert.equal(isWaiting(pauses), true);
    });
  }

  for (const cause of ["refresh_token_refused", "client_refused", "no_access_token"] as const) {
    test(`is in none when it says ${cause}, whatever it said before`, async () => {
      const { pauses } = start();
      await fail(pauses, ["a", "b"]);
      await fail(pauses, ["c"], new ProviderError(cause));
      await fail(pauses, ["d", "e"]);
      assert.equal(isWaiting(pauses), false);
    });
  }

  test("is not known by what was never sent", async () => {
    const { pauses, clock } = start();
    const unsent = async (): Promise<never> => {
      throw new ProviderError("address_refused");
    };
    await fail(pauses, ["a", "b"]);
    await assert.rejects(askNow(pauses, endpoint("c")).watching(unsent));
    assert.equal(isWaiting(pauses), false);
    await fail(pauses, ["d"]);
    assert.equal(isWaiting(pauses), true, "it did not begin a new row");
    clock.nowMs += 6_000;
    await assert.rejects(askNow(pauses, endpoint("c")).watching(unsent));
    assert.equal(isWaiting(pauses), false, "the next one looks");
  });

  test("is looked at by one after the pause, and the others wait for what comes of it", async () => {
    const { pauses, clock } = start();
    await fail(pauses, ["a", "b", "c"]);
    const { waitMs } = pauses.ask(endpoint("d"), { isForced: false }) as { waitMs: number };
    assert.equal(waitMs, 5_000);
    clock.nowMs += 4_999;
    assert.equal(isWaiting(pauses), true);
    clock.nowMs += 1;
    const look = askNow(pauses, endpoint("d"));
    assert.equal(isWaiting(pauses), true);
    assert.ok("waitMs" in pauses.ask(endpoint("e"), { isForced: false }));
    await finish(look);
    assert.equal(isWaiting(pauses), false);
    assert.equal(pauses.count(), 0);
    await fail(pauses, ["d", "e"]);
    assert.equal(isWaiting(pauses), false, "it begins anew");
  });

  test("is looked at by another when whoever was to look did not ask at all", async () => {
    const { pauses, clock } = start();
    await fail(pauses, ["a", "b", "c"]);
    clock.nowMs += 5_000;
    askNow(pauses, endpoint("d")).end();
    assert.equal(isWaiting(pauses), false);
  });

  test("is left alone twice as long each time, up to five minutes", async () => {
    for (const [part, share] of [
      [0, 1],
      [1, 0.5],
    ] as const) {
      const { pauses, clock } = start(part);
      await fail(pauses, ["a", "b", "c"]);
      const waits: number[] = [];
      for (let round = 0; round < 9; round += 1) {
        const waitMs = pauses.waitMs(endpoint("d"));
        waits.push(waitMs);
        clock.nowMs += waitMs;
        await fail(pauses, ["d"]);
      }
      const whole = [5, 10, 20, 40, 80, 160, 300, 300, 300];
      assert.deepEqual(
        waits.map((waitMs) => Math.round(waitMs / 1_000)),
        whole.map((seconds) => Math.round(seconds * share)),
      );
    }
  });

  test("is left alone for as long as it says, also when those say it who asked before", async () => {
    const { pauses, clock } = start();
    const late = askNow(pauses, endpoint("late"));
    await fail(pauses, ["a", "b", "c"], busy(10 * minuteMs));
    assert.equal(pauses.waitMs(endpoint("d")), 10 * minuteMs);
    await finish(late, busy(15 * minuteMs));
    assert.equal(pauses.waitMs(endpoint("d")), 15 * minuteMs);
    clock.nowMs += 15 * minuteMs;
    await fail(pauses, ["d"], busy(1_000));
    assert.equal(pauses.waitMs(endpoint("e")), 10_000, "who asked before did not count as a look");
  });

  test("is asked by those who cannot wait, and their success helps all", async () => {
    const { pauses } = start();
    await fail(pauses, ["a", "b", "c"]);
    const waitMs = pauses.waitMs(endpoint("d"));
    await finish(askNow(pauses, endpoint("d"), true), busy());
    assert.equal(pauses.waitMs(endpoint("d")), waitMs, "their failure costs the others nothing");
    await finish(askNow(pauses, endpoint("d"), true));
    assert.equal(isWaiting(pauses), false);
  });

  test("is asked at once by a changed datasource, whatever comes of what was asked before", async () => {
    const { pauses } = start();
    const late = askNow(pauses, endpoint("late"));
    await fail(pauses, ["a", "b", "c"]);
    const changed = endpoint("d", { version: 2 });
    assert.equal(pauses.waitMs(changed), 0);
    await finish(askNow(pauses, changed), busy());
    await finish(late, busy());
    for (const id of ["e", "f"]) {
      assert.equal(pauses.waitMs(changed), 0);
      await finish(askNow(pauses, endpoint(id, { version: 2 })), busy());
    }
    assert.equal(pauses.waitMs(changed), 5_000);
  });

  test("has nothing to do with the hosts of other accounts", async () => {
    const { pauses } = start();
    await fail(pauses, ["a", "b", "c"]);
    assert.equal(pauses.waitMs(endpoint("d", { tokenOrigin: "https://eu.example.com" })), 0);
  });

  test("is never left alone longer because a clock was set back", async () => {
    const { pauses, clock } = start();
    await fail(pauses, ["a", "b", "c"]);
    clock.nowMs -= 60 * minuteMs;
    assert.equal(pauses.waitMs(endpoint("d")), 5_000);
  });
});
