import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import postgres from "postgres";
import { startPostgres, type TestPostgres } from "../../test/postgres.ts";
import { system } from "../system.ts";
import { nextId, sampleTenant } from "./contract/records.contract.ts";
import { storeDeadlineMs } from "./failure.ts";
import { followChanges } from "./feed.ts";
import { openPostgres } from "./postgres.ts";
import { StoreUnavailable, type Store } from "./store.ts";

const options = { hints: true, connectionsMax: 4 };

describe("an outage of Postgres", () => {
  let server: TestPostgres;
  let url: string;
  let store: Store;

  before(async () => {
    server = await startPostgres();
    url = await server.createDatabase();
    store = await openPostgres(url, options);
    // The tests' server does not wait for the disk: what a crash must not take is written now.
    await run(url, "checkpoint");
  });

  after(async () => {
    await store.close();
    await server.stop();
  });

  test("ends in StoreUnavailable while the server is silent, and is over when it is", async () => {
    const feed = await followChanges(store, system);
    server.suspend();
    const started = system.elapsedMs();
    const acts = [store.head(), insert(store), store.insertTenant(sampleTenant()), feed.catchUp()];
    // More than there are connections.
    for (let count = 0; count < 10; count += 1) acts.push(insert(store));
    const results = await Promise.allSettled(acts);
    const waitedMs = system.elapsedMs() - started;
    for (const result of results) {
      assert.ok(result.status === "rejected" && result.reason instanceof StoreUnavailable);
    }
    assert.ok(waitedMs < 2 * storeDeadlineMs, `${waitedMs} ms`);
    assert.ok(feed.staleForMs() >= storeDeadlineMs);
    server.resume();
    assert.equal(await eventually(() => insert(store)), "written");
    await eventually(() => feed.catchUp());
    assert.ok(feed.staleForMs() < storeDeadlineMs);
    feed.stop();
  });

  test("is survived by a process with writes under way, again and again", async () => {
    for (let crash = 0; crash < 3; crash += 1) {
      const over = new AbortController();
      const failures: unknown[] = [];
      const busy = Array.from({ length: 8 }, async () => {
        while (!over.signal.aborted) {
          await insert(store).catch(async (error: unknown) => {
            failures.push(error);
            await pause(20);
          });
        }
      });
      await pause(100);
      await server.crash();
      await assert.rejects(store.head(), StoreUnavailable);
      await server.restart();
      assert.equal(await eventually(() => insert(store)), "written");
      over.abort();
      await Promise.all(busy);
      assert.ok(failures.length > 0);
      for (const failure of failures)
        assert.ok(failure instanceof StoreUnavailable, String(failure));
    }
  });

  test("does not end the hints of other processes", async () => {
    const other = await openPostgres(url, options);
    let hints = 0;
    other.onHint(() => (hints += 1));
    const hinted = async () => {
      const before = hints;
      await eventually(async () => {
        await store.insertTenant(sampleTenant());
        await pause(50);
        assert.ok(hints > before);
      });
    };
    await hinted();
    await server.restart();
    await hinted();
    await other.close();
  });

  test("that lets nobody new in is none for those who are connected", async () => {
    const fresh = await openPostgres(url, options);
    assert.equal(await insert(fresh), "written");
    // Only what starts the processes for new connections.
    process.kill(server.pid, "SIGSTOP");
    try {
      const writes = Array.from({ length: 40 }, () => insert(fresh));
      assert.deepEqual(new Set(await Promise.all(writes)), new Set(["written"]));
    } finally {
      process.kill(server.pid, "SIGCONT");
    }
    await fresh.close();
  });

  test("of one host leaves another that takes writes", async () => {
    const second = await startPostgres();
    const secondUrl = new URL(await second.createDatabase());
    const gone = await closedPort();
    const silent = await silentHost();
    const readOnlyUrl = new URL(await server.createDatabase());
    const name = readOnlyUrl.pathname.slice(1);
    await run(url, `alter database ${name} set default_transaction_read_only = on`);
    await run(secondUrl.href, `create database ${name}`);
    const hosts = [gone, silent.host, readOnlyUrl.host, secondUrl.host].join(",");
    const several = `postgres://postgres@${hosts}/${name}?target_session_attrs=read-write`;
    const followed = await openPostgres(several, options);
    assert.equal(await insert(followed), "written");
    await followed.close();
    silent.close();
    const rows = await run(new URL(`/${name}`, secondUrl).href, "select * from single_uses");
    assert.equal(rows.length, 1);
    await second.stop();
  });
});

const insert = (store: Store) =>
  store.insertSingleUse({
    tenantId: "t",
    kind: "k",
    digest: nextId("digest"),
    payload: "",
    expiresAtMs: 1e15,
  });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The first success; what never succeeds fails with the test's own time limit. */
async function eventually<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (attempt > 200) throw error;
      await pause(50);
    }
  }
}

async function run(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const connection = postgres(url, { max: 1 });
  try {
    return [...(await connection.unsafe(sql))];
  } finally {
    await connection.end();
  }
}

/** Takes connections and never says a word, as a machine that has hung does. */
async function silentHost(): Promise<{ host: string; close(): void }> {
  const listener = createServer((socket) => void socket.on("error", () => undefined));
  listener.listen(0, "127.0.0.1").unref();
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, close: () => void listener.close() };
}

async function closedPort(): Promise<string> {
  const { host, close } = await silentHost();
  close();
  return host;
}
