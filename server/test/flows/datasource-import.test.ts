import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ImportedDatasources } from "@countersign/protocol/admin/datasource-import.ts";
import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { call } from "../calls.ts";
import { writeLockOf, type WriteLock } from "../held-writes.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** `POST /v2/datasources/import`: what a team has described in Appsmith. */

/** As its API answers a datasource with the authorization code grant. */
const crm = {
  name: "CRM",
  pluginId: "restapi-plugin",
  datasourceConfiguration: {
    url: "https://crm.example.com/api",
    headers: [{ key: "x-team", value: "blue" }],
    queryParameters: [{ key: "version", value: "2" }],
    connection: { ssl: { authType: "SELF_SIGNED_CERTIFICATE" } },
    authentication: {
      authenticationType: "oAuth2",
      grantType: "authorization_code",
      isTokenHeader: true,
      headerPrefix: "Bearer",
      isAuthorizationHeader: true,
      accessTokenUrl: "https://crm.example.com/oauth/token",
      authorizationUrl: "https://crm.example.com/oauth/authorize",
      clientId: "appsmith-client",
      scope: ["offline_access", "contacts.read"],
      scopeString: "contacts.read, offline_access",
      audience: "https://crm.example.com",
      sendScopeWithRefreshToken: false,
      refreshTokenClientCredentialsLocation: "BODY",
      expiresIn: "3600",
      customAuthenticationParameters: [
        { key: "prompt", value: "consent" },
        { key: "", value: "" },
      ],
      customTokenParameters: [{ key: "left", value: "from another grant" }],
    },
  },
};
/** As newer versions keep it, with client credentials. */
const stock = {
  name: "Stock",
  datasourceStorages: {
    unused_env: {
      datasourceConfiguration: {
        url: "https://stock.example.com",
        authentication: {
          authenticationType: "oAuth2",
          grantType: "client_credentials",
          isTokenHeader: false,
          isAuthorizationHeader: false,
          accessTokenUrl: "https://stock.example.com/token",
          clientId: "machine",
          scopeString: "a, b",
          customTokenParameters: [{ key: "tenant", value: "1" }],
        },
      },
    },
  },
};
const postgres = {
  name: "DB",
  datasourceConfiguration: { authentication: { authType: "dbAuth" } },
};
const broken = {
  name: "Broken",
  datasourceConfiguration: {
    url: "https://a.example.com",
    authentication: { authenticationType: "oAuth2", accessTokenUrl: "nonsense", clientId: "x" },
  },
};

describe("importing datasources from Appsmith", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer({});
  });
  after(() => server.stop());

  const take = (document: unknown, dry_run = false) =>
    call<ImportedDatasources & { field_errors?: object }>(
      server,
      "POST",
      "/v2/datasources/import",
      {
        body: { from: "appsmith", document, dry_run },
      },
    );
  const count = async (): Promise<number> =>
    (await call<{ datasources: unknown[] }>(server, "GET", "/v2/datasources?limit=100")).body
      .datasources.length;

  test("says first what would be done, and does nothing", async () => {
    const { status, body } = await take({ datasourceList: [crm, stock, postgres, broken] }, true);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(
      body.datasources.map(({ name, outcome }) => [name, outcome]),
      [
        ["CRM", "would_be_created"],
        ["Stock", "would_be_created"],
        ["DB", "skipped"],
        ["Broken", "refused"],
      ],
    );
    assert.deepEqual(Object.keys(body.datasources[3]!.field_errors!), ["access_token_url"]);
    assert.equal(await count(), 0);
  });

  test("takes over every field, in the words of here, and says what is left to do", async () => {
    const { body } = await take({ datasourceList: [crm, broken, stock] });
    const [one, refused, two] = body.datasources;
    assert.equal(refused!.outcome, "refused");
    assert.equal(await count(), 2, "one that is wrong keeps no other from being taken");
    const read = async (id: string): Promise<Datasource> =>
      (await call<Datasource>(server, "GET", `/v2/datasources/${id}`)).body;
    const made = await read(one!.id!);
    assert.deepEqual(
      [made.base_url, made.grant_type, made.add_access_token_to, made.header_prefix],
      ["https://crm.example.com/api", "authorization_code", "header", "Bearer"],
    );
    assert.deepEqual(
      [made.client_id, made.client_authentication, made.refresh_client_authentication],
      ["appsmith-client", "basic_raw", "body"],
    );
    assert.deepEqual(made.scopes, ["contacts.read", "offline_access"]);
    assert.deepEqual(
      [made.audience, made.lifetime_seconds, made.send_scope_with_refresh, made.pkce],
      ["https://crm.example.com", 3_600, false, "off"],
    );
    const prompt = [{ key: "prompt", value: "consent" }];
    assert.deepEqual(made.custom_authentication_parameters, prompt);
    assert.equal(made.has_client_secret, false);
    assert.ok(one!.notes.some((note) => note.includes("secret")));
    for (const word of ["Headers", "Query parameters", "certificate authority"]) {
      assert.ok(
        one!.notes.some((note) => note.includes(word)),
        word,
      );
    }
    assert.deepEqual(made.custom_token_parameters, []);
    const machine = await read(two!.id!);
    assert.deepEqual(
      [machine.grant_type, machine.add_access_token_to, machine.client_authentication],
      ["client_credentials", "query", "body"],
    );
    assert.deepEqual(machine.scopes, ["a", "b"]);
    assert.deepEqual(machine.custom_token_parameters, [{ key: "tenant" }]);
  });

  test("does not say of a datasource without its configuration what that would be", async () => {
    const { body } = await take({ datasourceList: [{ name: "CRM", pluginId: "restapi-plugin" }] });
    const [{ outcome, notes }] = body.datasources as [ImportedDatasources["datasources"][number]];
    assert.deepEqual([outcome, notes.length], ["skipped", 1]);
    assert.match(notes[0]!, /configuration is not in this export/);
  });

  const oauth = (own: object, authentication: object = {}) => ({
    ...stock,
    name: "Other",
    ...own,
    datasourceStorages: {
      unused_env: {
        datasourceConfiguration: {
          url: "https://stock.example.com",
          authentication: {
            ...stock.datasourceStorages.unused_env.datasourceConfiguration.authentication,
            isTokenHeader: true,
            ...authentication,
          },
        },
      },
    },
  });
  const taken = async (document: object): Promise<[Datasource, string]> => {
    const { body } = await take(document);
    const [one] = body.datasources;
    const read = await call<Datasource>(server, "GET", `/v2/datasources/${one!.id}`);
    return [read.body, one!.notes.join(" ")];
  };

  test("takes a blank prefix for none, and no word of one for the usual", async () => {
    for (const [headerPrefix, expected] of [
      ["", ""],
      ["  ", ""],
      [undefined, "Bearer"],
      ["Token ", "Token"],
    ]) {
      const [made] = await taken(oauth({}, { headerPrefix }));
      assert.equal(made.header_prefix, expected, JSON.stringify(headerPrefix));
    }
  });

  test("says which environment it took, and that a lifetime was of no use", async () => {
    const one = oauth({}, { expiresIn: "soon" });
    const { unused_env } = one.datasourceStorages;
    const document = {
      ...one,
      datasourceStorages: { production: unused_env, staging: unused_env },
    };
    const [made, notes] = await taken(document);
    assert.equal(made.lifetime_seconds, undefined);
    assert.match(notes, /lifetime/);
    assert.match(notes, /production.*staging/);
    const [, quiet] = await taken(oauth({}, { expiresIn: "" }));
    assert.doesNotMatch(quiet, /lifetime|environment/);
  });

  test("says of what is no datasource that it was skipped", async () => {
    const { body } = await take(["text", null, crm], true);
    assert.deepEqual(
      body.datasources.map(({ outcome }) => outcome),
      ["skipped", "skipped", "would_be_created"],
    );
  });

  test("takes one datasource, a list, or an answer of the API", async () => {
    for (const document of [crm, [crm], { data: [crm] }]) {
      const { body } = await take(document, true);
      assert.deepEqual(
        body.datasources.map(({ outcome }) => outcome),
        ["would_be_created"],
      );
    }
  });

  test("refuses what is no export", async () => {
    for (const document of ["text", 7, null, {}, { datasourceList: "no" }]) {
      const { status, body } = await take(document);
      assert.deepEqual([status, Object.keys(body.field_errors!)], [400, ["document"]]);
    }
  });
});

describe("a datasource that is exported and imported", () => {
  let server: InProcessServer;
  let elsewhere: InProcessServer;
  before(async () => {
    server = await startServer({});
    elsewhere = await startServer({});
  });
  after(async () => {
    await server.stop();
    await elsewhere.stop();
  });

  const given = {
    name: "Shop",
    base_url: "https://shop.example.com/api",
    grant_type: "authorization_code",
    access_token_url: "https://shop.example.com/token",
    authorization_url: "https://shop.example.com/authorize",
    client_id: "shop-client",
    header_prefix: "",
    scopes: "read, write",
    custom_authentication_parameters: [{ key: "prompt", value: "consent" }],
    expiry_matchers: [{ status: 403, body: "expired" }],
    allowed_hosts: ["files.example.com"],
    external_id: "shop-1",
    labels: { team: "blue" },
  };
  const secrets = {
    client_secret: "a-secret-of-the-shop",
    custom_token_headers: [{ key: "x-shop-key", value: "a-key-of-the-shop" }],
  };
  type Exported = { from: string; document: Record<string, unknown> };
  const exported = async (from: InProcessServer, id: string) =>
    (await call<Exported>(from, "GET", `/v2/datasources/${id}/export`)).body;

  test("is the same elsewhere, less its secrets, and says what those were", async () => {
    const made = await call<Datasource>(server, "POST", "/v2/datasources", {
      body: { ...given, ...secrets },
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const document = await exported(server, made.body.id);
    const text = JSON.stringify(document);
    assert.ok(!text.includes("a-secret-of-the-shop") && !text.includes("a-key-of-the-shop"));
    const { body } = await call<ImportedDatasources>(elsewhere, "POST", "/v2/datasources/import", {
      body: document,
    });
    const [one] = body.datasources;
    assert.equal(one!.outcome, "created", JSON.stringify(one));
    assert.match(one!.notes.join(" "), /client_secret.*x-shop-key/);
    const same = (await call<Datasource>(elsewhere, "GET", `/v2/datasources/${one!.id}`)).body;
    for (const name of ["base_url", "header_prefix", "expiry_matchers", "labels"] as const) {
      assert.deepEqual(same[name], made.body[name], name);
    }
    assert.equal(same.has_client_secret, false);
    const { left_out: was, ...first } = document.document;
    const { left_out: is, ...second } = (await exported(elsewhere, one!.id!)).document;
    assert.deepEqual(second, first);
    assert.deepEqual([was, is], [["client_secret", "custom_token_headers: x-shop-key"], []]);
  });

  test("does without what its profile proposes elsewhere too", async () => {
    const without = { revocation_url: null, client_authentication: null, external_id: "shop-2" };
    const made = await call<Datasource>(server, "POST", "/v2/datasources", {
      body: { ...given, profile: "google", ...without },
    });
    const wanted = [undefined, "basic"];
    const seen = ({ revocation_url: url, client_authentication: way }: Datasource) => [url, way];
    assert.deepEqual(seen(made.body), wanted);
    const document = await exported(server, made.body.id);
    assert.equal(document.document["revocation_url"], null);
    const { body } = await call<ImportedDatasources>(elsewhere, "POST", "/v2/datasources/import", {
      body: document,
    });
    const { id } = body.datasources[0]!;
    const same = (await call<Datasource>(elsewhere, "GET", `/v2/datasources/${id}`)).body;
    assert.deepEqual(seen(same), wanted);
    assert.deepEqual(await exported(elsewhere, id!), document);
  });

  test("is not there for one that is not there, and not taken when it is none", async () => {
    const missing = await call(server, "GET", "/v2/datasources/dsr_missing/export");
    assert.equal(missing.status, 404);
    for (const document of ["text", null, {}, [given]]) {
      const { status } = await call(server, "POST", "/v2/datasources/import", {
        body: { from: "countersign", document },
      });
      assert.equal(status, 400, JSON.stringify(document));
    }
  });
});

describe("importing datasources while the store fails, and again", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
  let server: InProcessServer;
  let writes: WriteLock;
  let beside: DatabaseSync;
  before(async () => {
    server = await startServer({ COUNTERSIGN_DATA_DIR: dataDir });
    writes = writeLockOf({ COUNTERSIGN_DATA_DIR: dataDir });
    beside = new DatabaseSync(join(dataDir, "countersign.sqlite"), { timeout: 5_000 });
  });
  after(async () => {
    await writes.release();
    beside.close();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const take = (document: unknown, key: string) =>
    call<ImportedDatasources>(server, "POST", "/v2/datasources/import", {
      body: { from: "appsmith", document },
      headers: { "x-api-key": server.apiKey, "idempotency-key": key },
    });
  const count = (): number =>
    beside.prepare("select count(*) as count from datasources").get()!["count"] as number;

  test("creates nothing twice under one key, and refuses the key for something else", async () => {
    const first = await take([crm, stock], "first");
    const again = await take([crm, stock], "first");
    assert.deepEqual(again.body, first.body);
    assert.equal(count(), 2);
    assert.equal((await take([{ ...crm, name: "Else" }], "first")).status, 422);
    assert.equal(count(), 2);
  });

  test("tells what was created when the store fails in the middle, and goes on under the same key", async () => {
    const before = count();
    const document = Array.from({ length: 300 }, (_, index) => ({ ...crm, name: `CRM ${index}` }));
    const asked = take(document, "many");
    for (let tries = 0; count() < before + 3 && tries < 5_000; tries += 1) await sleep(1);
    await writes.take();
    const { status, body } = await asked;
    await writes.release();
    assert.equal(status, 200, JSON.stringify(body));
    const made = body.datasources.filter(({ outcome }) => outcome === "created");
    assert.equal(made.length, count() - before);
    const failed = body.datasources.filter(({ outcome }) => outcome === "failed");
    assert.equal(made.length + failed.length, 300);
    assert.ok(failed.every(({ message }) => message !== undefined));
    const { body: whole } = await take(document, "many");
    assert.ok(whole.datasources.every(({ outcome }) => outcome === "created"));
    assert.deepEqual(
      whole.datasources.slice(0, made.length).map(({ id }) => id),
      made.map(({ id }) => id),
    );
    assert.equal(count(), before + 300);
  });

  test("is 503 as ever when the store fails before anything was created", async () => {
    const before = count();
    await writes.take();
    const { status } = await take([crm, stock], "none");
    await writes.release();
    assert.equal(status, 503);
    assert.equal(count(), before);
  });
});
