import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiKey, ApiKeyPage, CreateApiKey } from "@countersign/protocol/admin/api-keys.ts";
import { hasValidChecksum } from "../../src/keys/secret.ts";
import { bearer, call, createAppClient, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

type Made = ApiKey & { secret_key: string };

for (const { name, settings } of stores) {
  describe(`/v2/api_keys on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const withKey = (key: string) => ({ "x-api-key": key });
    const create = async (
      body: Partial<CreateApiKey>,
      headers: Record<string, string> = withKey(server.apiKey),
    ) => {
      const all = { name: "a key", ...body };
      const answer = await call<Made>(server, "POST", "/v2/api_keys", { body: all, headers });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    };
    const read = (id: string) => call<ApiKey>(server, "GET", `/v2/api_keys/${id}`);
    const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
      call<ApiKey>(server, "PATCH", `/v2/api_keys/${id}`, {
        body,
        headers: { "x-api-key": server.apiKey, ...headers },
      });
    const list = (query: string, headers: Record<string, string> = withKey(server.apiKey)) =>
      call<ApiKeyPage>(server, "GET", `/v2/api_keys?limit=100&${query}`, { headers });

    /** Uses are written once a second. */
    const lastUseOf = async (id: string): Promise<string> => {
      for (let tries = 0; tries < 100; tries += 1) {
        const { last_used_at: at } = (await read(id)).body;
        if (at !== undefined) return at;
        await sleep(100);
      }
      return assert.fail("no use was written");
    };

    test("shows a key once, and keeps what it is for (A19, H10)", async () => {
      const made = await create({
        name: "shop",
        api_key_role: "serving",
        corpus_keys: ["docs", "news"],
        labels: { customer: "acme" },
        external_id: "acme-1",
        expires_at: "2999-01-01T00:00:00Z",
      });
      assert.match(made.id, /^aky_/);
      assert.match(made.secret_key, /^csqk_/);
      assert.ok(hasValidChecksum(made.secret_key));
      assert.equal(made.hint, made.secret_key.slice(-4));
      assert.deepEqual(made.corpus_keys, ["docs", "news"]);
      assert.deepEqual(made.corpus_roles, [
        { corpus_key: "docs", role: "viewer" },
        { corpus_key: "news", role: "viewer" },
      ]);
      const { secret_key: _, ...rest } = made;
      assert.deepEqual((await read(made.id)).body, rest);
      const listed = await list("external_id=acme-1");
      assert.deepEqual(listed.body.api_keys, [rest]);
      assert.doesNotMatch(server.logLines.join("\n"), new RegExp(made.secret_key));
    });

    test("gives each kind its prefix and its roles", async () => {
      const indexing = await create({
        api_key_role: "serving_and_indexing",
        corpus_keys: ["docs"],
      });
      assert.match(indexing.secret_key, /^cswk_/);
      assert.deepEqual(indexing.corpus_roles, [{ corpus_key: "docs", role: "editor" }]);
      const personal = await create({ api_key_role: "personal" });
      assert.match(personal.secret_key, /^cspk_/);
      assert.match(personal.user_id ?? "", /^usr_/);
      const custom = await create({ api_roles: ["viewer"] });
      assert.equal("api_key_role" in custom, false);
      assert.deepEqual(custom.api_roles, ["viewer"]);
    });

    test("answers a repetition with the key but not with its value", async () => {
      const headers = { "x-api-key": server.apiKey, "idempotency-key": "one-key" };
      const body = { name: "once", api_key_role: "personal" };
      const first = await call<Made>(server, "POST", "/v2/api_keys", { body, headers });
      const second = await call<Made>(server, "POST", "/v2/api_keys", { body, headers });
      assert.deepEqual([first.status, second.status], [201, 201]);
      const { secret_key: _, ...rest } = first.body;
      assert.deepEqual(second.body, rest);
      const other = await call(server, "POST", "/v2/api_keys", {
        body: { ...body, name: "other" },
        headers,
      });
      assert.equal(other.status, 422);
    });

    test("lists page by page, and by corpus, kind and owner", async () => {
      const corpus = "filtered";
      const made = [];
      for (let count = 0; count < 7; count += 1) {
        const { id } = await create({ api_key_role: "serving", corpus_keys: [corpus, "x"] });
        made.push(id);
      }
      const { id } = await create({ api_key_role: "serving_and_indexing", corpus_keys: [corpus] });
      const seen: string[] = [];
      let pageKey: string | undefined;
      do {
        const key = pageKey === undefined ? "" : `&page_key=${encodeURIComponent(pageKey)}`;
        const path = `/v2/api_keys?limit=3&corpus_key=${corpus}&api_key_role=serving${key}`;
        const page: { body: ApiKeyPage } = await call<ApiKeyPage>(server, "GET", path);
        seen.push(...page.body.api_keys.map((one) => one.id));
        pageKey = page.body.metadata.page_key;
      } while (pageKey !== undefined);
      assert.deepEqual(seen, made);
      const all = await list(`corpus_key=${corpus}`);
      assert.deepEqual(
        all.body.api_keys.map((one) => one.id),
        [...made, id],
      );
      const [first] = (await list("api_key_role=personal")).body.api_keys;
      assert.equal(first?.name, "Personal API key", "the bootstrap key is one of them");
    });

    test("disables, enables and deletes at once, and says when it was used", async () => {
      const { id, secret_key: key } = await create({ api_key_role: "personal" });
      const ask = () => call(server, "GET", "/v2/api_keys?limit=1", { headers: withKey(key) });
      assert.equal((await ask()).status, 200);
      assert.deepEqual((await patch(id, { enabled: false })).body.state, "disabled");
      assert.equal((await ask()).status, 401);
      assert.deepEqual((await patch(id, { enabled: true })).body.state, "active");
      assert.equal((await ask()).status, 200);
      assert.ok(Date.parse(await lastUseOf(id)) > 0);
      assert.equal((await call(server, "DELETE", `/v2/api_keys/${id}`)).status, 204);
      assert.equal((await ask()).status, 401);
      assert.equal((await read(id)).status, 404);
    });

    test("stops a key when its time is over, and lets it go on when that is moved", async () => {
      const expiresAt = new Date(server.clock.now() + 60_000).toISOString();
      const made = await create({ api_key_role: "personal", expires_at: expiresAt });
      const headers = withKey(made.secret_key);
      const ask = () => call(server, "GET", "/v2/api_keys?limit=1", { headers });
      assert.equal((await ask()).status, 200);
      server.clock.advance(61_000);
      assert.equal((await ask()).status, 401);
      assert.equal((await read(made.id)).body.state, "expired");
      assert.equal((await patch(made.id, { expires_at: null })).body.state, "active");
      assert.equal((await ask()).status, 200);
      for (const past of ["2001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"]) {
        assert.equal((await patch(made.id, { expires_at: past })).status, 400, past);
      }
    });

    test("refuses a change of what somebody else changed meanwhile", async () => {
      const made = await create({ api_key_role: "personal" });
      const etag = (await read(made.id)).headers.get("etag")!;
      assert.equal((await patch(made.id, { name: "one" }, { "if-match": etag })).status, 200);
      assert.equal((await patch(made.id, { name: "two" }, { "if-match": etag })).status, 412);
      assert.equal((await read(made.id)).body.name, "one");
    });

    test("keeps external_id unique", async () => {
      await create({ api_key_role: "personal", external_id: "same" });
      const body = { name: "n", api_key_role: "personal", external_id: "same" };
      assert.equal((await call(server, "POST", "/v2/api_keys", { body })).status, 409);
      const other = await create({ api_key_role: "personal" });
      assert.equal((await patch(other.id, { external_id: "same" })).status, 409);
    });

    test("names the field that is wrong", async () => {
      const cases: [Record<string, unknown>, string][] = [
        [{}, "api_key_role"],
        [{ api_key_role: "root" }, "api_key_role"],
        [{ api_key_role: "serving" }, "corpus_keys"],
        [{ api_key_role: "serving", corpus_keys: [] }, "corpus_keys"],
        [{ api_key_role: "serving", corpus_keys: ["a b"] }, "corpus_keys.0"],
        [{ api_key_role: "personal", corpus_keys: ["docs"] }, "corpus_keys"],
        [{ api_key_role: "personal", api_roles: ["viewer"] }, "api_roles"],
        [{ api_roles: ["viewer"], corpus_keys: ["docs"] }, "corpus_keys"],
        [{ api_roles: ["root"] }, "api_roles.0"],
        [{ api_key_role: "personal", expires_at: "2001-01-01T00:00:00Z" }, "expires_at"],
        [{ api_key_role: "personal", expires_at: "tomorrow" }, "expires_at"],
        [{ api_key_role: "personal", secret_key: "mine" }, "secret_key"],
        [{ api_key_role: "personal", user_id: "usr_other" }, "user_id"],
        [{ api_key_role: "personal", tenant_id: "other" }, "tenant_id"],
      ];
      for (const [change, field] of cases) {
        const body = { name: "n", ...change };
        const answer = await call<{ field_errors: object }>(server, "POST", "/v2/api_keys", {
          body,
        });
        assert.equal(answer.status, 400, JSON.stringify(change));
        assert.deepEqual(Object.keys(answer.body.field_errors), [field], JSON.stringify(change));
      }
    });

    test("carries the current rights of the app client that made a personal key", async () => {
      const client = await createAppClient(server, { api_roles: ["administrator"] });
      const headers = bearer(await tokenFor(server, client));
      const answer = await call<Made>(server, "POST", "/v2/api_keys", {
        body: { name: "machine", api_key_role: "personal" },
        headers,
      });
      assert.equal(answer.status, 201);
      assert.equal(answer.body.client_id, client.client_id);
      const ask = () =>
        call(server, "GET", "/v2/app_clients?limit=1", {
          headers: withKey(answer.body.secret_key),
        });
      assert.equal((await ask()).status, 200);
      const change = (body: unknown) =>
        call(server, "PATCH", `/v2/app_clients/${client.id}`, { body });
      await change({ api_roles: ["viewer"] });
      assert.equal((await ask()).status, 403);
      await change({ api_roles: ["administrator"] });
      assert.equal((await ask()).status, 200);
      await change({ enabled: false });
      assert.equal((await ask()).status, 401);
      await change({ enabled: true });
      assert.equal((await ask()).status, 200);
      await call(server, "DELETE", `/v2/app_clients/${client.id}`);
      assert.equal((await ask()).status, 401);
      assert.equal((await read(answer.body.id)).status, 404);
    });

    test("shows and gives a caller only the caller's own keys (H3)", async () => {
      const holders = [];
      for (let count = 0; count < 2; count += 1) {
        const client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
        const headers = bearer(await tokenFor(server, client));
        const body = { name: "own", api_key_role: "personal" };
        const made = await call<Made>(server, "POST", "/v2/api_keys", { body, headers });
        holders.push({ headers, id: made.body.id });
      }
      const [one, two] = holders;
      const seen = await list("", one!.headers);
      assert.deepEqual(
        seen.body.api_keys.map(({ id }) => id),
        [one!.id],
      );
      const { headers } = one!;
      for (const id of [two!.id, "aky_unknown"]) {
        const path = `/v2/api_keys/${id}`;
        assert.equal((await call(server, "GET", path, { headers })).status, 404);
        const body = { enabled: false };
        assert.equal((await call(server, "PATCH", path, { headers, body })).status, 404);
        assert.equal((await call(server, "DELETE", path, { headers })).status, 404);
      }
      assert.equal((await read(two!.id)).body.enabled, true);
    });

    test("puts nothing on a key that its maker does not hold (H4)", async () => {
      const client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
      const headers = bearer(await tokenFor(server, client));
      const attempts = [
        { api_key_role: "serving_and_indexing", corpus_keys: ["docs"] },
        { api_roles: ["corpus_developer"] },
        { api_roles: ["owner"] },
        { corpus_roles: [{ corpus_key: "docs", role: "owner" }] },
        { agent_roles: [{ agent_key: "a", role: "agent_user" }] },
      ];
      for (const attempt of attempts) {
        const body = { name: "n", ...attempt };
        const answer = await call(server, "POST", "/v2/api_keys", { body, headers });
        assert.equal(answer.status, 403, JSON.stringify(attempt));
      }
      const narrow = bearer(await tokenFor(server, client, { scope: "api_keys:write" }));
      const body = { name: "n", api_key_role: "personal" };
      const refused = await call(server, "POST", "/v2/api_keys", { body, headers: narrow });
      assert.equal(refused.status, 403, "a personal key would carry more than this token");
      const allowed = await call<Made>(server, "POST", "/v2/api_keys", { body, headers });
      await patch(allowed.body.id, { enabled: false });
      const path = `/v2/api_keys/${allowed.body.id}`;
      const enable = (by: Record<string, string>) =>
        call(server, "PATCH", path, { body: { enabled: true }, headers: by });
      assert.equal((await enable(narrow)).status, 403);
      assert.equal((await enable(headers)).status, 200);
    });

    test("lets a key with roles act for itself, and make no personal key", async () => {
      const { secret_key: key, id } = await create({ api_roles: ["corpus_viewer"] });
      const headers = withKey(key);
      assert.deepEqual((await list("", headers)).body.api_keys, []);
      const personal = { name: "n", api_key_role: "personal" };
      const refused = await call(server, "POST", "/v2/api_keys", { body: personal, headers });
      assert.equal(refused.status, 403);
      const made = await create({ api_roles: ["corpus_viewer"] }, headers);
      assert.equal(made.api_key_id, id);
      assert.equal((await list("", headers)).body.api_keys.length, 1);
    });

    test("lets an API key read the sample's corpora, a serving key only its own", async () => {
      for (const key of ["mine", "other"]) {
        await call(server, "POST", "/v2/corpora", { body: { key } });
      }
      const owner = await call<{ corpora: { key: string }[] }>(server, "GET", "/v2/corpora");
      assert.equal(owner.status, 200);
      const keysOf = (body: { corpora: { key: string }[] }) => body.corpora.map(({ key }) => key);
      assert.deepEqual(keysOf(owner.body).toSorted(), ["mine", "other"]);
      const serving = await create({ api_key_role: "serving", corpus_keys: ["mine"] });
      const headers = withKey(serving.secret_key);
      const seen = await call<typeof owner.body>(server, "GET", "/v2/corpora", { headers });
      assert.deepEqual(keysOf(seen.body), ["mine"]);
      const documents = (key: string) => `/v2/corpora/${key}/documents`;
      assert.equal((await call(server, "GET", documents("mine"), { headers })).status, 200);
      assert.equal((await call(server, "GET", documents("other"), { headers })).status, 403);
      const body = { id: "d", type: "core", document_parts: [{ text: "t" }] };
      const add = (by: Record<string, string>) =>
        call(server, "POST", documents("mine"), { headers: by, body });
      assert.equal((await add(headers)).status, 403);
      const indexing = await create({
        api_key_role: "serving_and_indexing",
        corpus_keys: ["mine"],
      });
      assert.equal((await add(withKey(indexing.secret_key))).status, 201);
      await patch(serving.id, { enabled: false });
      const refused = await call(server, "GET", "/v2/corpora", { headers });
      assert.equal(refused.status, 401);
      assert.match(refused.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
    });

    test("lets Authorization win over x-api-key, without falling back", async () => {
      const headers = { ...bearer("no-token"), "x-api-key": server.apiKey };
      for (const path of ["/v2/corpora", "/v2/api_keys"]) {
        assert.equal((await call(server, "GET", path, { headers })).status, 401, path);
      }
    });
  });
}
