import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import {
  basic,
  bearer,
  call,
  claimsOf,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
} from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

for (const { name, settings } of stores) {
  describe(`app client, token, protected API on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    test("lists corpora with a token that an app client earned", async () => {
      const client = await createAppClient(server, { api_roles: ["corpus_administrator"] });
      const answer = await requestToken(server, secretOf(client));
      assert.equal(answer.status, 200);
      assert.equal(answer.body.token_type, "Bearer");
      assert.equal(answer.body.expires_in, 1800);
      assert.equal(answer.headers.get("cache-control"), "no-store");
      const headers = bearer(answer.body.access_token);
      const corpora = await call(server, "GET", "/v2/corpora", { headers });
      assert.deepEqual([corpora.status, corpora.body], [200, { corpora: [], metadata: {} }]);
    });

    test("issues a JWT of the access token profile that discovery alone verifies (RFC 9068 §2.2)", async () => {
      const client = await createAppClient(server, { api_roles: ["viewer"] });
      const token = await tokenFor(server, client);
      const metadata = (await (
        await fetch(`${server.url}/.well-known/oauth-authorization-server`)
      ).json()) as { issuer: string; jwks_uri: string };
      const { payload, protectedHeader } = await jwtVerify(
        token,
        createRemoteJWKSet(new URL(metadata.jwks_uri)),
        { issuer: metadata.issuer, audience: server.url, typ: "at+jwt" },
      );
      assert.equal(protectedHeader.alg, "ES256");
      assert.equal(payload.sub, client.client_id);
      assert.equal(payload["client_id"], client.client_id);
      assert.deepEqual(payload["roles"], ["viewer"]);
      assert.equal(typeof payload["pos"], "number");
      assert.match(String(payload["cred"]), /^crd_/);
      assert.equal(payload.exp! - payload.iat!, 1800);
    });

    test("says nothing of who created the client (S4)", async () => {
      const client = await createAppClient(server, { name: "billing of Jane Doe" });
      const token = await tokenFor(server, client);
      const text = JSON.stringify(claimsOf(token)) + client.client_id + client.id;
      assert.doesNotMatch(text, /owner|localhost@|jane|usr_/i);
    });

    test("accepts Basic and post, and JSON where it is announced", async () => {
      const client = await createAppClient(server);
      const viaBasic = await requestToken(
        server,
        { grant_type: "client_credentials" },
        basic(client.client_id, client.client_secret),
      );
      assert.equal(viaBasic.status, 200);
      const { client_id, client_secret } = client;
      const viaJson = await call(server, "POST", "/oauth/token", {
        body: { client_id, client_secret },
      });
      assert.equal(viaJson.status, 200);
    });

    test("gives everything to who asks for nothing, and exactly what is asked for otherwise", async () => {
      const client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
      const all = await requestToken(server, secretOf(client));
      assert.ok(all.body.scope?.split(" ").includes("documents:read"));
      const narrow = await requestToken(server, { ...secretOf(client), scope: "corpora:read" });
      assert.equal(narrow.body.scope, "corpora:read");
      const wide = await requestToken(server, {
        ...secretOf(client),
        scope: "corpora:read corpora:write",
      });
      assert.deepEqual([wide.status, wide.body.error], [400, "invalid_scope"]);
    });

    test("gives a client without permissions a token without scope, which the API answers with 403", async () => {
      const client = await createAppClient(server);
      const answer = await requestToken(server, secretOf(client));
      assert.equal(answer.status, 200);
      assert.equal("scope" in answer.body, false);
      const headers = bearer(answer.body.access_token);
      const refused = await call(server, "GET", "/v2/corpora", { headers });
      assert.equal(refused.status, 403);
      assert.match(
        refused.headers.get("www-authenticate") ?? "",
        /insufficient_scope.*corpora:read/,
      );
    });

    test("carries rights on one corpus in authorization_details, and the API obeys them (RFC 9396 §2)", async () => {
      const owner = await createAppClient(server, { api_roles: ["corpus_administrator"] });
      const ownerHeaders = bearer(await tokenFor(server, owner));
      for (const key of ["mine", "other"]) {
        const made = await call(server, "POST", "/v2/corpora", {
          body: { key },
          headers: ownerHeaders,
        });
        assert.equal(made.status, 201);
      }
      const client = await createAppClient(server, {
        corpus_roles: [{ corpus_key: "mine", role: "viewer" }],
      });
      const answer = await requestToken(server, secretOf(client));
      assert.deepEqual(
        answer.body.authorization_details?.map(({ type, identifier }) => [type, identifier]),
        [["corpus", "mine"]],
      );
      const headers = bearer(answer.body.access_token);
      const status = async (path: string) => (await call(server, "GET", path, { headers })).status;
      assert.equal(await status("/v2/corpora/mine"), 200);
      assert.equal(await status("/v2/corpora/other"), 403);
      const list = await call<{ corpora: { key: string }[] }>(server, "GET", "/v2/corpora", {
        headers,
      });
      assert.deepEqual(
        list.body.corpora.map(({ key }) => key),
        ["mine"],
      );
    });

    test("narrows rights on a corpus when asked, and refuses what is not held", async () => {
      const client = await createAppClient(server, {
        corpus_roles: [{ corpus_key: "mine", role: "editor" }],
      });
      const ask = (actions: string[]) =>
        requestToken(server, {
          ...secretOf(client),
          authorization_details: JSON.stringify([{ type: "corpus", identifier: "mine", actions }]),
        });
      const narrow = await ask(["documents:read"]);
      assert.deepEqual(narrow.body.authorization_details?.[0]?.actions, ["documents:read"]);
      const refused = await ask(["corpora:delete"]);
      assert.deepEqual(
        [refused.status, refused.body.error],
        [400, "invalid_authorization_details"],
      );
    });

    test("selects the API by resource, and refuses another (RFC 8707 §2)", async () => {
      const client = await createAppClient(server);
      const token = await tokenFor(server, client, { resource: server.url });
      assert.equal(claimsOf(token)["aud"], server.url);
      const refused = await requestToken(server, {
        ...secretOf(client),
        resource: "https://elsewhere.example",
      });
      assert.deepEqual([refused.status, refused.body.error], [400, "invalid_target"]);
    });

    test("lets a token live as long as its client says", async () => {
      const client = await createAppClient(server, { token_lifetime_seconds: 60 });
      assert.match(client.warnings[0] ?? "", /^token_lifetime_seconds/);
      const answer = await requestToken(server, secretOf(client));
      assert.equal(answer.body.expires_in, 60);
    });

    test("notes a secret that comes from a web page, and still issues the token (S22)", async () => {
      const client = await createAppClient(server);
      const origin = "https://shop.example";
      const answer = await requestToken(server, secretOf(client), { origin });
      assert.equal(answer.status, 200);
      const view = await eventually(async () => {
        const read = await call<{ findings?: { kind: string; origin: string }[] }>(
          server,
          "GET",
          `/v2/app_clients/${client.id}`,
        );
        return read.body.findings;
      });
      assert.deepEqual(
        view?.map((finding) => [finding.kind, finding.origin]),
        [["secret_from_browser", origin]],
      );
    });

    test("leaves rights on very many corpora out of the token, and says so", async () => {
      const corpusRoles = Array.from({ length: 60 }, (_, index) => ({
        corpus_key: `corpus-with-a-long-key-${index}`,
        role: "editor" as const,
      }));
      const client = await createAppClient(server, { corpus_roles: corpusRoles });
      const claims = claimsOf(await tokenFor(server, client));
      assert.equal(claims["authorization_details"], undefined);
      assert.equal(claims["authorization_details_omitted"], true);
      const details = [
        { type: "corpus", identifier: "corpus-with-a-long-key-7", actions: ["documents:read"] },
      ];
      const narrow = await tokenFor(server, client, {
        authorization_details: JSON.stringify(details),
      });
      assert.deepEqual(claimsOf(narrow)["authorization_details"], details);
      // Who asks for them by name is not answered with a token that holds none of them.
      const asked = corpusRoles.map(({ corpus_key }) => ({
        type: "corpus",
        identifier: corpus_key,
        actions: ["documents:read"],
      }));
      const ask = (count: number) =>
        requestToken(server, {
          ...secretOf(client),
          authorization_details: JSON.stringify(asked.slice(0, count)),
        });
      const { status, body } = await ask(60);
      assert.deepEqual([status, body.error], [400, "invalid_authorization_details"]);
      assert.equal((await ask(40)).status, 200);
    });
  });
}

/** Counts are written once a second: asks until there is an answer. */
async function eventually<Value>(
  read: () => Promise<Value | undefined>,
): Promise<Value | undefined> {
  for (let tries = 0; tries < 100; tries += 1) {
    const value = await read();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}
