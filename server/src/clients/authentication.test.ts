import assert from "node:assert/strict";
import type { ClientAuthenticationMethod } from "@countersign/protocol/oauth.ts";
import { afterEach, beforeEach, describe, test } from "node:test";
import { createApis } from "../access/apis.ts";
import { createRoles } from "../access/roles.ts";
import { sampleAudit, sampleClient, sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { followChanges, type Feed } from "../store/feed.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { ClientRecord } from "../store/records.ts";
import { StoreUnavailable, type Store } from "../store/store.ts";
import { system } from "../system.ts";
import { authenticateClient, ClientRefused } from "./authentication.ts";
import { createKnownClients, type KnownClients } from "./known-clients.ts";
import { authenticateVerifier } from "./verifier-authentication.ts";

describe("authenticating a client", () => {
  let file: ReturnType<typeof temporaryFile>;
  let store: Store;
  let feed: Feed;
  let clients: KnownClients;
  let tenantId: string;
  let apiId: string;
  let looks = 0;
  let isDown = false;

  beforeEach(async () => {
    file = temporaryFile();
    store = await openSqlite(file.path);
    feed = await followChanges(store, system);
    const made = sampleTenant();
    await store.insertTenant(made);
    tenantId = made.tenant.id;
    apiId = made.api.id;
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

  async function insert(own: Partial<ClientRecord>): Promise<string> {
    const client = { ...sampleClient(tenantId), ...own };
    const nothing = { credential: undefined, bindings: [], idempotency: undefined };
    await store.insertClient({ client, audit: sampleAudit(tenantId), ...nothing });
    await feed.catchUp();
    return client.clientId;
  }

  function look(id: string) {
    looks += 1;
    if (isDown) return Promise.reject(new StoreUnavailable("down"));
    return store.findKnownClient(id);
  }

  const present = (id: string, method: ClientAuthenticationMethod) =>
    authenticateClient(clients, { clientId: id, plainSecret: undefined, method }, 0);

  /** The cause of the refusal, and how often the store was asked for it. */
  async function guess(
    id: string,
    method: ClientAuthenticationMethod = "client_secret_post",
  ): Promise<[string, number]> {
    const before = looks;
    const refused = await present(id, method).catch((error: unknown) => error);
    assert.ok(refused instanceof ClientRefused, String(refused));
    return [refused.refusal, looks - before];
  }

  test("asks the store as often about an id that is in memory as about an unknown one (A11)", async () => {
    const id = await insert({});
    await clients.find(id);
    assert.deepEqual(await guess(id), ["wrong_secret", 1]);
    assert.deepEqual(await guess(id), ["wrong_secret", 0]);
    assert.deepEqual(await guess("unknown"), ["unknown_client", 1]);
    assert.deepEqual(await guess("unknown"), ["unknown_client", 0]);
  });

  test("does so too when no secret is sent, or one in another way than is registered (A11)", async () => {
    const id = await insert({ authenticationMethod: "client_secret_basic" });
    await clients.find(id);
    assert.deepEqual(await guess(id, "none"), ["wrong_authentication_method", 1]);
    assert.deepEqual(await guess("unknown", "none"), ["unknown_client", 1]);
  });

  test("refuses a wrong secret of a client in memory although the store is down", async () => {
    const id = await insert({});
    await clients.find(id);
    isDown = true;
    assert.equal((await guess(id))[0], "wrong_secret");
  });

  test("asks as often about an API that is in memory as about an unknown one (A11)", async () => {
    const findApi = (id: string) => {
      looks += 1;
      return store.findApi(id);
    };
    const apis = createApis({ ...store, findApi }, feed);
    await apis.findById(apiId);
    for (const [id, cause] of [
      [apiId, "wrong_secret"],
      ["api_unknown", "unknown_client"],
    ] as const) {
      const before = looks;
      const method = "client_secret_basic";
      const presented = { clientId: id, plainSecret: "wrong", method } as const;
      await assert.rejects(authenticateVerifier(apis, presented, 0), { message: cause });
      assert.equal(looks - before, 1, cause);
    }
  });

  test("does not ask the store for a public client in memory", async () => {
    const id = await insert({ authenticationMethod: "none" });
    await clients.find(id);
    const before = looks;
    assert.equal((await present(id, "none")).client.clientId, id);
    assert.equal(looks, before);
  });
});
