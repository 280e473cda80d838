import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Api, ApiPage, CreateApi } from "@countersign/protocol/admin/apis.ts";
import { createVerifier } from "@countersign/sdk";
import {
  basic,
  bearer,
  call,
  claimsOf,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type Answer,
} from "../calls.ts";
import { invoices, registerApi } from "../registered-apis.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/** What is asked for of an API that is registered: tokens, and whether they are good. */

for (const { name, settings } of stores) {
  describe(`tokens for an API of one's own, on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const create = (own?: Partial<CreateApi>) => registerApi(server, own);
    const introspect = async (
      credentials: Record<string, string>,
      token: string,
    ): Promise<Answer> => {
      const response = await fetch(`${server.url}/oauth2/introspect`, {
        method: "POST",
        headers: credentials,
        body: new URLSearchParams({ token }),
      });
      const body = (await response.json()) as Record<string, unknown>;
      return { status: response.status, headers: response.headers, body };
    };
    const secretOfApi = (api: Api) => basic(api.id, api.verifier_credential!.secret!);
    const scopeOf = (token: string) => ((claimsOf(token)["scope"] ?? "") as string).split(" ");

    for (const algorithm of ["ES256", "RS256", "EdDSA"] as const) {
      test(`issues ${algorithm} tokens for it alone, with its permissions and lifetime`, async () => {
        const api = await create({ signing_algorithm: algorithm, token_lifetime_seconds: 120 });
        const owner = await createAppClient(server, { api_roles: ["owner"] });
        const resource = api.audience;
        const answer = await requestToken(server, { ...secretOf(owner), resource });
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        assert.equal(answer.body.expires_in, 120);
        assert.equal(answer.body.scope, "invoices:read invoices:send");
        const token = answer.body.access_token;
        assert.equal(claimsOf(token)["aud"], api.audience);
        const header = JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()) as {
          alg: string;
        };
        assert.equal(header.alg, algorithm);
        const verifier = createVerifier({ issuer: server.url, audience: api.audience });
        const { claims } = await verifier.verify({ headers: bearer(token) });
        assert.equal(claims.aud, api.audience);
        const ours = await call(server, "GET", "/v2/app_clients", { headers: bearer(token) });
        assert.equal(ours.status, 401, "it is for another audience");
        const forUs = scopeOf(await tokenFor(server, owner));
        assert.ok(!forUs.includes("invoices:read"), "never a union");
      });
    }

    test("gives its permissions to owner and administrator alone, and a token without scope to the rest", async () => {
      const api = await create();
      for (const [role, scope] of [
        ["administrator", "invoices:read invoices:send"],
        ["corpus_administrator", undefined],
        ["viewer", undefined],
      ] as const) {
        const client = await createAppClient(server, { api_roles: [role] });
        const asked = { ...secretOf(client), resource: api.audience };
        const { status, body } = await requestToken(server, asked);
        assert.deepEqual([status, body.scope], [200, scope], role);
      }
    });

    test("grants a part of its permissions, and refuses those of another API", async () => {
      const api = await create();
      const owner = await createAppClient(server, { api_roles: ["owner"] });
      const ask = (scope: string, resource = api.audience) =>
        requestToken(server, { ...secretOf(owner), resource, scope });
      assert.equal((await ask("invoices:read")).body.scope, "invoices:read");
      for (const scope of ["corpora:read", "invoices:read corpora:read", "invoices:pay"]) {
        assert.deepEqual(
          [(await ask(scope)).status, (await ask(scope)).body.error],
          [400, "invalid_scope"],
        );
      }
      assert.equal((await ask("invoices:read", server.url)).body.error, "invalid_scope");
      assert.equal((await ask("invoices:read", "https://unknown.example")).status, 400);
    });

    test("lets an owner's token pass on what is about other APIs, but not a narrowed one (H4)", async () => {
      await create();
      const owner = await createAppClient(server, { api_roles: ["owner"] });
      const attempt = async (parameters: Record<string, string>) => {
        const headers = bearer(await tokenFor(server, owner, parameters));
        const body = { name: "n", type: "client_credentials", api_roles: ["owner"] };
        return (await call(server, "POST", "/v2/app_clients", { headers, body })).status;
      };
      assert.equal(await attempt({}), 201);
      assert.equal(await attempt({ scope: "app_clients:write" }), 403);
    });

    test("lets an API introspect tokens of its own audience, and no other", async () => {
      const [api, other] = [await create(), await create()];
      const owner = await createAppClient(server, { api_roles: ["owner"] });
      const token = await tokenFor(server, owner, { resource: api.audience });
      const seen = await introspect(secretOfApi(api), token);
      assert.deepEqual(
        [seen.status, seen.body["active"], seen.body["scope"], seen.body["client_id"]],
        [200, true, "invoices:read invoices:send", owner.client_id],
      );
      assert.deepEqual((await introspect(secretOfApi(other), token)).body, { active: false });
      const ours = await tokenFor(server, owner);
      assert.deepEqual((await introspect(secretOfApi(api), ours)).body, { active: false });
      assert.deepEqual((await introspect(secretOfApi(api), "x")).body, { active: false });
    });

    test("lets an API introspect keys of its account, and tells it what they may do there alone", async () => {
      const api = await create();
      const { body } = await introspect(secretOfApi(api), server.apiKey);
      assert.deepEqual(
        [body["active"], body["token_type"], body["scope"]],
        [true, "api_key", "invoices:read invoices:send"],
      );
    });

    test("refuses a verifier credential that is wrong, in all ways alike, and everywhere else", async () => {
      const api = await create();
      const secret = api.verifier_credential!.secret!;
      for (const [id, wrong] of [
        [api.id, `${secret}x`],
        [api.id, "x"],
        ["api_unknown", secret],
      ] as const) {
        const answer = await introspect(basic(id, wrong), "x");
        assert.deepEqual([answer.status, answer.body["error"]], [401, "invalid_client"]);
      }
      const defaultApi = (await call<ApiPage>(server, "GET", "/v2/apis")).body.apis[0]!;
      assert.equal((await introspect(basic(defaultApi.id, ""), "x")).status, 401);
      for (const path of ["/oauth2/token", "/oauth2/revoke"]) {
        const response = await fetch(server.url + path, {
          method: "POST",
          headers: basic(api.id, secret),
          body: new URLSearchParams({ grant_type: "client_credentials", token: "x" }),
        });
        assert.equal(response.status, 401, path);
      }
    });

    test("rotates the verifier credential, with and without an overlap", async () => {
      const api = await create();
      const rotate = async (body: object): Promise<Record<string, string>> => {
        const path = `/v2/apis/${api.id}/verifier_credential/rotate`;
        const answer = await call<{ secret: string }>(server, "POST", path, { body });
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
        return basic(api.id, answer.body.secret);
      };
      const status = async (credentials: Record<string, string>) =>
        (await introspect(credentials, "x")).status;
      const second = await rotate({ previous_valid_seconds: 60 });
      assert.deepEqual([await status(secretOfApi(api)), await status(second)], [200, 200]);
      server.clock.advance(60_001);
      assert.deepEqual([await status(secretOfApi(api)), await status(second)], [401, 200]);
      const third = await rotate({ previous_valid_seconds: 0 });
      assert.deepEqual([await status(second), await status(third)], [401, 200]);
    });

    test("takes a permission that leaves the catalogue out of tokens that were issued before", async () => {
      const api = await create();
      const owner = await createAppClient(server, { api_roles: ["owner"] });
      const token = await tokenFor(server, owner, { resource: api.audience });
      const body = { permissions: [invoices.permissions[0]] };
      await call(server, "PATCH", `/v2/apis/${api.id}`, { body });
      assert.equal((await introspect(secretOfApi(api), token)).body["scope"], "invoices:read");
      const fresh = await tokenFor(server, owner, { resource: api.audience });
      assert.deepEqual(scopeOf(fresh), ["invoices:read"]);
    });

    test("leaves no token of a deleted API active, nor lets one come back with its audience", async () => {
      const api = await create();
      const owner = await createAppClient(server, { api_roles: ["owner"] });
      const gateway = basic(owner.client_id, owner.client_secret);
      const resource = api.audience;
      const token = await tokenFor(server, owner, { resource });
      assert.equal((await introspect(gateway, token)).body["active"], true);
      await call(server, "DELETE", `/v2/apis/${api.id}`);
      assert.deepEqual((await introspect(gateway, token)).body, { active: false });
      assert.equal((await introspect(secretOfApi(api), token)).status, 401);
      assert.equal((await requestToken(server, { ...secretOf(owner), resource })).status, 400);
      const again = await create({ audience: resource });
      assert.deepEqual((await introspect(secretOfApi(again), token)).body, { active: false });
      const fresh = await tokenFor(server, owner, { resource });
      assert.equal((await introspect(secretOfApi(again), fresh)).body["active"], true);
    });
  });
}
