import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as client from "openid-client";
import { createAppClient, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

describe("openid-client", () => {
  let server: InProcessServer;
  let appClient: CreatedAppClient;
  before(async () => {
    server = await startServer();
    appClient = await createAppClient(server, { api_roles: ["corpus_viewer"] });
  });
  after(() => server.stop());

  const methods = {
    "its default method": undefined,
    Basic: client.ClientSecretBasic,
    post: client.ClientSecretPost,
  };
  for (const algorithm of ["oidc", "oauth2"] as const) {
    for (const [name, method] of Object.entries(methods)) {
      test(`discovers by ${algorithm} and gets a token with ${name}`, async () => {
        const { client_id, client_secret } = appClient;
        const options = { algorithm, execute: [client.allowInsecureRequests] };
        const issuer = new URL(server.url);
        const configuration = await client.discovery(
          issuer,
          client_id,
          client_secret,
          method?.(client_secret),
          options,
        );
        const parameters = { scope: "corpora:read", resource: server.url };
        const token = await client.clientCredentialsGrant(configuration, parameters);
        assert.equal(token.expires_in, 1_800);
        const corpora = await client.fetchProtectedResource(
          configuration,
          token.access_token,
          new URL(`${server.url}/v2/corpora`),
          "GET",
        );
        assert.equal(corpora.status, 200);
      });
    }
  }

  test("introspects and revokes a token, which is void then", async () => {
    const { client_id, client_secret } = appClient;
    const configuration = await client.discovery(
      new URL(server.url),
      client_id,
      client_secret,
      undefined,
      { algorithm: "oauth2", execute: [client.allowInsecureRequests] },
    );
    const { access_token: token } = await client.clientCredentialsGrant(configuration);
    const found = await client.tokenIntrospection(configuration, token);
    assert.deepEqual([found.active, found.client_id], [true, client_id]);
    await client.tokenRevocation(configuration, token, { token_type_hint: "access_token" });
    const again = await client.tokenIntrospection(configuration, token);
    assert.deepEqual(again, { active: false });
    await client.tokenRevocation(configuration, "no-such-token");
  });
});
