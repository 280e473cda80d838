import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { system } from "../system.ts";
import { sampleAudit, sampleClient, sampleTenant } from "./contract/records.contract.ts";
import { temporaryFile } from "./contract/temporary-file.contract.ts";
import { followChanges, pollEveryMs, type Feed } from "./feed.ts";
import { openSqlite } from "./sqlite/sqlite.ts";
import type { Store } from "./store.ts";

describe("the feed", () => {
  let file: ReturnType<typeof temporaryFile>;
  /** The process that follows, and another one that changes things. */
  let store: Store;
  let other: Store;
  let tenantId: string;
  let started: Feed[];

  beforeEach(async () => {
    // Polls come when a test lets them come, not in the middle of what it prepares.
    mock.timers.enable({ apis: ["setInterval"] });
    started = [];
    file = temporaryFile();
    [store, other] = [await openSqlite(file.path), await openSqlite(file.path)];
    const made = sampleTenant();
    tenantId = made.tenant.id;
    await store.insertTenant(made);
  });

  afterEach(async () => {
    for (const feed of started) feed.stop();
    mock.timers.reset();
    await Promise.all([store.close(), other.close()]);
    file.remove();
  });

  async function follow(followed: Store = store, clock = system) {
    const feed = await followChanges(followed, clock);
    const seen: string[] = [];
    feed.subscribe({
      onChange: ({ subjectId }) => seen.push(subjectId),
      onReset: () => seen.push("reset"),
    });
    started.push(feed);
    return { feed, seen };
  }

  async function changeClients(count: number): Promise<string[]> {
    const clients = Array.from({ length: count }, () => sampleClient(tenantId));
    for (const client of clients) {
      const audit = sampleAudit(tenantId);
      const nothing = { credential: undefined, bindings: [], idempotency: undefined };
      await other.insertClient({ client, audit, ...nothing });
    }
    return clients.map(({ clientId }) => clientId);
  }

  function tamper(sql: string): void {
    const database = new DatabaseSync(file.path);
    database.exec(sql);
    database.close();
  }

  test("applies changes in their order, and only those after its start", async () => {
    await changeClients(2);
    const { feed, seen } = await follow();
    const start = feed.position;
    const changed = await changeClients(5);
    await feed.catchUp();
    assert.deepEqual(seen, changed);
    assert.equal(feed.position, start + 5);
    await feed.catchUp();
    assert.deepEqual(seen, changed);
  });

  test("has applied, when it caught up, what was committed before the call", async () => {
    const gate = Promise.withResolvers<void>();
    let isHeld = true;
    const slow = {
      ...store,
      async head() {
        const head = await store.head();
        if (isHeld && started.length > 0) await gate.promise;
        return head;
      },
    };
    const { feed, seen } = await follow(slow);
    const early = feed.catchUp();
    const changed = await changeClients(1);
    const late = feed.catchUp();
    isHeld = false;
    gate.resolve();
    await early;
    await late;
    assert.deepEqual(seen, changed);
  });

  test("asks once for all who want to catch up", async () => {
    let questions = 0;
    const counted = {
      ...store,
      head() {
        questions += 1;
        return store.head();
      },
    };
    const { feed } = await follow(counted);
    questions = 0;
    await Promise.all(Array.from({ length: 100 }, () => feed.catchUp()));
    assert.ok(questions <= 2, `${questions} questions`);
  });

  test("polls, and sooner when the store gives a hint", async () => {
    const listeners: (() => void)[] = [];
    const onHint = (listener: () => void): void => void listeners.push(listener);
    const hinting = { ...store, onHint };
    const { seen } = await follow(hinting);
    const first = await changeClients(1);
    assert.deepEqual(seen, []);
    listeners.forEach((listener) => listener());
    await until(() => seen.length === 1);
    const second = await changeClients(1);
    mock.timers.tick(pollEveryMs);
    await until(() => seen.length === 2);
    assert.deepEqual(seen, [...first, ...second]);
  });

  test("starts anew when the head went backwards", async () => {
    await changeClients(3);
    const { feed, seen } = await follow();
    tamper("update head set position = 1; delete from changes where position > 1");
    await feed.catchUp();
    assert.deepEqual(seen, ["reset"]);
    assert.equal(feed.position, 1);
    const changed = await changeClients(1);
    await feed.catchUp();
    assert.deepEqual(seen, ["reset", ...changed]);
  });

  test("starts anew when changes were swept before it saw them", async () => {
    const { feed, seen } = await follow();
    await changeClients(3);
    await other.sweep({
      atMs: 0,
      changesBeforeMs: 1e15,
      tombstonesBeforeMs: 0,
      gapsBeforeMs: 0,
      permissionUsesBeforeMs: 0,
    });
    await feed.catchUp();
    assert.deepEqual(seen, ["reset"]);
    assert.equal(feed.position, await store.head());
  });

  test("starts anew when one is missing between those that it reads", async () => {
    const { feed, seen } = await follow();
    const start = feed.position;
    await changeClients(3);
    tamper(`delete from changes where position = ${start + 2}`);
    await feed.catchUp();
    assert.deepEqual(seen, ["reset"]);
    assert.equal(feed.position, start + 3);
  });

  test("starts anew when the counter jumped behind changes that it reads", async () => {
    const { feed, seen } = await follow();
    await changeClients(1);
    await other.recoverFromBackup({ by: 1_000, audits: [] });
    await changeClients(1);
    await feed.catchUp();
    assert.equal(seen.at(-1), "reset");
    assert.equal(feed.position, await store.head());
  });

  test("says how old its knowledge is while the store does not answer", async () => {
    let elapsedMs = 0;
    let isDown = false;
    const failing = {
      ...store,
      head: () => (isDown ? Promise.reject(new Error("down")) : store.head()),
    };
    const { feed, seen } = await follow(failing, { ...system, elapsedMs: () => elapsedMs });
    elapsedMs = 1_000;
    await feed.catchUp();
    assert.equal(feed.staleForMs(), 0);
    isDown = true;
    const changed = await changeClients(1);
    elapsedMs = 7_000;
    await assert.rejects(feed.catchUp());
    assert.equal(feed.staleForMs(), 6_000);
    isDown = false;
    await feed.catchUp();
    assert.equal(feed.staleForMs(), 0);
    assert.deepEqual(seen, changed);
  });

  test("counts an answer that took long from when it was asked for", async () => {
    let elapsedMs = 0;
    const slow = {
      ...store,
      async head() {
        const head = await store.head();
        elapsedMs += 3_000;
        return head;
      },
    };
    const { feed } = await follow(slow, { ...system, elapsedMs: () => elapsedMs });
    await feed.catchUp();
    assert.equal(feed.staleForMs(), 3_000);
  });
});

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}
