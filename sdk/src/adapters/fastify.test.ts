import assert from "node:assert/strict";
import { test } from "node:test";
import fastify, { type FastifyInstance } from "fastify";
import { nowSeconds } from "../../test/forge.ts";
import { startIssuer, type TestIssuer } from "../../test/issuer.ts";
import type { Access } from "../access.ts";
import { createVerifier } from "../verifier.ts";
import { protectRoutes, type RouteProtection } from "./fastify.ts";

interface WithAccess {
  access: Access | null;
}

async function startApi(issuer: TestIssuer, refusalBody?: () => unknown) {
  const app = fastify();
  const verifier = createVerifier(issuer.options);
  await app.register(protectRoutes, { verifier, refusalBody });
  const route = (url: string, config: RouteProtection) =>
    app.get(url, { config: config as object }, (request) => {
      const { access } = request as unknown as WithAccess;
      return { client: access?.clientId ?? null };
    });
  route("/any", {});
  route("/open", { public: true });
  route("/corpora", { permission: "corpora:read", resource: { type: "corpus" } });
  route("/account", { permission: "corpora:read" });
  const corpus = { type: "corpus", param: "corpus_key" };
  route("/corpora/:corpus_key", { permission: "documents:write", resource: corpus });
  route("/fresh", { maxTokenAgeSeconds: 5 });
  route("/mistake", { resource: corpus });
  route("/mistyped", { permission: "documents:write", resource: corpus });
  app.get("/inside", (request) => {
    (request as unknown as WithAccess).access?.require("corpora:delete");
    return {};
  });
  return { app, verifier };
}

function get(app: FastifyInstance, url: string, token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return app.inject({ url, headers });
}

const details = [{ type: "corpus", identifier: "docs", actions: ["documents:write"] }];

test("lets nobody in without a good token, but where a route is public (D14)", async (t) => {
  const issuer = await startIssuer(t);
  const { app } = await startApi(issuer);
  for (const url of ["/any", "/corpora", "/nowhere"]) {
    const bare = await get(app, url);
    assert.equal(bare.statusCode, 401);
    assert.match(String(bare.headers["www-authenticate"]), /^Bearer resource_metadata="/);
    assert.equal(bare.headers["cache-control"], "no-store");
    const bad = await get(app, url, "x");
    assert.equal(bad.statusCode, 401);
    assert.deepEqual(bad.json(), { messages: ["The access token is malformed."] });
  }
  assert.deepEqual((await get(app, "/open")).json(), { client: null });
  assert.equal((await get(app, "/nowhere", issuer.token())).statusCode, 404);
});

test("sets request.access, for a token that is new and for one that is known", async (t) => {
  const issuer = await startIssuer(t);
  const { app, verifier } = await startApi(issuer);
  const token = issuer.token();
  assert.deepEqual((await get(app, "/any", token)).json(), { client: "app_1" });
  assert.ok(verifier.verifyCached(token));
  assert.deepEqual((await get(app, "/any", token)).json(), { client: "app_1" });
});

test("asks for the permission that the route declares (D11)", async (t) => {
  const issuer = await startIssuer(t);
  const { app } = await startApi(issuer);
  const claims = { scope: undefined, authorization_details: details };
  const narrow = issuer.token({ claims });
  const wide = issuer.token({ claims: { scope: "documents:write" } });
  const reader = issuer.token({ claims: { scope: "corpora:read" } });
  const cases = [
    ["/corpora/docs", narrow, 200],
    ["/corpora/wiki", narrow, 403],
    ["/corpora/docs%2Fx", narrow, 403],
    ["/corpora/DOCS", narrow, 403],
    ["/corpora/wiki", wide, 200],
    ["/corpora", narrow, 403],
    ["/corpora", reader, 200],
    ["/account", reader, 200],
    ["/account", narrow, 403],
    ["/any", narrow, 200],
  ] as const;
  for (const round of ["new", "known"]) {
    for (const [url, token, status] of cases) {
      const { statusCode } = await get(app, url, token);
      assert.equal(statusCode, status, `${url}, ${round}`);
    }
  }
  const refused = await get(app, "/corpora/wiki", narrow);
  assert.match(String(refused.headers["www-authenticate"]), /scope="documents:write"/);
});

test("lets a list in who has its permission on some resource", async (t) => {
  const issuer = await startIssuer(t);
  const { app } = await startApi(issuer);
  const some = [{ type: "corpus", identifier: "docs", actions: ["corpora:read"] }];
  const token = issuer.token({ claims: { scope: undefined, authorization_details: some } });
  assert.equal((await get(app, "/corpora", token)).statusCode, 200);
  assert.equal((await get(app, "/account", token)).statusCode, 403);
});

test("refuses an old token on the route that wants fresh ones", async (t) => {
  const issuer = await startIssuer(t);
  const { app } = await startApi(issuer);
  const token = issuer.token({ claims: { iat: nowSeconds - 36 } });
  assert.equal((await get(app, "/any", token)).statusCode, 200);
  assert.equal((await get(app, "/fresh", token)).statusCode, 401);
  assert.equal((await get(app, "/fresh", issuer.token())).statusCode, 200);
});

test("answers a declaration that would protect nothing with 500", async (t) => {
  const issuer = await startIssuer(t);
  const { app } = await startApi(issuer);
  for (const url of ["/mistake", "/mistyped"]) {
    const token = issuer.token({ claims: { scope: "documents:write" } });
    for (const round of ["new", "known"]) {
      assert.equal((await get(app, url, token)).statusCode, 500, `${url}, ${round}`);
    }
  }
});

test("gives what a handler refuses its status and its challenge", async (t) => {
  const issuer = await startIssuer(t);
  const { app } = await startApi(issuer);
  const answer = await get(app, "/inside", issuer.token());
  assert.equal(answer.statusCode, 403);
  assert.match(String(answer.headers["www-authenticate"]), /scope="corpora:delete"/);
});

test("refuses two Authorization headers and answers in the words it is given (D13)", async (t) => {
  const issuer = await startIssuer(t);
  const { app } = await startApi(issuer, () => ({ mine: true }));
  t.after(() => app.close());
  const origin = await app.listen({ port: 0, host: "127.0.0.1" });
  const authorization = `Bearer ${issuer.token()}`;
  const twice: [string, string][] = [
    ["authorization", authorization],
    ["authorization", authorization],
  ];
  const answer = await fetch(`${origin}/any`, { headers: twice });
  assert.equal(answer.status, 400);
  assert.deepEqual(await answer.json(), { mine: true });
  assert.equal((await fetch(`${origin}/any`, { headers: { authorization } })).status, 200);
});

test("answers 503 while tokens cannot be checked", async (t) => {
  const issuer = await startIssuer(t);
  issuer.answerKeys = (response) => response.destroy();
  const { app } = await startApi(issuer);
  const answer = await get(app, "/any", issuer.token());
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.headers["retry-after"], "1");
  assert.equal(answer.headers["www-authenticate"], undefined);
});
