import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ApiKey, CreateApiKey } from "@countersign/protocol/admin/api-keys.ts";
import { createVerifier, introspectApiKeys } from "@countersign/sdk";
import {
  basic,
  bearer,
  call,
  createAppClient,
  type Answer,
  type CreatedAppClient,
} from "../calls.ts";
import { freePort, spawnServer, type ServerProcess, type TestServer } from "../server.ts";
import { stores } from "../stores.ts";

/** API keys where others judge them: introspection, revocation and the SDK, with two processes. */

type Made = ApiKey & { secret_key: string };

async function post(
  { url }: Pick<TestServer, "url">,
  path: string,
  caller: Pick<CreatedAppClient, "client_id" | "client_secret">,
  token: string,
): Promise<Answer> {
  const headers = basic(caller.client_id, caller.client_secret);
  const body = new URLSearchParams({ token });
  const response = await fetch(url + path, { method: "POST", headers, body });
  const answered = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body: answered };
}

for (const { name, settings } of stores) {
  describe(`API keys in two processes on ${name}`, () => {
    let one: ServerProcess;
    let two: ServerProcess;
    let gateway: CreatedAppClient;
    const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
    before(async () => {
      const shared = {
        ...(await settings()),
        COUNTERSIGN_DATA_DIR: dataDir,
        COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${await freePort()}`,
        COUNTERSIGN_STORE_HINTS: "off",
      };
      [one, two] = await Promise.all([spawnServer(shared), spawnServer(shared)]);
      gateway = await createAppClient(one, { api_roles: ["administrator"] });
    });
    after(async () => {
      await Promise.all([one.stop(), two.stop()]);
      rmSync(dataDir, { recursive: true, force: true });
    });

    const create = async (body: Partial<CreateApiKey>, headers?: Record<string, string>) => {
      const all = { name: "a key", ...body };
      const answer = await call<Made>(one, "POST", "/v2/api_keys", {
        body: all,
        ...(headers && { headers }),
      });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    };
    const serving = () => create({ api_key_role: "serving", corpus_keys: ["docs"] });
    const introspect = (token: string, server = two, caller = gateway) =>
      post(server, "/oauth2/introspect", caller, token);
    const ask = (key: string) => call(two, "GET", "/v2/corpora", { headers: { "x-api-key": key } });

    test("tells what a key may do, and by which handles it can be taken back", async () => {
      const key = await serving();
      const { body } = await introspect(key.secret_key);
      const { iat, ...rest } = body;
      assert.equal(typeof iat, "number");
      assert.deepEqual(rest, {
        active: true,
        token_type: "api_key",
        sub: key.user_id,
        client_id: key.id,
        cred: key.id,
        tenant: "tnt_first",
        authorization_details: [
          {
            type: "corpus",
            identifier: "docs",
            actions: ["corpora:read", "corpora:query", "documents:read"],
          },
        ],
      });
      const personal = await introspect(one.apiKey);
      assert.match(String(personal.body["scope"]), /\busers:list\b/);
      assert.doesNotMatch(String(personal.body["scope"]), /account:delete|billing/);
    });

    test("tells others nothing, but a client of the keys it made", async () => {
      const key = await serving();
      const stranger = await createAppClient(one, { api_roles: ["viewer"] });
      assert.deepEqual((await introspect(key.secret_key, two, stranger)).body, { active: false });
      const { body: token } = await requestedBy(stranger);
      const own = await create({ api_key_role: "personal" }, bearer(token));
      const { body } = await introspect(own.secret_key, two, stranger);
      assert.deepEqual([body["active"], body["sub"]], [true, stranger.client_id]);
    });

    test("is obeyed at once in the other process: disabled, enabled, deleted (D15)", async () => {
      for (let round = 0; round < 5; round += 1) {
        const key = await serving();
        const both = async () => [
          (await ask(key.secret_key)).status,
          (await introspect(key.secret_key)).body["active"],
        ];
        const patch = (body: unknown) => call(one, "PATCH", `/v2/api_keys/${key.id}`, { body });
        assert.deepEqual(await both(), [200, true]);
        await patch({ enabled: false });
        assert.deepEqual(await both(), [401, false]);
        await patch({ enabled: true });
        assert.deepEqual(await both(), [200, true]);
        await call(one, "DELETE", `/v2/api_keys/${key.id}`);
        assert.deepEqual(await both(), [401, false]);
      }
    });

    test("knows a key that was asked for before it existed", async () => {
      const { secret_key: secret } = await serving();
      assert.equal((await ask(secret)).status, 200);
      assert.equal((await ask(`${secret}x`)).status, 401);
    });

    test("revokes a key for good, for who may, with the same answer to all (C16)", async () => {
      const key = await serving();
      const stranger = await createAppClient(one, { api_roles: ["viewer"] });
      const revoke = (caller: CreatedAppClient) =>
        post(one, "/oauth2/revoke", caller, key.secret_key);
      const refused = await revoke(stranger);
      assert.deepEqual([refused.status, refused.body], [200, {}]);
      assert.equal((await ask(key.secret_key)).status, 200);
      for (let times = 0; times < 2; times += 1) {
        const answer = await revoke(gateway);
        assert.deepEqual([answer.status, answer.body], [200, {}]);
        assert.equal((await ask(key.secret_key)).status, 401);
      }
      const path = `/v2/api_keys/${key.id}`;
      const { body } = await call<ApiKey>(one, "GET", path);
      assert.deepEqual([body.state, body.enabled], ["revoked", false]);
      const enabled = await call(one, "PATCH", path, { body: { enabled: true } });
      assert.equal(enabled.status, 409);
    });

    test("is taken by any API through the SDK", async () => {
      const key = await serving();
      const issuer = two.environment["COUNTERSIGN_PUBLIC_URL"]!;
      const here = (url: string, init: RequestInit) => fetch(url.replace(issuer, two.url), init);
      const { client_id: clientId, client_secret: clientSecret } = gateway;
      const verifier = createVerifier({
        issuer,
        audience: "https://api.example",
        findApiKey: introspectApiKeys({ issuer, clientId, clientSecret, fetch: here }),
      });
      const access = await verifier.verify({ "x-api-key": key.secret_key });
      assert.ok(access.may("documents:read", { type: "corpus", id: "docs" }));
      assert.ok(!access.may("documents:read", { type: "corpus", id: "news" }));
      await assert.rejects(verifier.verify({ "x-api-key": "wrong" }), { code: "invalid_token" });
    });

    async function requestedBy(client: CreatedAppClient): Promise<{ body: string }> {
      const response = await fetch(`${one.url}/oauth2/token`, {
        method: "POST",
        headers: basic(client.client_id, client.client_secret),
        body: new URLSearchParams({ grant_type: "client_credentials" }),
      });
      const { access_token: body } = (await response.json()) as { access_token: string };
      return { body };
    }
  });
}
