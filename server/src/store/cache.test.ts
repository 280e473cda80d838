import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { system } from "../system.ts";
import { createCache, everyKey, subjectsOf, type CacheOptions } from "./cache.ts";
import { sampleAudit, sampleClient, sampleTenant } from "./contract/records.contract.ts";
import { temporaryFile } from "./contract/temporary-file.contract.ts";
import { followChanges, type Feed } from "./feed.ts";
import { openSqlite } from "./sqlite/sqlite.ts";
import type { ClientRecord, KnownClientRecord } from "./records.ts";
import { StoreUnavailable, type Store } from "./store.ts";

describe("the cache", () => {
  let file: ReturnType<typeof temporaryFile>;
  let store: Store;
  let feed: Feed;
  let ours: ClientRecord;
  let theirs: ClientRecord;

  beforeEach(async () => {
    file = temporaryFile();
    store = await openSqlite(file.path);
    feed = await followChanges(store, system);
    [ours, theirs] = [await insertClientOfNewTenant(), await insertClientOfNewTenant()];
    await feed.catchUp();
  });

  afterEach(async () => {
    feed.stop();
    await store.close();
    file.remove();
  });

  async function insertClientOfNewTenant(): Promise<ClientRecord> {
    const made = sampleTenant();
    await store.insertTenant(made);
    const client = sampleClient(made.tenant.id);
    await insert(client);
    return client;
  }

  async function insert(client: ClientRecord): Promise<void> {
    const nothing = { credential: undefined, bindings: [], idempotency: undefined };
    await store.insertClient({ client, audit: sampleAudit(client.tenantId), ...nothing });
  }

  async function rename(client: ClientRecord, name: string): Promise<void> {
    const audit = sampleAudit(client.tenantId);
    const changed = { ...client, name, version: client.version + 1 };
    assert.equal(
      await store.updateClient({ client: changed, bindings: undefined, revocations: [], audit }),
      "written",
    );
    await feed.catchUp();
  }

  /** A cache of clients, and what it asked the store for. */
  function cacheClients(own: Partial<CacheOptions<KnownClientRecord>> = {}) {
    const asked: string[] = [];
    const { load = (key: string) => store.findKnownClient(key), ...rest } = own;
    const cache = createCache<KnownClientRecord>(feed, {
      affectedBy: subjectsOf("client"),
      entriesMax: 100,
      ...rest,
      load(key) {
        asked.push(key);
        return load(key);
      },
    });
    return { cache, asked };
  }

  test("asks the store once, also for what is not there", async () => {
    const { cache, asked } = cacheClients();
    for (const key of [ours.clientId, "client_unknown"]) {
      const found = await Promise.all([cache.find(key), cache.find(key)]);
      assert.equal(found[0], found[1]);
      assert.equal(await cache.find(key), found[0]);
    }
    assert.deepEqual(asked, [ours.clientId, "client_unknown"]);
    assert.deepEqual(cache.peek(ours.clientId)?.client, ours);
    assert.equal(cache.peek("client_unknown"), undefined);
  });

  test("drops what changed, and nothing else", async () => {
    const { cache, asked } = cacheClients();
    await cache.find(ours.clientId);
    await cache.find(theirs.clientId);
    await rename(ours, "New");
    assert.equal(cache.peek(ours.clientId), undefined);
    assert.equal((await cache.find(ours.clientId))?.client.name, "New");
    await cache.find(theirs.clientId);
    assert.deepEqual(asked, [ours.clientId, theirs.clientId, ours.clientId]);
  });

  test("finds what was unknown until now", async () => {
    const { cache } = cacheClients();
    const client = sampleClient(ours.tenantId);
    assert.equal(await cache.find(client.clientId), undefined);
    await insert(client);
    await feed.catchUp();
    assert.deepEqual((await cache.find(client.clientId))?.client, client);
  });

  test("does not keep an answer that is older than a change", async () => {
    const gate = Promise.withResolvers<void>();
    const { cache, asked } = cacheClients({ load: (key) => loadSlowly(key, gate.promise) });
    const filling = cache.find(ours.clientId);
    await untilAsked(asked, 1);
    await rename(ours, "New");
    const after = cache.find(ours.clientId);
    gate.resolve();
    await filling;
    assert.equal((await after)?.client.name, "New");
    assert.equal(cache.peek(ours.clientId)?.client.name, "New");
    assert.equal(asked.length, 2);
  });

  test("does not keep an older answer that there is nothing", async () => {
    const gate = Promise.withResolvers<void>();
    const { cache, asked } = cacheClients({ load: (key) => loadSlowly(key, gate.promise) });
    const client = sampleClient(ours.tenantId);
    const filling = cache.find(client.clientId);
    await untilAsked(asked, 1);
    await insert(client);
    await feed.catchUp();
    gate.resolve();
    assert.equal(await filling, undefined);
    assert.deepEqual((await cache.find(client.clientId))?.client, client);
  });

  /** What the store answers now, handed over later. */
  async function loadSlowly(key: string, gate: Promise<void>) {
    const found = await store.findKnownClient(key);
    await gate;
    return found;
  }

  test("stays within its bounds under a hundred thousand names", async () => {
    const value = (await store.findKnownClient(ours.clientId))!;
    const load = async (key: string) => (key.startsWith("known") ? value : undefined);
    const { cache } = cacheClients({ load, entriesMax: 1_000 });
    for (let index = 0; index < 50_000; index += 1) {
      await cache.find(`known_${index}`);
      await cache.find(`unknown_${index}`);
    }
    assert.equal(cache.size, 2_000);
    assert.ok(cache.peek("known_49999"));
    assert.equal(cache.peek("known_0"), undefined);
  });

  test("keeps what is known when a flood of unknown names comes", async () => {
    const { cache, asked } = cacheClients({ entriesMax: 100 });
    await cache.find(ours.clientId);
    for (let index = 0; index < 1_000; index += 1) await cache.find(`unknown_${index}`);
    assert.deepEqual(cache.peek(ours.clientId)?.client, ours);
    assert.equal(asked.filter((key) => key === ours.clientId).length, 1);
  });

  test("is empty after changes may have been missed", async () => {
    const gate = Promise.withResolvers<void>();
    const { cache, asked } = cacheClients({
      load: (key) =>
        key === theirs.clientId ? loadSlowly(key, gate.promise) : store.findKnownClient(key),
    });
    await cache.find(ours.clientId);
    await cache.find("client_unknown");
    const filling = cache.find(theirs.clientId);
    await untilAsked(asked, 3);
    await store.recoverFromBackup({ by: 1_000, audits: [] });
    await feed.catchUp();
    gate.resolve();
    await filling;
    assert.equal(cache.size, 0);
  });

  test("is empty after a change that affects all of it", async () => {
    const { cache } = cacheClients({
      affectedBy: ({ kind }) => (kind === "tenant" ? everyKey : undefined),
    });
    await cache.find(ours.clientId);
    await rename(ours, "New");
    assert.equal(cache.size, 1);
    await store.insertTenant(sampleTenant());
    await feed.catchUp();
    assert.equal(cache.size, 0);
  });

  test("remembers no failure", async () => {
    let isDown = true;
    const { cache } = cacheClients({
      load: (key) =>
        isDown ? Promise.reject(new StoreUnavailable("down")) : store.findKnownClient(key),
    });
    await assert.rejects(cache.find(ours.clientId), StoreUnavailable);
    isDown = false;
    assert.deepEqual((await cache.find(ours.clientId))?.client, ours);
  });
});

/** Lets the answer of the store be there; only its delivery is held back. */
async function untilAsked(asked: string[], times: number): Promise<void> {
  while (asked.length < times) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 10));
}
