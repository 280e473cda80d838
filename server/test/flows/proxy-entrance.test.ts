import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pollEveryMs } from "../../src/store/feed.ts";
import { bearer, call, createAppClient, tokenFor } from "../calls.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import { makeConnection, makeDatasource, throughProxy } from "../outbound/calls.ts";
import { loopback, startOutsideProvider } from "../outbound/provider.ts";
import { spawnPair } from "../pair.ts";
import { stores } from "../stores.ts";

/**
 * What is kept in memory so that a request through a connection costs little: it is believed no longer
 * than anything else, and who is refused is refused as everywhere under `/v2`.
 */

for (const { name, settings } of stores) {
  describe(`a proxied request on ${name}`, () => {
    const { server, provider } = besideProvider(settings);

    const machine = { grant_type: "client_credentials" };
    async function connected(own: object = {}): Promise<{ id: string; datasourceId: string }> {
      const datasourceId = await makeDatasource(server, provider, { ...machine, ...own });
      const { id } = await makeConnection(server, datasourceId);
      // The first one reads all that is needed, the second one finds it.
      for (let count = 0; count < 2; count += 1) {
        assert.equal((await throughProxy(server, id)).status, 200);
      }
      return { id, datasourceId };
    }
    const lastUrl = (): string => provider.apiRequests.at(-1)!.url;

    test("obeys at once what is changed about the connection", async () => {
      const { id } = await connected();
      const patch = (body: object) => call(server, "PATCH", `/v2/connections/${id}`, { body });
      await patch({ enabled: false });
      const sent = provider.apiRequests.length;
      const { status, text } = await throughProxy(server, id);
      assert.deepEqual([status, JSON.parse(text).code], [409, "disabled"]);
      assert.equal(provider.apiRequests.length, sent);
      await patch({ enabled: true });
      assert.equal((await throughProxy(server, id)).status, 200);
      await call(server, "DELETE", `/v2/connections/${id}`);
      assert.equal((await throughProxy(server, id)).status, 404);
    });

    test("goes where the datasource says now, with what it says now", async () => {
      const { id, datasourceId } = await connected();
      assert.match(lastUrl(), /^\/api\/things$/);
      const path = `/v2/datasources/${datasourceId}`;
      const change = async (body: object): Promise<void> => {
        const changed = await call(server, "PATCH", path, { body });
        assert.equal(changed.status, 200, JSON.stringify(changed.body));
      };
      await change({ base_url: `${provider.url}/api/second` });
      await throughProxy(server, id);
      assert.equal(lastUrl(), "/api/second/things");
      await change({ header_prefix: "Token" });
      await throughProxy(server, id);
      assert.match(provider.apiRequests.at(-1)!.headers.authorization!, /^Token /);
      await change({ add_access_token_to: "query", query_parameter_name: "key" });
      await throughProxy(server, id);
      assert.match(lastUrl(), /^\/api\/second\/things\?key=/);
    });

    test("refuses a key and a token from the moment when they are taken back", async () => {
      const { id } = await connected();
      const client = await createAppClient(server, { api_roles: ["owner"] });
      const headers = bearer(await tokenFor(server, client));
      const mine = { name: "mine", api_key_role: "personal" };
      const made = await call<{ id: string; secret_key: string }>(server, "POST", "/v2/api_keys", {
        headers,
        body: mine,
      });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const byKey = { ...server, apiKey: made.body.secret_key };
      const byToken = { url: server.url, apiKey: "" };
      for (let count = 0; count < 2; count += 1) {
        assert.equal((await throughProxy(byKey, id)).status, 200);
        assert.equal((await throughProxy(byToken, id, "/things", { headers })).status, 200);
      }
      const disabled = { body: { enabled: false } };
      const patched = await call(server, "PATCH", `/v2/app_clients/${client.id}`, disabled);
      assert.equal(patched.status, 200, JSON.stringify(patched.body));
      assert.equal((await throughProxy(byKey, id)).status, 401);
      assert.equal((await throughProxy(byToken, id, "/things", { headers })).status, 401);
    });

    test("that broke on the way was sent once", async () => {
      const { id } = await connected();
      let seen = 0;
      provider.onApi = (_request, response) => {
        seen += 1;
        response.destroy();
        return true;
      };
      const answer = await throughProxy(server, id, "/order", { method: "POST", body: "one" });
      const read = await throughProxy(server, id);
      provider.onApi = undefined;
      assert.deepEqual([answer.status, read.status, seen], [502, 502, 2]);
      assert.equal(read.headers.get("x-request-id"), JSON.parse(read.text).request_id);
    });

    test("is refused with an id by which the refusal is found, and who it was", async () => {
      const { id } = await connected();
      const client = await createAppClient(server, { name: "reader", api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, client));
      const refused = await throughProxy({ url: server.url, apiKey: "" }, id, "/x", { headers });
      assert.equal(refused.status, 403);
      const { request_id: requestId } = JSON.parse(refused.text) as { request_id: string };
      assert.equal(refused.headers.get("x-request-id"), requestId);
      assert.equal(refused.headers.get("x-countersign-error"), "forbidden");
      const found = await call(server, "GET", `/v2/refusals/${requestId}`);
      assert.equal(found.body["cause"], "permission_missing");
      assert.equal(found.body["endpoint"], "GET /v2/connections/:id/proxy/*");
      assert.deepEqual(found.body["details"], { permission: "connections:use" });
    });

    test("has the same headers of ours, however its address is written", async () => {
      const { id } = await connected();
      const plain = await throughProxy(server, id);
      const escaped = await throughProxy(server, id.replace("con_", "%63on_"));
      assert.equal(escaped.status, 200);
      const names = ({ headers }: { headers: Headers }) =>
        [...headers].filter(([one]) => !["date", "x-request-id"].includes(one));
      assert.deepEqual(names(escaped), names(plain));
      assert.match(plain.headers.get("x-request-id")!, /^req_/);
      assert.equal((await throughProxy(server, id, "/%zz")).status, 400);
      const odd = { method: "POST", body: "x", headers: { "content-type": "nonsense" } };
      assert.equal((await throughProxy(server, id, "/x", odd)).status, 415);
    });
  });
}

for (const { name, settings } of stores) {
  test(`a proxied request on ${name} obeys what another process answered a moment ago`, async (t) => {
    const provider = await startOutsideProvider();
    t.after(() => provider.stop());
    const pair = await spawnPair({ ...(await settings()), ...loopback });
    t.after(() => pair.stop());
    const { one, two } = pair;
    const own = { grant_type: "client_credentials" };
    const { id } = await makeConnection(one, await makeDatasource(one, provider, own));
    for (let round = 0; round < 5; round += 1) {
      // It has heard of all that was before, and remembers what it reads now.
      await sleep(pollEveryMs + 100);
      for (let count = 0; count < 2; count += 1) {
        assert.equal((await throughProxy(two, id)).status, 200);
      }
      await call(one, "PATCH", `/v2/connections/${id}`, { body: { enabled: false } });
      assert.equal((await throughProxy(two, id)).status, 409);
      await call(one, "PATCH", `/v2/connections/${id}`, { body: { enabled: true } });
    }
  });
}
