import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ApiKey, CreateApiKey } from "@countersign/protocol/admin/api-keys.ts";
import { tokenExchangeGrantType, tokenTypes } from "@countersign/protocol/oauth.ts";
import { createVerifier } from "@countersign/sdk";
import { basic, bearer, call, claimsOf, createAppClient, requestToken } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/** Token exchange (RFC 8693): an API key becomes a token that is verified offline. */

type Made = ApiKey & { secret_key: string };

for (const { name, settings } of stores) {
  describe(`token exchange on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const create = async (body: Partial<CreateApiKey>) => {
      const all = { name: "a key", ...body };
      const answer = await call<Made>(server, "POST", "/v2/api_keys", { body: all });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    };
    const serving = () => create({ api_key_role: "serving", corpus_keys: ["docs", "news"] });
    const exchange = (key: string, more: Record<string, string> = {}) =>
      requestToken(server, {
        grant_type: tokenExchangeGrantType,
        subject_token: key,
        subject_token_type: tokenTypes.apiKey,
        ...more,
      });

    test("answers a short token that says whose it is and which key earned it", async () => {
      const key = await serving();
      const { status, body, headers } = await exchange(key.secret_key);
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(body.issued_token_type, tokenTypes.accessToken);
      assert.equal(body.token_type, "Bearer");
      assert.equal(body.expires_in, 600);
      const claims = claimsOf(body.access_token);
      assert.deepEqual(
        [claims["sub"], claims["client_id"], claims["cred"], claims["aud"]],
        [key.user_id, key.id, key.id, server.url],
      );
      assert.equal(claims["scope"], undefined);
      const verifier = createVerifier({ issuer: server.url, audience: server.url });
      const access = await verifier.verify(body.access_token);
      assert.ok(access.may("documents:read", { type: "corpus", id: "docs" }));
      assert.ok(!access.may("documents:write", { type: "corpus", id: "docs" }));
    });

    test("gives exactly what is asked for, and never more than the key has", async () => {
      const key = await serving();
      const detail = { type: "corpus", identifier: "docs", actions: ["documents:read"] };
      const asked = JSON.stringify([detail]);
      const narrow = await exchange(key.secret_key, { authorization_details: asked });
      assert.deepEqual(narrow.body.authorization_details, [detail]);
      const more = JSON.stringify([{ ...detail, actions: ["documents:write"] }]);
      const wide = await exchange(key.secret_key, { authorization_details: more });
      assert.deepEqual([wide.status, wide.body.error], [400, "invalid_authorization_details"]);
      const scoped = await exchange(key.secret_key, { scope: "corpora:read" });
      assert.deepEqual([scoped.status, scoped.body.error], [400, "invalid_scope"]);
      const personal = await exchange(server.apiKey, { scope: "corpora:read" });
      assert.equal(personal.body.scope, "corpora:read");
      const people = await exchange(server.apiKey, { scope: "account:delete" });
      assert.equal(people.body.error, "invalid_scope");
      const targets: Record<string, string>[] = [
        { resource: "https://other.example" },
        { audience: "other" },
      ];
      for (const target of targets) {
        const elsewhere = await exchange(key.secret_key, target);
        assert.deepEqual([elsewhere.status, elsewhere.body.error], [400, "invalid_target"]);
      }
      const here = await exchange(key.secret_key, { resource: server.url });
      assert.equal(here.status, 200);
    });

    test("refuses every key that does not count in the same words (A10)", async () => {
      const disabled = await create({ api_key_role: "personal", enabled: false });
      const deleted = await serving();
      await call(server, "DELETE", `/v2/api_keys/${deleted.id}`);
      const refusals = new Set<string>();
      for (const key of ["wrong", disabled.secret_key, deleted.secret_key]) {
        const { status, body } = await exchange(key);
        const { request_id: _, ...rest } = body;
        refusals.add(JSON.stringify([status, rest]));
        assert.equal(body.error, "invalid_request");
      }
      assert.equal(refusals.size, 1);
    });

    test("refuses what it does not exchange, and what it does not issue", async () => {
      const { secret_key: key } = await serving();
      const cases: Record<string, string>[] = [
        { subject_token: "" },
        { subject_token_type: "" },
        { subject_token_type: tokenTypes.accessToken },
        { subject_token_type: "urn:ietf:params:oauth:token-type:jwt" },
        { requested_token_type: "urn:ietf:params:oauth:token-type:refresh_token" },
        { actor_token: "x", actor_token_type: tokenTypes.accessToken },
      ];
      for (const change of cases) {
        const { status, body } = await exchange(key, change);
        assert.deepEqual([status, body.error], [400, "invalid_request"], JSON.stringify(change));
      }
      const inQuery = await fetch(`${server.url}/oauth2/token?subject_token=${key}`, {
        method: "POST",
        body: new URLSearchParams({ grant_type: tokenExchangeGrantType }),
      });
      assert.equal(inQuery.status, 400);
    });

    test("needs the key and nothing else, whoever else is named", async () => {
      const { secret_key: key } = await serving();
      const body = new URLSearchParams({
        grant_type: tokenExchangeGrantType,
        subject_token: key,
        subject_token_type: tokenTypes.apiKey,
      });
      const headers = basic("nobody", "nothing");
      const response = await fetch(`${server.url}/oauth2/token`, { method: "POST", headers, body });
      assert.equal(response.status, 200);
    });

    test("issues nothing that outlives the key", async () => {
      const expires_at = new Date(server.clock.now() + 90_500).toISOString();
      const key = await create({ api_key_role: "serving", corpus_keys: ["docs"], expires_at });
      const { body } = await exchange(key.secret_key);
      assert.ok(body.expires_in <= 90 && body.expires_in > 60, String(body.expires_in));
    });

    test("voids the token with its key: disabled, revoked or deleted, for good (C14)", async () => {
      const gateway = await createAppClient(server, { api_roles: ["administrator"] });
      const introspect = async (token: string) => {
        const response = await fetch(`${server.url}/oauth2/introspect`, {
          method: "POST",
          headers: basic(gateway.client_id, gateway.client_secret),
          body: new URLSearchParams({ token }),
        });
        return ((await response.json()) as { active: boolean }).active;
      };
      const ends: [string, (key: Made) => Promise<unknown>][] = [
        [
          "disabled",
          async ({ id }) => {
            const path = `/v2/api_keys/${id}`;
            await call(server, "PATCH", path, { body: { enabled: false } });
            await call(server, "PATCH", path, { body: { enabled: true } });
          },
        ],
        ["deleted", ({ id }) => call(server, "DELETE", `/v2/api_keys/${id}`)],
        [
          "revoked",
          ({ secret_key: token }) =>
            fetch(`${server.url}/oauth2/revoke`, {
              method: "POST",
              headers: basic(gateway.client_id, gateway.client_secret),
              body: new URLSearchParams({ token }),
            }),
        ],
      ];
      for (const [how, end] of ends) {
        const key = await create({ api_key_role: "personal" });
        const { body } = await exchange(key.secret_key);
        const headers = bearer(body.access_token);
        const list = () => call(server, "GET", "/v2/app_clients?limit=1", { headers });
        const corpora = () => call(server, "GET", "/v2/corpora", { headers });
        assert.deepEqual([(await list()).status, (await corpora()).status], [200, 200], how);
        assert.equal(await introspect(body.access_token), true, how);
        await end(key);
        assert.deepEqual([(await list()).status, (await corpora()).status], [401, 401], how);
        assert.equal(await introspect(body.access_token), false, how);
      }
    });

    test("says to an administrator what became of the key", async () => {
      const key = await create({ api_key_role: "personal" });
      const { body } = await exchange(key.secret_key);
      const headers = bearer(body.access_token);
      const path = `/v2/api_keys/${key.id}`;
      const causeNow = async () => {
        const refused = await call(server, "GET", "/v2/app_clients", { headers });
        assert.equal(refused.status, 401);
        const id = String(refused.body["request_id"]);
        return (await call(server, "GET", `/v2/refusals/${id}`)).body["cause"];
      };
      await call(server, "PATCH", path, { body: { enabled: false } });
      assert.equal(await causeNow(), "token_credential_disabled");
      await call(server, "PATCH", path, { body: { enabled: true } });
      assert.equal(await causeNow(), "token_taken_back");
      await call(server, "DELETE", path);
      assert.equal(await causeNow(), "token_credential_gone");
    });

    test("takes an exchanged token for whoever made the personal key", async () => {
      const { body } = await exchange(server.apiKey, { scope: "api_keys:write api_keys:read" });
      const headers = bearer(body.access_token);
      const personal = { name: "n", api_key_role: "personal" };
      const wide = await call(server, "POST", "/v2/api_keys", { headers, body: personal });
      assert.equal(wide.status, 403, "a personal key would carry more than this token");
      const owned = await call<{ api_keys: ApiKey[] }>(server, "GET", "/v2/api_keys", { headers });
      assert.ok(owned.body.api_keys.some(({ name }) => name === "Personal API key"));
    });
  });
}
