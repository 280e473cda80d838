import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { Datasource, UpdateDatasource } from "@countersign/protocol/admin/datasources.ts";
import { call } from "../calls.ts";
import { makeConnection, readConnection } from "../outbound/calls.ts";
import { sayYes, startOidcProvider, type OidcServer } from "../outbound/oidc-provider.ts";
import { loopback } from "../outbound/provider.ts";
import { freePort, startServer, type InProcessServer } from "../server.ts";
import { createVisitor } from "../visitor.ts";

/** An independent authorization server as the provider, in each way of proving who we are. */

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const secret = "a-secret/that+needs encoding:and-more";

const ways = {
  basic: { token_endpoint_auth_method: "client_secret_basic", client_secret: secret },
  body: { token_endpoint_auth_method: "client_secret_post", client_secret: secret },
  none: { token_endpoint_auth_method: "none" },
  private_key_jwt: {
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k-1" }] },
  },
} as const;

describe("oidc-provider as an outside provider", () => {
  let server: InProcessServer;
  let oidc: OidcServer;
  before(async () => {
    const port = String(await freePort());
    const redirect = `http://127.0.0.1:${port}/api/v1/datasources/authorize`;
    oidc = await startOidcProvider(
      Object.entries(ways).map(([client_id, way]) => ({
        client_id,
        ...way,
        redirect_uris: [redirect],
        grant_types: ["authorization_code", "refresh_token"],
        application_type: "native",
        id_token_signed_response_alg: "ES256",
      })),
    );
    server = await startServer({ ...loopback, COUNTERSIGN_PORT: port });
  });
  after(async () => {
    await server.stop();
    await oidc.stop();
  });

  for (const [way, client] of Object.entries(ways)) {
    test(`connects and renews, by discovery, with ${way}`, async () => {
      const body = {
        name: way,
        issuer: oidc.issuer,
        base_url: oidc.issuer,
        client_id: way,
        client_authentication: way,
        scopes: "openid, offline_access",
        custom_authentication_parameters: [{ key: "prompt", value: "consent" }],
        ...("client_secret" in client ? { client_secret: client.client_secret } : {}),
        ...(way === "private_key_jwt"
          ? {
              private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
              private_key_id: "k-1",
            }
          : {}),
      };
      const made = await call<{ id: string }>(server, "POST", "/v2/datasources", { body });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const { id, connect_url } = await makeConnection(server, made.body.id);
      const visitor = createVisitor(server);
      const sent = await visitor.get(`${new URL(connect_url!).pathname}/start`);
      const back = await sayYes(sent.location!, `${server.url}/api/`);
      const answer = await visitor.get(back.slice(server.url.length));
      assert.match(answer.text, /<h1>Connected/);
      const connection = await readConnection(server, id);
      assert.deepEqual([connection.state, connection.account], ["connected", "alice"]);
      const token = async () => {
        const read = await call<{ access_token: string }>(
          server,
          "GET",
          `/v2/connections/${id}/token`,
        );
        return read.body.access_token;
      };
      const first = await token();
      for (let count = 0; count < 2; count += 1) {
        const renewed = await call(server, "POST", `/v2/connections/${id}/refresh`);
        assert.equal(renewed.body["state"], "connected", JSON.stringify(renewed.body));
      }
      assert.notEqual(await token(), first);
      assert.equal((await call(server, "DELETE", `/v2/connections/${id}`)).status, 204);
    });
  }

  test("is not asked for what is to be missing, but for what nothing works without", async () => {
    const gone = { access_token_url: null, authorization_url: null, revocation_url: null };
    const made = await call<Datasource>(server, "POST", "/v2/datasources", {
      body: { name: "x", issuer: oidc.issuer, client_id: "none", ...gone },
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { id, access_token_url: found, authorization_url: asked } = made.body;
    assert.ok(found!.startsWith(oidc.issuer) && asked!.startsWith(oidc.issuer));
    assert.equal(made.body.revocation_url, undefined);
    assert.ok(made.body.userinfo_url!.startsWith(oidc.issuer));
    const patch = async (body: UpdateDatasource) =>
      (await call<Datasource>(server, "PATCH", `/v2/datasources/${id}`, { body })).body;
    const moved = await patch({ access_token_url: `${oidc.issuer}/moved` });
    assert.equal(moved.access_token_url, `${oidc.issuer}/moved`);
    const again = await patch({ access_token_url: null });
    assert.deepEqual([again.access_token_url, again.revocation_url], [found, undefined]);
    const all = await patch({ as_proposed: ["access_token_url", "revocation_url"] });
    assert.equal(all.access_token_url, found);
    assert.ok(all.revocation_url!.startsWith(oidc.issuer));
  });
});
