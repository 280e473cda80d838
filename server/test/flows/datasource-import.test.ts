import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ImportedDatasources } from "@countersign/protocol/admin/datasource-import.ts";
import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { call } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** `POST /v2/datasources/import`: what a team has described in Appsmith. */

/** As its API answers a datasource with the authorization code grant. */
const crm = {
  name: "CRM",
  pluginId: "restapi-plugin",
  datasourceConfiguration: {
    url: "https://crm.example.com/api",
    headers: [{ key: "x-team", value: "blue" }],
    authentication: {
      authenticationType: "oAuth2",
      grantType: "authorization_code",
      isTokenHeader: true,
      headerPrefix: "Bearer",
      isAuthorizationHeader: true,
      accessTokenUrl: "https://crm.example.com/oauth/token",
      authorizationUrl: "https://crm.example.com/oauth/authorize",
      clientId: "appsmith-client",
      scope: ["contacts.read", "offline_access"],
      audience: "https://crm.example.com",
      sendScopeWithRefreshToken: false,
      refreshTokenClientCredentialsLocation: "BODY",
      expiresIn: "3600",
      customTokenParameters: [
        { key: "prompt", value: "consent" },
        { key: "", value: "" },
      ],
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
    assert.ok(one!.notes.some((note) => note.includes("Headers")));
    const machine = await read(two!.id!);
    assert.deepEqual(
      [machine.grant_type, machine.add_access_token_to, machine.client_authentication],
      ["client_credentials", "query", "body"],
    );
    assert.deepEqual(machine.scopes, ["a", "b"]);
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
