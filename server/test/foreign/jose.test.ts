import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { createAppClient, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** An API that was written with another library, and was told the issuer and its own audience. */
describe("jose", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  const documents = ["oauth-authorization-server", "openid-configuration"];

  test("verifies our tokens from discovery alone, and nobody else's (D8, D17)", async () => {
    const client = await createAppClient(server, { api_roles: ["viewer"] });
    const token = await tokenFor(server, client);
    for (const document of documents) {
      const found = await fetch(`${server.url}/.well-known/${document}`);
      const { issuer, jwks_uri } = (await found.json()) as { issuer: string; jwks_uri: string };
      assert.equal(issuer, server.url);
      const keys = createRemoteJWKSet(new URL(jwks_uri));
      const expected = { issuer, audience: server.url, typ: "at+jwt" };
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        ...expected,
        requiredClaims: ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"],
      });
      assert.deepEqual([payload.sub, protectedHeader.alg], [client.client_id, "ES256"]);
      const other = { ...expected, audience: "https://other.example" };
      await assert.rejects(jwtVerify(token, keys, other), /aud/);
      const [header, , signature] = token.split(".");
      const forged = Buffer.from(JSON.stringify({ ...payload, scope: "app_clients:write" }));
      const edited = `${header}.${forged.toString("base64url")}.${signature}`;
      await assert.rejects(jwtVerify(edited, keys, expected), /signature/);
    }
  });
});
