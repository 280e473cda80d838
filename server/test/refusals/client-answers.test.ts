import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Credential } from "@countersign/protocol/admin/credentials.ts";
import { bearer, call, createAppClient, requestToken, secretOf, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { checkRefused, checkServes, formType, goodForm } from "./attack.ts";

/** What a client is given, who else may see it, and that it is worth nothing once it is taken back. */

describe("what a client is given", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());
  const makeClient = () => createAppClient(server, { api_roles: ["viewer"] });

  test("lets nobody keep an answer that holds a token, a secret or a refusal (A14)", async () => {
    const client = await makeClient();
    const body = goodForm(client);
    const key = { "x-api-key": server.apiKey };
    const requests: [number, string, RequestInit][] = [
      [200, "/oauth2/token", { method: "POST", headers: { "content-type": formType }, body }],
      [400, "/oauth2/token", { method: "POST", headers: { "content-type": formType }, body: "" }],
      [
        401,
        "/oauth2/token",
        {
          method: "POST",
          headers: { "content-type": formType },
          body: "grant_type=client_credentials",
        },
      ],
      [405, "/oauth2/token", { method: "GET" }],
      [
        413,
        "/oauth2/token",
        { method: "POST", headers: { "content-type": formType }, body: "x".repeat(70_000) },
      ],
      [415, "/oauth2/token", { method: "POST", headers: { "content-type": "text/plain" }, body }],
      [200, `/v2/app_clients/${client.id}`, { headers: key }],
      [200, `/v2/app_clients/${client.id}/credentials`, { headers: key }],
      [400, "/v2/app_clients?limit=0", { headers: key }],
      [401, "/v2/app_clients", {}],
      [404, "/v2/app_clients/none", { headers: key }],
      [404, "/nowhere", {}],
      [
        403,
        "/setup",
        {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: '{"code":"x","email":"a@b"}',
        },
      ],
    ];
    for (const [status, path, init] of requests) {
      const answer = await fetch(server.url + path, init);
      assert.equal(answer.status, status, path);
      assert.equal(answer.headers.get("cache-control"), "no-store", `${status} ${path}`);
      await answer.text();
    }
  });

  test("gives a machine no refresh token, even when it asks (A15)", async () => {
    const client = await makeClient();
    const { body } = await requestToken(server, { ...secretOf(client), access_type: "offline" });
    assert.ok(body.access_token);
    assert.ok(!("refresh_token" in body) && !("id_token" in body));
    const asking = { ...secretOf(client), scope: "corpora:read offline_access" };
    checkRefused(await requestToken(server, asking), 400, "invalid_scope");
  });

  test("refuses at once what was disabled, narrowed or deleted (A21)", async () => {
    const target = await createAppClient(server, { api_roles: ["administrator"] });
    const path = `/v2/app_clients/${target.id}`;
    const use = async (token: string): Promise<number> =>
      (await call(server, "GET", "/v2/app_clients?limit=1", { headers: bearer(token) })).status;
    const change = (body: object) => call(server, "PATCH", path, { body });
    const first = await tokenFor(server, target);
    assert.equal(await use(first), 200);

    await change({ enabled: false });
    checkRefused(await requestToken(server, secretOf(target)), 401, "invalid_client");
    assert.equal(await use(first), 401);
    await change({ enabled: true });
    assert.equal(await use(first), 401, "what was taken back does not come back");
    const second = await tokenFor(server, target);
    assert.equal(await use(second), 200);

    await change({ api_roles: ["corpus_viewer"] });
    const wider = { ...secretOf(target), scope: "app_clients:read" };
    checkRefused(await requestToken(server, wider), 400, "invalid_scope");
    assert.equal(await use(second), 401);
    const third = await tokenFor(server, target);
    assert.equal(await use(third), 403);

    await change({
      redirect_uris: ["https://a.example/"],
      grant_types: ["authorization_code"],
    });
    checkRefused(await requestToken(server, secretOf(target)), 400, "unauthorized_client");
    await call(server, "DELETE", path);
    checkRefused(await requestToken(server, secretOf(target)), 401, "invalid_client");
    for (const token of [first, second, third]) assert.equal(await use(token), 401);
  });

  test("refuses at once a credential that was disabled, revoked or has expired (A21)", async () => {
    const client = await makeClient();
    const path = `/v2/app_clients/${client.id}/credentials`;
    const expires_at = new Date(server.clock.now() + 60_000).toISOString();
    const { body } = await call<Credential>(server, "POST", path, { body: { expires_at } });
    const its = { ...secretOf(client), client_secret: body.client_secret! };
    const tokenOfIt = bearer(
      await tokenFor(server, { ...client, client_secret: body.client_secret! }),
    );
    const one = `${path}/${body.id}`;

    await call(server, "PATCH", one, { body: { enabled: false } });
    checkRefused(await requestToken(server, its), 401, "invalid_client");
    await call(server, "PATCH", one, { body: { enabled: true } });
    assert.equal((await requestToken(server, its)).status, 200);

    server.clock.advance(61_000);
    checkRefused(await requestToken(server, its), 401, "invalid_client");
    await call(server, "DELETE", one);
    checkRefused(await requestToken(server, its), 401, "invalid_client");
    const after = await call(server, "GET", "/v2/app_clients", { headers: tokenOfIt });
    assert.equal(after.status, 401);
    assert.equal((await requestToken(server, secretOf(client))).status, 200);
  });

  test("lets no foreign page read an answer that is not public (A24)", async () => {
    const publicPaths = [
      "/oauth2/jwks",
      "/openapi.json",
      "/.well-known/oauth-authorization-server",
    ];
    const paths = [
      "/oauth2/token",
      "/oauth/token",
      "/v2/app_clients",
      "/setup",
      "/metrics",
      "/healthz",
      "/nowhere",
      ...publicPaths,
    ];
    for (const origin of ["https://evil.example", "null", server.url]) {
      for (const path of paths) {
        for (const method of ["GET", "POST", "OPTIONS"]) {
          const { headers } = await fetch(server.url + path, {
            method,
            headers: {
              origin,
              "access-control-request-method": "POST",
              "x-api-key": server.apiKey,
            },
          });
          assert.equal(headers.get("access-control-allow-credentials"), null);
          const allowed = headers.get("access-control-allow-origin");
          assert.ok(allowed === null || (allowed === "*" && publicPaths.includes(path)), path);
        }
      }
    }
  });

  test("serves as before after all of this", () => checkServes(server));
});
