import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as oauth from "oauth4webapi";
import { bearer, call, createAppClient, tokenFor, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** A strict client library that knows nothing of us but the issuer. */
describe("oauth4webapi", () => {
  let server: InProcessServer;
  let client: CreatedAppClient;
  before(async () => {
    server = await startServer();
    client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
  });
  after(() => server.stop());

  const insecure = { [oauth.allowInsecureRequests]: true };

  for (const algorithm of ["oauth2", "oidc"] as const) {
    for (const [method, authenticate] of [
      ["Basic", oauth.ClientSecretBasic],
      ["post", oauth.ClientSecretPost],
    ] as const) {
      test(`gets a token by ${method} after ${algorithm} discovery, and uses it`, async () => {
        const issuer = new URL(server.url);
        const found = await oauth.discoveryRequest(issuer, { algorithm, ...insecure });
        const as = await oauth.processDiscoveryResponse(issuer, found);
        const { client_id, client_secret } = client;
        const answer = await oauth.clientCredentialsGrantRequest(
          as,
          { client_id },
          authenticate(client_secret),
          { scope: "corpora:read", resource: server.url },
          insecure,
        );
        const token = await oauth.processClientCredentialsResponse(as, { client_id }, answer);
        assert.deepEqual([token.token_type, token.scope], ["bearer", "corpora:read"]);
        const url = new URL(`${server.url}/v2/corpora`);
        const corpora = await oauth.protectedResourceRequest(
          token.access_token,
          "GET",
          url,
          undefined,
          undefined,
          insecure,
        );
        assert.equal(corpora.status, 200);
      });
    }
  }

  test("validates our access token as one of RFC 9068's profile", async () => {
    const issuer = new URL(server.url);
    const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
    const as = await oauth.processDiscoveryResponse(issuer, found);
    const answer = await oauth.clientCredentialsGrantRequest(
      as,
      { client_id: client.client_id },
      oauth.ClientSecretPost(client.client_secret),
      {},
      insecure,
    );
    const { access_token } = (await answer.json()) as { access_token: string };
    const request = new Request(`${server.url}/v2/corpora`, { headers: bearer(access_token) });
    const claims = await oauth.validateJwtAccessToken(as, request, server.url, insecure);
    assert.deepEqual([claims.client_id, claims.aud], [client.client_id, server.url]);
  });

  test("reads our refusals and challenges as the standards say", async () => {
    const issuer = new URL(server.url);
    const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
    const as = await oauth.processDiscoveryResponse(issuer, found);
    const { client_id } = client;
    const wrong = (authenticate: oauth.ClientAuth) =>
      oauth
        .clientCredentialsGrantRequest(as, { client_id }, authenticate, {}, insecure)
        .then((answer) => oauth.processClientCredentialsResponse(as, { client_id }, answer));
    await assert.rejects(wrong(oauth.ClientSecretPost("wrong")), (error: unknown) => {
      assert.ok(error instanceof oauth.ResponseBodyError);
      assert.deepEqual([error.error, error.status], ["invalid_client", 401]);
      return true;
    });
    await assert.rejects(wrong(oauth.ClientSecretBasic("wrong")), (error: unknown) => {
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError);
      assert.equal(error.cause[0]?.scheme, "basic");
      return true;
    });
    const url = new URL(`${server.url}/v2/corpora`);
    const refused = oauth.protectedResourceRequest(
      "no.such.token",
      "GET",
      url,
      undefined,
      undefined,
      insecure,
    );
    await assert.rejects(refused, (error: unknown) => {
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError);
      assert.equal(error.cause[0]?.parameters.error, "invalid_token");
      return true;
    });
  });

  for (const [method, authenticate] of [
    ["Basic", oauth.ClientSecretBasic],
    ["post", oauth.ClientSecretPost],
  ] as const) {
    test(`introspects and revokes a token by ${method}, which is void then`, async () => {
      const issuer = new URL(server.url);
      const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
      const as = await oauth.processDiscoveryResponse(issuer, found);
      const { client_id } = client;
      const authentication = authenticate(client.client_secret);
      const token = await tokenFor(server, client);
      const introspect = async () =>
        oauth.processIntrospectionResponse(
          as,
          { client_id },
          await oauth.introspectionRequest(as, { client_id }, authentication, token, insecure),
        );
      const { active, iss, aud, sub } = await introspect();
      assert.deepEqual([active, iss, aud, sub], [true, server.url, server.url, client_id]);
      const revoked = await oauth.revocationRequest(
        as,
        { client_id },
        authentication,
        token,
        insecure,
      );
      await oauth.processRevocationResponse(revoked);
      assert.deepEqual(await introspect(), { active: false });
    });
  }

  test("finds the authorization server from the protected API alone", async () => {
    const resource = new URL(server.url);
    const answer = await oauth.resourceDiscoveryRequest(resource, insecure);
    const metadata = await oauth.processResourceDiscoveryResponse(resource, answer);
    assert.deepEqual(metadata.authorization_servers, [server.url]);
    assert.equal((await call(server, "GET", "/healthz")).status, 200);
  });
});
