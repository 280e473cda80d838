import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { followChanges, type Feed } from "../store/feed.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import { StoreUnavailable, type Store } from "../store/store.ts";
import { system } from "../system.ts";
import { createTokenLifetime, tokenLifetimeSecondsMax } from "./token-lifetime.ts";

let file: ReturnType<typeof temporaryFile>;
let store: Store;
let feed: Feed;
let elapsedMs: number;

beforeEach(async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  elapsedMs = 1_000_000;
  file = temporaryFile();
  store = await openSqlite(file.path);
  feed = await followChanges(store, { ...system, elapsedMs: () => elapsedMs });
});

afterEach(async () => {
  mock.timers.reset();
  await store.close();
  file.remove();
});

/** How long tokens live at some times after the store's last answer, 0 where there are none. */
function lifetimes(graceSeconds: number, timesMs: number[]): number[] {
  const lifetime = createTokenLifetime(feed, graceSeconds);
  const answeredAtMs = elapsedMs;
  const found = timesMs.map((atMs) => {
    elapsedMs = answeredAtMs + atMs;
    try {
      return lifetime();
    } catch (error) {
      assert.ok(error instanceof StoreUnavailable);
      return 0;
    }
  });
  elapsedMs = answeredAtMs;
  return found;
}

const full = tokenLifetimeSecondsMax;

test("shortens tokens after five seconds, and issues none after the time of grace", () => {
  const times = [0, 5_000, 5_001, 900_000, 900_001, 1e9];
  assert.deepEqual(lifetimes(900, times), [full, full, 300, 300, 0, 0]);
});

test("issues none beyond a time of grace that is shorter than five seconds", () => {
  assert.deepEqual(lifetimes(3, [0, 3_000, 3_001, 6_000]), [full, full, 0, 0]);
});

test("without a time of grace issues none as soon as the outage is noticed", () => {
  assert.deepEqual(lifetimes(0, [0, 1_000, 1_001, 5_001]), [full, full, 0, 0]);
});

test("issues whole tokens again when the store answers again", async () => {
  const lifetime = createTokenLifetime(feed, 0);
  elapsedMs += 60_000;
  assert.throws(lifetime, StoreUnavailable);
  await feed.catchUp();
  assert.equal(lifetime(), full);
});
