import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { createRoles } from "../access/roles.ts";
import { sampleAudit, sampleClient, sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { followChanges, type Feed } from "../store/feed.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import { StoreUnavailable, type Store } from "../store/store.ts";
import { system } from "../system.ts";
import { authenticateClient, ClientRefused } from "./authentication.ts";
import { createKnownClients, type KnownClients } from "./known-clients.ts";

describe("authenticating a client", () => {
  let file: ReturnType<typeof temporaryFile>;
  let store: Store;
  let feed: Feed;
  let clients: KnownClients;
  let clientId: string;
  let looks = 0;
  let isDown = false;

  beforeEach(async () => {
    file = temporaryFile();
    store = await openSqlite(file.path);
    feed = await followChanges(store, system);
    const made = sampleTenant();
    await store.insertTenant(made);
    const client = sampleClient(made.tenant.id);
    const nothing = { credential: undefined, bindings: [], idempotency: undefined };
    await store.insertClient({ client, audit: sampleAudit(client.tenantId), ...nothing });
    await feed.catchUp();
    clientId = client.clientId;
    clients = createKnownClients(
      { ...store, findKnownClient: look },
      feed,
      createRoles(store, feed),
    );
    [looks, isDown] = [0, false];
  });

  afterEach(async () => {
    feed.stop();
    await store.close();
    file.remove();
  });

  function look(id: string) {
    looks += 1;
    if (isDown) return Promise.reject(new StoreUnavailable("down"));
    return store.findKnownClient(id);
  }

  /** The cause of the refusal, and how often the store was asked for it. */
  async function guess(id: string): Promise<[string, number]> {
    const before = looks;
    const presented = { clientId: id, plainSecret: "wrong", method: "client_secret_post" } as const;
    const refused = await authenticateClient(clients, presented, 0).catch(
      (error: unknown) => error,
    );
    assert.ok(refused instanceof ClientRefused, String(refused));
    return [refused.refusal, looks - before];
  }

  test("asks the store as often about an id that is in memory as about an unknown one (A11)", async () => {
    await clients.find(clientId);
    assert.deepEqual(await guess(clientId), ["wrong_secret", 1]);
    assert.deepEqual(await guess(clientId), ["wrong_secret", 0]);
    assert.deepEqual(await guess("unknown"), ["unknown_client", 1]);
    assert.deepEqual(await guess("unknown"), ["unknown_client", 0]);
  });

  test("refuses a wrong secret of a client in memory although the store is down", async () => {
    await clients.find(clientId);
    isDown = true;
    assert.equal((await guess(clientId))[0], "wrong_secret");
  });
});
