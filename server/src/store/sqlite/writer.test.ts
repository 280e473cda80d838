import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Worker } from "node:worker_threads";
import { nextId, sampleAudit, sampleClient, sampleTenant } from "../contract/records.contract.ts";
import { temporaryFile } from "../contract/temporary-file.contract.ts";
import { StoreUnavailable, type Store } from "../store.ts";
import { openSqlite } from "./sqlite.ts";

describe("the writer thread", () => {
  let file: ReturnType<typeof temporaryFile>;
  let store: Store;
  let threads: Worker[];
  const onThread = (thread: Worker): void => void threads.push(thread);

  beforeEach(async () => {
    threads = [];
    process.on("worker", onThread);
    file = temporaryFile();
    store = await openSqlite(file.path);
    // A thread is announced a moment after it was made.
    await new Promise((resolve) => setImmediate(resolve));
  });

  afterEach(async () => {
    process.off("worker", onThread);
    await store.close();
    file.remove();
  });

  /** A row that tells whether it was written: a second one of the same digest is a conflict. */
  const insert = (digest: string) =>
    store.insertSingleUse({ tenantId: "t", kind: "k", digest, payload: "", expiresAtMs: 1e15 });

  test("lets reads be answered while another process holds the lock", async () => {
    const lock = await holdLock(file.path);
    const events: string[] = [];
    const writing = insert("a").then((outcome) => events.push(outcome));
    for (let read = 0; read < 100; read += 1) {
      await store.head();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    events.push("100 reads");
    await lock.release();
    await writing;
    assert.deepEqual(events, ["100 reads", "written"]);
  });

  test("answers nothing as written to a file that was moved away, deleted or replaced", async () => {
    const aside = `${file.path}-aside`;
    const refuses = async () => {
      await assert.rejects(insert("a"), StoreUnavailable);
      await assert.rejects(store.head(), StoreUnavailable);
    };
    renameSync(file.path, aside);
    await refuses();
    writeFileSync(file.path, "");
    await refuses();
    renameSync(aside, file.path);
    assert.equal(await insert("a"), "written");
    assert.equal(await store.head(), 0);
  });

  test("gives up when the lock is held for too long, and goes on after", async () => {
    const lock = await holdLock(file.path);
    const first = insert("first");
    const firstFails = assert.rejects(first, StoreUnavailable);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const secondFails = assert.rejects(insert("second"), StoreUnavailable);
    assert.equal(await store.head(), 0);
    await Promise.all([firstFails, secondFails]);
    await lock.release();
    // Who was told that a write failed may try again: it was not done behind their back.
    assert.equal(await insert("first"), "written");
    assert.equal(await insert("second"), "written");
  });

  test("fails what it was doing when it dies, and is started anew", async () => {
    const lock = await holdLock(file.path);
    const fails = assert.rejects(insert("a"), StoreUnavailable);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ended = threads[0]!.terminate();
    await lock.release();
    await fails;
    await ended;
    assert.equal(await insert("a"), "written");
    assert.equal(threads.length, 2);
  });

  test("is started anew as soon as it has failed, although it has not ended yet", async () => {
    const first = threads[0]!;
    const fails = assert.rejects(insert("a"), StoreUnavailable);
    first.emit("error", new Error("it failed"));
    await fails;
    const [outcome] = await Promise.all([insert("b"), first.terminate()]);
    assert.equal(outcome, "written");
    assert.equal(threads.length, 2);
  });

  test("does not start one that cannot live over and over", async () => {
    await threads[0]!.terminate();
    file.remove();
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await assert.rejects(insert("a"), StoreUnavailable);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(threads.length, 1 + attempt);
    }
  });

  test("undoes a job that fails, and no other of its batch", async () => {
    const made = sampleTenant();
    await store.insertTenant(made);
    const insertClient = (id: string) => {
      const client = sampleClient(made.tenant.id, { id });
      const nothing = { credential: undefined, bindings: [], idempotency: undefined };
      return store.insertClient({ client, audit: sampleAudit(made.tenant.id), ...nothing });
    };
    const id = nextId("app");
    await insertClient(id);
    const results = await Promise.allSettled([
      insert("a"),
      insertClient(id),
      insert("b"),
      insert(Symbol("not to be sent") as never),
      insertClient(nextId("app")),
      insert("a"),
    ]);
    assert.deepEqual(
      results.map((result) => (result.status === "fulfilled" ? result.value : "failed")),
      ["written", "failed", "written", "failed", { outcome: "inserted" }, "conflict"],
    );
    for (const result of results) {
      if (result.status === "rejected") assert.ok(!(result.reason instanceof StoreUnavailable));
    }
    const page = { after: undefined, externalId: undefined, limit: 10 };
    assert.equal((await store.listClients(made.tenant.id, page)).length, 2);
  });

  test("finishes what was begun before it is closed, and takes nothing after", async () => {
    const writing = Promise.all(["a", "b", "c"].map(insert));
    await store.close();
    assert.deepEqual(await writing, ["written", "written", "written"]);
    await assert.rejects(insert("d"), StoreUnavailable);
    store = await openSqlite(file.path);
    assert.equal(await insert("a"), "conflict");
  });
});

/** Holds the write lock in another process until it is released. */
async function holdLock(path: string): Promise<{ release(): Promise<void> }> {
  const program = `
    import { DatabaseSync } from "node:sqlite";
    const database = new DatabaseSync(${JSON.stringify(path)}, { timeout: 5000 });
    database.exec("begin immediate");
    console.log("locked");
    process.stdin.on("end", () => database.exec("commit")).resume();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return {
    async release() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
