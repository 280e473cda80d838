import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type {
  CreateDatasource,
  Datasource,
  UpdateDatasource,
} from "@countersign/protocol/admin/datasources.ts";
import type { DatasourceProfileList } from "@countersign/protocol/admin/datasource-profiles.ts";
import { call } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/** Datasources: described once, with secrets that nobody reads again. */

const secretValue = "a-secret-of-the-provider-4711";

const files: CreateDatasource = {
  name: "Files",
  base_url: "https://api.example.com/v1",
  grant_type: "authorization_code",
  add_access_token_to: "header",
  access_token_url: "https://provider.example.com/token",
  authorization_url: "https://provider.example.com/authorize",
  client_id: "the-client",
  client_secret: secretValue,
  scopes: "files:read, files:write",
  custom_authentication_parameters: [{ key: "prompt", value: "consent" }],
  client_authentication: "body",
};

/** What is no setting, or a secret. */
const shownOnly =
  /^(id|has_.*|redirect_url|connection_counts|findings|created_at|updated_at|custom_(token|refresh)_.*)$/;

for (const { name, settings } of stores) {
  describe(`/v2/datasources on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const post = (body: object, headers: Record<string, string> = {}) =>
      call<Datasource>(server, "POST", "/v2/datasources", {
        body,
        headers: { "x-api-key": server.apiKey, ...headers },
      });
    const create = async (own: Partial<CreateDatasource> = {}): Promise<Datasource> => {
      const answer = await post({ ...files, ...own });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    };
    const read = (id: string) => call<Datasource>(server, "GET", `/v2/datasources/${id}`);
    const patch = (id: string, body: UpdateDatasource, headers: Record<string, string> = {}) =>
      call<Datasource & { field_errors?: object }>(server, "PATCH", `/v2/datasources/${id}`, {
        body,
        headers: { "x-api-key": server.apiKey, ...headers },
      });

    test("keeps every field of the form, and what counts where nothing was said", async () => {
      const { id } = await create();
      const { body, headers } = await read(id);
      assert.match(id, /^dsr_/);
      assert.equal(headers.get("etag"), '"1"');
      assert.deepEqual(body.scopes, ["files:read", "files:write"]);
      assert.equal(body.header_prefix, "Bearer");
      assert.equal(body.query_parameter_name, "access_token");
      assert.equal(body.client_authentication, "body");
      assert.deepEqual(body.custom_authentication_parameters, [
        { key: "prompt", value: "consent" },
      ]);
      assert.deepEqual(body.expiry_matchers, [{ status: 401 }]);
      assert.equal(body.pkce, "S256");
      assert.equal(body.redirect_url, `${server.url}/api/v1/datasources/authorize`);
      assert.equal(body.has_client_secret, true);
      const list = await call<{ datasources: Datasource[] }>(
        server,
        "GET",
        "/v2/datasources?limit=100",
      );
      assert.ok(list.body.datasources.some((one) => one.id === id));
    });

    test("fills in what a profile knows", async () => {
      const google = { name: "Drive", profile: "google", client_id: "c", client_secret: "s" };
      const { status, body } = await post(google);
      assert.equal(status, 201);
      assert.equal(body.access_token_url, "https://oauth2.googleapis.com/token");
      assert.equal(body.client_authentication, "body");
      assert.equal((await post({ ...google, profile: "no_such" })).status, 400);
    });

    test("lists what is known of providers: what they propose, what to say, what to know", async () => {
      const { status, body } = await call<DatasourceProfileList>(
        server,
        "GET",
        "/v2/datasource_profiles",
      );
      assert.equal(status, 200);
      const named = new Map(body.profiles.map((profile) => [profile.name, profile]));
      const shopify = named.get("shopify")!;
      assert.deepEqual(shopify.variables, ["shop"]);
      assert.match(shopify.settings.access_token_url!, /\{shop\}/);
      assert.equal(named.get("atlassian")!.offline!.scope, "offline_access");
      assert.equal(named.get("standard")!.settings.client_authentication, "basic");
      assert.ok(!JSON.stringify(body).includes("client_id"));
    });

    test("counts its connections by state", async () => {
      const { id } = await create();
      const connect = (owner: string) =>
        call<{ id: string }>(server, "POST", `/v2/datasources/${id}/connections`, {
          body: { owner },
        });
      const [one] = [await connect("one"), await connect("two")];
      const path = `/v2/connections/${one.body.id}`;
      await call(server, "PATCH", path, { body: { enabled: false } });
      const counts = { disabled: 1, not_connected: 1 };
      assert.deepEqual((await read(id)).body.connection_counts, counts);
      const list = `/v2/datasources/${id}/connections?state=`;
      const found = await call<{ connections: { id: string }[] }>(server, "GET", `${list}disabled`);
      assert.deepEqual(
        found.body.connections.map((connection) => connection.id),
        [one.body.id],
      );
      assert.equal((await call(server, "GET", `${list}asleep`)).status, 400);
    });

    test("never shows a secret again: not in an answer, an audit row or the log (G14)", async () => {
      const { id } = await create({
        custom_token_headers: [{ key: "x-key", value: `${secretValue}-header` }],
      });
      await patch(id, { name: "Renamed", client_secret: `${secretValue}-new` });
      const texts = [
        JSON.stringify((await read(id)).body),
        JSON.stringify((await call(server, "GET", "/v2/datasources?limit=100")).body),
        JSON.stringify((await call(server, "GET", "/v2/audit_events?limit=100")).body),
        server.logLines.join("\n"),
      ];
      for (const text of texts) assert.ok(!text.includes(secretValue), "a secret is shown");
      assert.ok(texts[0]!.includes('"custom_token_headers":[{"key":"x-key"}]'));
      assert.ok(texts[2]!.includes("datasource.updated"));
    });

    test("makes another one of what it shows, but for the secrets", async () => {
      const { body } = await read((await create()).id);
      const again = Object.entries(body).filter(([field]) => !shownOnly.test(field));
      const copy = await post({ ...Object.fromEntries(again), name: "A copy" });
      assert.equal(copy.status, 201, JSON.stringify(copy.body));
      assert.deepEqual(copy.body.scopes, body.scopes);
      assert.deepEqual(
        copy.body.findings.map(({ field }) => field),
        ["client_secret"],
      );
    });

    test("changes what is named and takes away what is null", async () => {
      const { id } = await create({ audience: "https://api.example.com", header_prefix: "" });
      assert.equal((await read(id)).body.header_prefix, "");
      const { body, headers } = await patch(id, { audience: null, scopes: ["one"], pkce: "off" });
      assert.equal(body.audience, undefined);
      assert.deepEqual([body.scopes, body.pkce], [["one"], "off"]);
      assert.equal(headers.get("etag"), '"2"');
      assert.equal((await patch(id, { name: "x" }, { "if-match": '"1"' })).status, 412);
    });

    const shop = {
      name: "Shop",
      profile: "shopify",
      client_id: "c",
      client_secret: "s",
      variables: { shop: "flowers" },
    };

    test("does without what a profile proposes where null is given", async () => {
      const { status, body } = await post({ ...shop, scope_separator: null, pkce: null });
      assert.equal(status, 201, JSON.stringify(body));
      assert.deepEqual([body.scope_separator, body.pkce], [" ", "S256"]);
      assert.match(body.access_token_url!, /myshopify/);
      const google = { ...shop, profile: "google", variables: null };
      const drive = (await post({ ...google, revocation_url: null, allowed_hosts: null })).body;
      assert.deepEqual([drive.revocation_url, drive.allowed_hosts], [undefined, []]);
      assert.deepEqual((await read(drive.id)).body, drive);
      const refused = await post({ ...google, access_token_url: null });
      assert.equal(refused.status, 400);
      const nothing = { custom_token_headers: null, client_secret: null, scopes: null };
      const plain = await post({ ...google, ...nothing });
      assert.deepEqual([plain.body.has_client_secret, plain.body.scopes], [false, []]);
    });

    test("takes a proposal away and goes back to it, also under another profile", async () => {
      const { id } = (await post(shop)).body;
      const away = (await patch(id, { scope_separator: null })).body;
      assert.equal(away.scope_separator, " ");
      const renamed = (await patch(id, { name: "Shops" })).body;
      assert.equal(renamed.scope_separator, " ");
      const other = (await patch(id, { profile: "zoho", client_secret: "t" })).body;
      assert.deepEqual([other.scope_separator, other.header_prefix], [" ", "Zoho-oauthtoken"]);
      const back = (await patch(id, { as_proposed: ["scope_separator"] })).body;
      assert.equal(back.scope_separator, ",");
      const own = (await patch(id, { scope_separator: ";" })).body;
      assert.equal(own.scope_separator, ";");
      const given = { as_proposed: ["scope_separator" as const], scope_separator: "+" };
      const refused = await patch(id, given);
      assert.deepEqual(
        [refused.status, Object.keys(refused.body.field_errors!)],
        [400, ["as_proposed"]],
      );
      const unknown = ["client_secret"] as unknown as typeof given.as_proposed;
      assert.equal((await patch(id, { as_proposed: unknown })).status, 400);
      assert.equal((await read(id)).body.scope_separator, ";");
      const again = await patch(id, { as_proposed: ["scope_separator"] });
      assert.equal(again.body.scope_separator, ",");
    });

    test("does once what is sent twice with one key", async () => {
      const headers = { "idempotency-key": `key-${name}` };
      const [one, two] = [await post(files, headers), await post(files, headers)];
      assert.equal(one.body.id, two.body.id);
      assert.equal((await post({ ...files, name: "Else" }, headers)).status, 422);
    });

    test("takes an external id once", async () => {
      const own = { external_id: "files-1", labels: { team: "blue" } };
      const { id } = await create(own);
      assert.equal((await post({ ...files, ...own })).status, 409);
      const path = "/v2/datasources?external_id=files-1";
      const { body } = await call<{ datasources: Datasource[] }>(server, "GET", path);
      assert.deepEqual(
        body.datasources.map((one) => one.id),
        [id],
      );
    });

    const refused: [string, Partial<CreateDatasource>, string][] = [
      ["a token URL that is none", { access_token_url: "token" }, "access_token_url"],
      ["a token URL of a file", { access_token_url: "file:///etc/passwd" }, "access_token_url"],
      [
        "an authorize URL that runs (G13)",
        { authorization_url: "javascript:alert(1)" },
        "authorization_url",
      ],
      [
        "an authorize URL without TLS (G13)",
        { authorization_url: "http://a.example/" },
        "authorization_url",
      ],
      [
        "an authorize URL that is an option (G13)",
        { authorization_url: "-x$(id)" },
        "authorization_url",
      ],
      ["a base URL with a query", { base_url: "https://api.example.com/?x=1" }, "base_url"],
      ["a base URL with a user (G5)", { base_url: "https://a@api.example.com/" }, "base_url"],
      ["a host with a path (G5)", { allowed_hosts: ["a.example/b"] }, "allowed_hosts.0"],
      ["a prefix with a line break (G6)", { header_prefix: "Bearer\r\nX: y" }, "header_prefix"],
      [
        "a header with a line break (G6)",
        { custom_token_headers: [{ key: "x", value: "a\r\nb" }] },
        "custom_token_headers",
      ],
      ["a matcher of nothing", { expiry_matchers: [{}] }, "expiry_matchers"],
    ];
    for (const [what, own, field] of refused) {
      test(`refuses ${what}`, async () => {
        const { status, body } = await post({ ...files, ...own });
        assert.equal(status, 400);
        assert.deepEqual(Object.keys((body as unknown as { field_errors: object }).field_errors), [
          field,
        ]);
      });
    }

    test("refuses to send a kept secret to another host (G14)", async () => {
      const { id } = await create();
      const access_token_url = "https://attacker.example/token";
      const { status, body } = await patch(id, { access_token_url });
      assert.equal(status, 400);
      assert.deepEqual(Object.keys(body.field_errors!), ["client_secret"]);
      assert.equal((await patch(id, { access_token_url, client_secret: "another" })).status, 200);
    });

    test("goes, and is not there any more", async () => {
      const { id } = await create();
      assert.equal((await call(server, "DELETE", `/v2/datasources/${id}`)).status, 204);
      assert.equal((await read(id)).status, 404);
      assert.equal((await patch(id, { name: "x" })).status, 404);
    });
  });
}
