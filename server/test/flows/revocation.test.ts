import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  basic,
  bearer,
  call,
  claimsOf,
  createAppClient,
  tokenFor,
  type Answer,
  type CreatedAppClient,
} from "../calls.ts";
import {
  freePort,
  spawnServer,
  startServer,
  type InProcessServer,
  type ServerProcess,
  type TestServer,
} from "../server.ts";
import { stores } from "../stores.ts";

/** Introspection (RFC 7662) and revocation (RFC 7009): what was taken back is inactive at once. */

async function post(
  { url }: Pick<TestServer, "url">,
  path: string,
  caller: Pick<CreatedAppClient, "client_id" | "client_secret">,
  parameters: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: basic(caller.client_id, caller.client_secret),
    body: new URLSearchParams(parameters),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

const introspect = (server: TestServer, caller: CreatedAppClient, token: string) =>
  post(server, "/oauth2/introspect", caller, { token });
const revoke = (server: TestServer, caller: CreatedAppClient, token: string) =>
  post(server, "/oauth2/revoke", caller, { token });

for (const { name, settings } of stores) {
  describe(`introspection and revocation on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const patch = (id: string, body: unknown) =>
      call(server, "PATCH", `/v2/app_clients/${id}`, { body });

    test("tells a client of its own token what it may do, and the handles to take it back", async () => {
      const client = await createAppClient(server, {
        api_roles: ["viewer"],
        corpus_roles: [{ corpus_key: "docs", role: "editor" }],
      });
      const token = await tokenFor(server, client);
      const { status, body, headers } = await introspect(server, client, token);
      assert.equal(status, 200);
      assert.equal(headers.get("cache-control"), "no-store");
      const claims = claimsOf(token);
      assert.deepEqual(
        [body["active"], body["client_id"], body["sub"], body["token_type"]],
        [true, client.client_id, client.client_id, "Bearer"],
      );
      for (const name of ["iss", "aud", "exp", "iat", "jti", "cred", "pos", "tenant", "scope"]) {
        assert.deepEqual(body[name], claims[name], name);
      }
      assert.deepEqual(body["authorization_details"], claims["authorization_details"]);
    });

    test("tells nothing of others' tokens without the permission, and everything with it", async () => {
      const token = await tokenFor(
        server,
        await createAppClient(server, { api_roles: ["viewer"] }),
      );
      const stranger = await createAppClient(server, { api_roles: ["viewer"] });
      assert.deepEqual((await introspect(server, stranger, token)).body, { active: false });
      const gateway = await createAppClient(server, { api_roles: ["administrator"] });
      assert.equal((await introspect(server, gateway, token)).body["active"], true);
    });

    test("answers inactive for whatever is no token, and asks who is calling (A8)", async () => {
      const client = await createAppClient(server);
      for (const token of ["x", "a.b.c", client.client_secret, "é".repeat(20)]) {
        assert.deepEqual((await introspect(server, client, token)).body, { active: false });
      }
      const noToken = await post(server, "/oauth2/introspect", client, {});
      assert.deepEqual([noToken.status, noToken.body["error"]], [400, "invalid_request"]);
      const wrong = await introspect(server, { ...client, client_secret: "wrong" }, "x");
      assert.deepEqual([wrong.status, wrong.body["error"]], [401, "invalid_client"]);
      const anonymous = await fetch(`${server.url}/oauth2/introspect`, {
        method: "POST",
        body: new URLSearchParams({ token: "x" }),
      });
      assert.equal(anonymous.status, 401);
    });

    test("takes one token back, and no other, with an empty JSON object as the answer", async () => {
      const client = await createAppClient(server, { api_roles: ["administrator"] });
      const [token, other] = [await tokenFor(server, client), await tokenFor(server, client)];
      for (let times = 0; times < 2; times += 1) {
        const answer = await revoke(server, client, token);
        assert.deepEqual([answer.status, answer.body], [200, {}]);
        assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
      }
      assert.deepEqual((await introspect(server, client, token)).body, { active: false });
      assert.equal((await introspect(server, client, other)).body["active"], true);
      const ask = (used: string) =>
        call(server, "GET", "/v2/app_clients?limit=1", { headers: bearer(used) });
      assert.deepEqual([(await ask(token)).status, (await ask(other)).status], [401, 200]);
    });

    test("answers the same for tokens of others, of nobody and of no form, and leaves them alone (C16)", async () => {
      const owner = await createAppClient(server, { api_roles: ["viewer"] });
      const stranger = await createAppClient(server, { api_roles: ["viewer"] });
      const token = await tokenFor(server, owner);
      for (const text of [token, "garbage", `${token}x`]) {
        const answer = await revoke(server, stranger, text);
        assert.deepEqual([answer.status, answer.body], [200, {}]);
      }
      assert.equal((await introspect(server, owner, token)).body["active"], true);
      const administrator = await createAppClient(server, { api_roles: ["administrator"] });
      await revoke(server, administrator, token);
      assert.deepEqual((await introspect(server, owner, token)).body, { active: false });
    });

    test("takes back what a client had when it is disabled, for good (C14)", async () => {
      const client = await createAppClient(server, { api_roles: ["viewer"] });
      const gateway = await createAppClient(server, { api_roles: ["administrator"] });
      const token = await tokenFor(server, client);
      await patch(client.id, { enabled: false });
      assert.deepEqual((await introspect(server, gateway, token)).body, { active: false });
      await patch(client.id, { enabled: true });
      assert.deepEqual((await introspect(server, gateway, token)).body, { active: false });
      const fresh = await tokenFor(server, client);
      assert.equal((await introspect(server, gateway, fresh)).body["active"], true);
    });

    test("takes a role out of tokens that were issued before, and leaves the rest", async () => {
      const client = await createAppClient(server, {
        api_roles: ["viewer", "corpus_administrator"],
      });
      const token = await tokenFor(server, client);
      await patch(client.id, { api_roles: ["viewer"] });
      const { body } = await introspect(server, client, token);
      const scope = String(body["scope"]).split(" ");
      assert.ok(scope.includes("corpora:read"));
      assert.ok(!scope.includes("corpora:delete"));
    });

    test("obeys on the sample API, where only a permission that is gone is refused", async () => {
      const client = await createAppClient(server, { api_roles: ["corpus_administrator"] });
      const headers = bearer(await tokenFor(server, client));
      const create = (key: string) =>
        call(server, "POST", "/v2/corpora", { headers, body: { key } });
      assert.equal((await create("before")).status, 201);
      await patch(client.id, { api_roles: ["corpus_viewer"] });
      const refused = await create("after");
      assert.equal(refused.status, 401);
      assert.match(refused.headers.get("www-authenticate") ?? "", /invalid_token/);
      assert.equal((await call(server, "GET", "/v2/corpora", { headers })).status, 200);
      await patch(client.id, { enabled: false });
      assert.equal((await call(server, "GET", "/v2/corpora", { headers })).status, 401);
    });

    test("remembers at most a thousand single tokens of a client, and then names the remedy", async () => {
      const client = await createAppClient(server, { api_roles: ["viewer"] });
      const { store } = server.app;
      const record = {
        id: "",
        tenantId: "tnt_first",
        atMs: server.clock.now(),
        actorType: "client",
        actorId: client.client_id,
        action: "token.revoked",
        subjectType: "token",
        before: undefined,
        after: undefined,
        requestId: "test",
        sourceAddress: undefined,
      };
      for (let count = 0; count < 1_000; count += 1) {
        await store.revokeToken({
          tenantId: "tnt_first",
          clientId: client.client_id,
          tokenId: `token-${count}`,
          perClientMax: 1_000,
          audit: { ...record, id: `aud_${client.id}_${count}`, subjectId: `token-${count}` },
        });
      }
      const answer = await revoke(server, client, await tokenFor(server, client));
      assert.equal(answer.status, 400);
      assert.match(String(answer.body["error_description"]), /Revoke its credential/);
    });
  });

  describe(`revocation in another process on ${name}`, () => {
    let one: ServerProcess;
    let two: ServerProcess;
    const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
    before(async () => {
      const shared = {
        ...(await settings()),
        COUNTERSIGN_DATA_DIR: dataDir,
        COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${await freePort()}`,
        COUNTERSIGN_STORE_HINTS: "off",
      };
      [one, two] = await Promise.all([spawnServer(shared), spawnServer(shared)]);
    });
    after(async () => {
      await Promise.all([one.stop(), two.stop()]);
      rmSync(dataDir, { recursive: true, force: true });
    });

    test("is obeyed at once, token by token (D15)", async () => {
      const client = await createAppClient(one, { api_roles: ["administrator"] });
      for (let round = 0; round < 20; round += 1) {
        const token = await tokenFor(two, client);
        assert.equal((await introspect(two, client, token)).body["active"], true);
        await revoke(one, client, token);
        assert.deepEqual((await introspect(two, client, token)).body, { active: false });
        const headers = bearer(token);
        assert.equal((await call(two, "GET", "/v2/app_clients?limit=1", { headers })).status, 401);
      }
    });

    test("survives a restart (C14)", async () => {
      const client = await createAppClient(one, { api_roles: ["viewer"] });
      const token = await tokenFor(one, client);
      await revoke(one, client, token);
      await two.kill();
      two = await spawnServer({
        ...two.environment,
      });
      assert.deepEqual((await introspect(two, client, token)).body, { active: false });
    });
  });
}
