import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createVerifier } from "@countersign/sdk";
import type { Api, ApiPage, CreateApi } from "@countersign/protocol/admin/apis.ts";
import { allPermissions } from "@countersign/protocol/permissions.ts";
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
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/** APIs: registered, asked for, verified, changed and removed. */

const invoices: CreateApi = {
  name: "Invoices",
  audience: "https://invoices.example.com",
  permissions: [
    { name: "invoices:read", description: "See invoices" },
    { name: "invoices:send", description: "Send invoices" },
  ],
};

for (const { name, settings } of stores) {
  describe(`/v2/apis on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    let count = 0;
    const create = async (own: Partial<CreateApi> = {}): Promise<Api> => {
      count += 1;
      const audience = `https://api-${count}.example.com`;
      const body = { ...invoices, audience, ...own };
      const answer = await call<Api>(server, "POST", "/v2/apis", { body });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    };
    const read = (id: string) => call<Api>(server, "GET", `/v2/apis/${id}`);
    const patch = (id: string, body: object, headers: Record<string, string> = {}) =>
      call<Api>(server, "PATCH", `/v2/apis/${id}`, {
        body,
        headers: { "x-api-key": server.apiKey, ...headers },
      });
    const remove = (id: string) => call(server, "DELETE", `/v2/apis/${id}`);
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

    test("creates, reads without the secret, lists, changes and deletes", async () => {
      const created = await create({
        signing_algorithm: "EdDSA",
        token_lifetime_seconds: 600,
        openapi_url: "https://invoices.example.com/openapi.json",
        offered: true,
      });
      assert.match(created.id, /^api_/);
      const { secret, ...shown } = created.verifier_credential!;
      assert.match(secret!, /^csvk_[0-9A-Za-z]{49}$/);
      const again = await read(created.id);
      assert.deepEqual(again.body, { ...created, verifier_credential: shown });
      const page = await call<ApiPage>(server, "GET", "/v2/apis?limit=100");
      assert.deepEqual(
        page.body.apis.find(({ id }) => id === created.id),
        again.body,
      );
      const changed = await patch(created.id, { name: "Bills", openapi_url: null });
      assert.equal(changed.status, 200);
      assert.deepEqual(
        [changed.body.name, changed.body.openapi_url, changed.body.signing_algorithm],
        ["Bills", undefined, "EdDSA"],
      );
      assert.equal((await remove(created.id)).status, 204);
      assert.equal((await read(created.id)).status, 404);
      assert.equal((await remove(created.id)).status, 404);
    });

    test("shows the default API with the built-in catalogue, and neither deletes nor re-writes it", async () => {
      const { body } = await call<ApiPage>(server, "GET", "/v2/apis");
      const api = body.apis.find(({ is_default }) => is_default)!;
      assert.equal(api.audience, server.url);
      assert.deepEqual(
        api.permissions.map(({ name }) => name),
        allPermissions,
      );
      assert.equal((await remove(api.id)).status, 409);
      const refused = await patch(api.id, { permissions: invoices.permissions });
      assert.equal(refused.status, 400);
      assert.equal((await patch(api.id, { name: "Ours" })).status, 200);
    });

    test("pages through the list, each API once", async () => {
      for (let made = 0; made < 4; made += 1) await create();
      const seen: string[] = [];
      let pageKey: string | undefined;
      do {
        const next = pageKey === undefined ? "" : `&page_key=${encodeURIComponent(pageKey)}`;
        const page = await call<ApiPage>(server, "GET", `/v2/apis?limit=2${next}`);
        assert.equal(page.status, 200);
        seen.push(...page.body.apis.map(({ id }) => id));
        pageKey = page.body.metadata.page_key;
      } while (pageKey !== undefined);
      const all = await call<ApiPage>(server, "GET", "/v2/apis?limit=100");
      assert.deepEqual(
        seen,
        all.body.apis.map(({ id }) => id),
      );
    });

    test("does once what is asked twice with one Idempotency-Key, and shows the secret once", async () => {
      const headers = { "x-api-key": server.apiKey, "idempotency-key": "register-once" };
      const body = { ...invoices, audience: "https://once.example.com" };
      const ask = (own: object = {}) =>
        call<Api>(server, "POST", "/v2/apis", { body: { ...body, ...own }, headers });
      const [first, ...others] = (
        await Promise.all(Array.from({ length: 4 }, () => ask()))
      ).toSorted((one) => (one.body.verifier_credential?.secret === undefined ? 1 : -1));
      assert.match(first!.body.verifier_credential!.secret!, /^csvk_/);
      for (const other of others) {
        assert.deepEqual([other.status, other.body.id], [201, first!.body.id]);
        assert.equal(other.body.verifier_credential?.secret, undefined);
      }
      assert.equal((await ask({ name: "Another" })).status, 422);
      const role = { name: "once", permissions: [] };
      const elsewhere = await call(server, "POST", "/v2/roles", { body: role, headers });
      assert.equal(elsewhere.status, 422, "a key is one request, whatever it is about");
    });

    test("leaves the same behind when a file is applied twice", async () => {
      const file = { ...invoices, audience: "https://file.example.com", labels: { from: "file" } };
      const apply = async (): Promise<Api> => {
        const found = await call<ApiPage>(server, "GET", "/v2/apis?external_id=file-1");
        const [api] = found.body.apis;
        if (api === undefined) return create({ ...file, external_id: "file-1" });
        const { headers } = await read(api.id);
        const { audience: _audience, ...changeable } = file;
        const changed = await patch(api.id, changeable, { "if-match": headers.get("etag")! });
        assert.equal(changed.status, 200);
        return changed.body;
      };
      const [first, second] = [await apply(), await apply()];
      const plain = ({ verifier_credential: _secret, updated_at: _at, ...rest }: Api) => rest;
      assert.deepEqual(plain(second), plain(first));
      assert.deepEqual([second.external_id, second.labels], ["file-1", { from: "file" }]);
    });

    test("keeps external_id unique within the account, and finds by it", async () => {
      const [api, other] = [await create({ external_id: "tf-1" }), await create()];
      const body = { ...invoices, audience: "https://tf.example.com", external_id: "tf-1" };
      assert.equal((await call(server, "POST", "/v2/apis", { body })).status, 409);
      assert.equal((await patch(other.id, { external_id: "tf-1" })).status, 409);
      const found = await call<ApiPage>(server, "GET", "/v2/apis?external_id=tf-1");
      assert.deepEqual(
        found.body.apis.map(({ id }) => id),
        [api.id],
      );
      assert.equal((await patch(api.id, { external_id: null })).status, 200);
      assert.equal((await call(server, "POST", "/v2/apis", { body })).status, 201);
    });

    test("refuses a second API of one audience, and a change of what changed meanwhile", async () => {
      const api = await create();
      const body = { ...invoices, audience: api.audience };
      assert.equal((await call(server, "POST", "/v2/apis", { body })).status, 409);
      const same = { ...invoices, audience: server.url };
      assert.equal((await call(server, "POST", "/v2/apis", { body: same })).status, 409);
      const etag = (await read(api.id)).headers.get("etag")!;
      assert.equal((await patch(api.id, { name: "one" }, { "if-match": etag })).status, 200);
      assert.equal((await patch(api.id, { name: "two" }, { "if-match": etag })).status, 412);
      const results = await Promise.all([
        patch(api.id, { name: "three" }),
        patch(api.id, { offered: true }),
        patch(api.id, { token_lifetime_seconds: 90 }),
      ]);
      assert.deepEqual([...new Set(results.map(({ status }) => status))], [200]);
      const { name: last, offered, token_lifetime_seconds } = (await read(api.id)).body;
      assert.deepEqual([last, offered, token_lifetime_seconds], ["three", true, 90]);
    });

    test("names the field that is wrong", async () => {
      const permission = { name: "invoices:read", description: "" };
      const cases: [Record<string, unknown>, string][] = [
        [{ audience: "invoices" }, "audience"],
        [{ audience: "https://a.example/#x" }, "audience"],
        [{ audience: "https://a b.example" }, "audience"],
        [{ audience: undefined }, "audience"],
        [{ permissions: [{ description: "" }] }, "permissions.0.name"],
        [{ permissions: [{ ...permission, name: "read" }] }, "permissions.0.name"],
        [{ permissions: [{ ...permission, name: "Invoices:read" }] }, "permissions.0.name"],
        [{ permissions: [{ ...permission, name: "invoices:read all" }] }, "permissions.0.name"],
        [{ permissions: [permission, permission] }, "permissions.1.name"],
        [{ signing_algorithm: "HS256" }, "signing_algorithm"],
        [{ token_lifetime_seconds: 86_401 }, "token_lifetime_seconds"],
        [{ openapi_url: "javascript:alert(1)" }, "openapi_url"],
        [{ is_default: true }, "is_default"],
        [{ tenant_id: "tnt_other" }, "tenant_id"],
      ];
      for (const [change, field] of cases) {
        const body = { ...invoices, audience: "https://wrong.example.com", ...change };
        const answer = await call<{ field_errors: object }>(server, "POST", "/v2/apis", { body });
        assert.equal(answer.status, 400, JSON.stringify(change));
        assert.deepEqual(Object.keys(answer.body.field_errors), [field], JSON.stringify(change));
      }
    });

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
      await patch(api.id, { permissions: [invoices.permissions[0]] });
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
      await remove(api.id);
      assert.deepEqual((await introspect(gateway, token)).body, { active: false });
      assert.equal((await introspect(secretOfApi(api), token)).status, 401);
      assert.equal((await requestToken(server, { ...secretOf(owner), resource })).status, 400);
      const again = await create({ audience: resource });
      assert.deepEqual((await introspect(secretOfApi(again), token)).body, { active: false });
      const fresh = await tokenFor(server, owner, { resource });
      assert.equal((await introspect(secretOfApi(again), fresh)).body["active"], true);
    });

    test("writes down who did what, without a secret or digest", async () => {
      const api = await create();
      await patch(api.id, { name: "renamed" });
      await remove(api.id);
      const events = await server.app.store.listAudit("tnt_first", {
        after: undefined,
        actorId: undefined,
        action: undefined,
        subjectType: "api",
        subjectId: api.id,
        sinceMs: undefined,
        untilMs: undefined,
        limit: 10,
      });
      assert.deepEqual(events.map(({ action }) => action).toSorted(), [
        "api.created",
        "api.deleted",
        "api.updated",
      ]);
      assert.doesNotMatch(JSON.stringify(events), /csvk_|[dD]igest/);
    });

    test("is for those alone who may (H3)", async () => {
      const api = await create();
      const viewer = await createAppClient(server, { api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, viewer));
      const attempts: [method: string, path: string, body: object | undefined][] = [
        ["POST", "/v2/apis", invoices],
        ["GET", "/v2/apis", undefined],
        ["GET", `/v2/apis/${api.id}`, undefined],
        ["PATCH", `/v2/apis/${api.id}`, { name: "x" }],
        ["DELETE", `/v2/apis/${api.id}`, undefined],
        ["POST", `/v2/apis/${api.id}/verifier_credential/rotate`, {}],
      ];
      for (const [method, path, body] of attempts) {
        const options = body === undefined ? { headers } : { headers, body };
        assert.equal((await call(server, method, path, options)).status, 403, `${method} ${path}`);
        assert.equal((await call(server, method, path, { ...options, headers: {} })).status, 401);
      }
    });
  });
}
