import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { jwtVerify } from "jose";
import { serveHttp } from "../../../test/listening.ts";
import { createFetch } from "../../fetch/fetch.ts";
import { describeProvider, fillUrl } from "../describe-provider.ts";
import { standard } from "../profiles/standard.ts";
import type { DatasourceSettings } from "../provider.ts";
import { buildAuthorizationUrl } from "./authorization-request.ts";
import { parseCallback } from "./callback.ts";
import { discover } from "./discovery.ts";
import { isExpiryAnswer, needsBody } from "./expiry-matcher.ts";
import { callProvider } from "./provider-call.ts";
import { buildExchange, buildRefresh } from "./token-request.ts";
import { addAccessToken } from "./token-use.ts";

const redirectUri = "https://cs.example/cb";
const codeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const context = { nowMs: 1_800_000_000_000, assertionId: "a-1", redirectUri };
const provider = (own: Partial<DatasourceSettings> = {}) =>
  describeProvider(standard, {
    clientId: "a b",
    clientSecret: "p:w%+",
    authorizationUrl: "https://p.example/auth?fixed=1&client_id=x",
    accessTokenUrl: "https://p.example/token",
    scopes: ["r", "w"],
    ...own,
  });
const exchange = (own?: Partial<DatasourceSettings>) =>
  buildExchange(provider(own), { code: "c/d", codeVerifier }, context);

test("builds the authorize URL byte by byte, nothing twice", () => {
  assert.equal(
    buildAuthorizationUrl(provider(), { redirectUri, state: "s", codeVerifier }),
    "https://p.example/auth?fixed=1&response_type=code&client_id=a%20b&redirect_uri=https%3A%2F%2Fcs.example%2Fcb" +
      "&scope=r%20w&state=s&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
  );
});

test("builds the exchange byte by byte for each way to prove the client", () => {
  const common = `grant_type=authorization_code&code=c%2Fd&redirect_uri=https%3A%2F%2Fcs.example%2Fcb&code_verifier=${codeVerifier}`;
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  assert.equal(exchange().body, common);
  assert.equal(exchange().headers["authorization"], basic("a+b:p%3Aw%25%2B"));
  assert.equal(
    exchange({ clientAuthentication: "basic_raw" }).headers["authorization"],
    basic("a b:p:w%+"),
  );
  assert.equal(
    exchange({ clientAuthentication: "body" }).body,
    `${common}&client_id=a+b&client_secret=p%3Aw%25%2B`,
  );
  assert.equal(exchange({ clientAuthentication: "none" }).body, `${common}&client_id=a+b`);
  assert.equal(JSON.parse(exchange({ clientAuthentication: "json" }).body!).client_secret, "p:w%+");
  const targeted = {
    audience: "u",
    resource: ["https://r/1", "https://r/2"],
    customTokenParameters: [{ key: "x", value: "y" }],
  };
  assert.equal(
    exchange(targeted).body,
    `${common}&audience=u&resource=https%3A%2F%2Fr%2F1&resource=https%3A%2F%2Fr%2F2&x=y`,
  );
});

test("refreshes with the refresh's own client authentication, URL and scope", () => {
  const own = {
    refreshClientAuthentication: "none",
    refreshUrl: "https://p.example/r",
    sendScopeWithRefresh: true,
  } as const;
  const { url, body } = buildRefresh(
    provider(own),
    { accessToken: "a", refreshToken: "r" },
    context,
  );
  assert.equal(url, "https://p.example/r");
  assert.equal(body, "grant_type=refresh_token&refresh_token=r&scope=r+w&client_id=a+b");
});

test("signs an assertion that an independent reader accepts", async () => {
  for (const pair of [
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
    generateKeyPairSync("ed25519"),
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ]) {
    const privateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" });
    const { body } = exchange({ clientAuthentication: "private_key_jwt", privateKey });
    const assertion = new URLSearchParams(body).get("client_assertion")!;
    const { payload } = await jwtVerify(assertion, pair.publicKey, {
      currentDate: new Date(context.nowMs),
      audience: "https://p.example/token",
      issuer: "a b",
    });
    assert.equal(payload.jti, "a-1");
  }
  assert.throws(() => exchange({ clientAuthentication: "private_key_jwt", privateKey: "x" }), {
    causeName: "private_key_wrong",
  });
});

test("G13 sends nobody to a URL that is not http, nor lets parameters of protection be replaced", () => {
  const build = (own: Partial<DatasourceSettings>) => () =>
    buildAuthorizationUrl(provider(own), { redirectUri, state: "s", codeVerifier });
  for (const authorizationUrl of [
    "javascript:alert(1)",
    "file:///x",
    "-x",
    "https://a@p.example/",
    "",
  ]) {
    assert.throws(build({ authorizationUrl }), { causeName: "url_missing" }, authorizationUrl);
  }
  for (const key of ["state", "redirect_uri", "code_challenge"]) {
    assert.throws(build({ customAuthenticationParameters: [{ key, value: "x" }] }), {
      causeName: "parameter_reserved",
    });
  }
});

test("G10 refuses a callback of another issuer, doubled parameters and errors", () => {
  const parse = (query: string) =>
    parseCallback(provider({ issuer: "https://p.example" }), new URLSearchParams(query));
  assert.equal(parse("code=1&iss=https://p.example").code, "1");
  assert.throws(() => parse("code=1&iss=https://evil.example"), { causeName: "issuer_mismatch" });
  assert.throws(() => parse("code=1&code=2"), { causeName: "callback_incomplete" });
  assert.throws(() => parse("state=1"), { causeName: "callback_incomplete" });
  assert.throws(() => parse("error=access_denied"), { kind: "reconnect_required" });
});

test("G5 fills variables without leaving the host, and gives tokens to listed hosts only", () => {
  assert.equal(fillUrl("https://{shop}.p.example/x", { shop: "a-1" }), "https://a-1.p.example/x");
  for (const shop of ["", "evil.example/", "a@evil", "a#", "..", "a b", "a:1"]) {
    assert.throws(
      () => fillUrl("https://{shop}.p.example/x", { shop }),
      { causeName: "variable_missing" },
      shop,
    );
  }
  const own = provider({ baseUrl: "https://api.p.example", allowedHosts: ["*.files.example"] });
  const use = (url: string) => addAccessToken(own, new URL(url), "t").headers;
  assert.deepEqual(use("https://api.p.example/x"), { authorization: "Bearer t" });
  assert.deepEqual(use("https://a.files.example/x"), { authorization: "Bearer t" });
  for (const url of [
    "https://evil.example",
    "http://a.files.example",
    "https://files.example",
    "https://api.p.example.evil.example",
    "https://api.p.example:444",
  ]) {
    assert.throws(() => use(url), { causeName: "address_refused" }, url);
  }
});

test("tells an expired token by status, header and body", () => {
  const answer = {
    status: 200,
    headers: { "www-authenticate": "Bearer error=invalid_token" },
    bodyStart: '{"code":"602"}',
  };
  assert.ok(isExpiryAnswer([{ status: 401 }, { body: '"602"' }], answer));
  assert.ok(
    isExpiryAnswer(
      [{ status: 200, header: { name: "WWW-Authenticate", contains: "INVALID_TOKEN" } }],
      answer,
    ),
  );
  assert.ok(!isExpiryAnswer([{ status: 401, body: '"602"' }, {}], answer));
  assert.ok(
    needsBody([{ status: 200, body: "x" }], answer) &&
      !needsBody([{ status: 400, body: "x" }], answer),
  );
});

test("tells an expired token in JSON however it is spaced, also where the body is cut off (Q48)", () => {
  const isExpired = (bodyStart: string, body = '"code":"602"') =>
    isExpiryAnswer([{ body }], { status: 200, headers: {}, bodyStart });
  assert.ok(isExpired('{"errors":[{"code":"602"}]}'));
  assert.ok(isExpired('{\n  "errors": [ { "code" : "602"'));
  assert.ok(isExpired('{"code":"602"}', '"code": "602"'));
  assert.ok(!isExpired('{"text":"the \\"code\\": \\"602\\""}'));
  assert.ok(!isExpired('{"a b":1}', '"ab":1'));
  assert.ok(!isExpired('a sentence with "code": "602"'));
});

test("G12 discovers what names this issuer, on its own origin or a listed host", async (t) => {
  let metadata: object = {};
  const server = await serveHttp(t, (request, answer) => {
    const isHere = request.url === "/.well-known/oauth-authorization-server/t1";
    answer.writeHead(isHere ? 200 : 404, { "content-type": "application/json" });
    answer.end(JSON.stringify(metadata));
  });
  const fetch = createFetch({ allow: ["127.0.0.0/8"] });
  t.after(() => fetch.close());
  const issuer = `${server.url}/t1`;
  const ask = (members: object, allowedHosts: string[] = []) => {
    metadata = { issuer, token_endpoint: `${server.url}/token`, ...members };
    return discover(fetch, issuer, { allowedHosts });
  };
  assert.equal((await ask({})).settings.accessTokenUrl, `${server.url}/token`);
  const elsewhere = { token_endpoint: "https://tokens.example/token" };
  assert.equal(
    (await ask(elsewhere, ["tokens.example"])).settings.accessTokenUrl,
    elsewhere.token_endpoint,
  );
  await assert.rejects(ask(elsewhere), { causeName: "discovery_refused" });
  await assert.rejects(ask({ token_endpoint: "http://tokens.example/" }, ["tokens.example"]), {
    causeName: "discovery_refused",
  });
  await assert.rejects(ask({ issuer: server.url }), { causeName: "issuer_mismatch" });
  await assert.rejects(ask({ issuer: `${issuer}/` }), { causeName: "issuer_mismatch" });
});

test("says what a failure of the network means for a token that can be spent once", async (t) => {
  const server = await serveHttp(t, (request) => request.socket.destroy());
  const fetch = createFetch({ allow: ["127.0.0.0/8"] });
  t.after(() => fetch.close());
  const refresh = (accessTokenUrl: string) =>
    callProvider(
      fetch,
      buildRefresh(provider({ accessTokenUrl }), { accessToken: "a", refreshToken: "r" }, context),
    );
  await assert.rejects(refresh(server.url), { kind: "outcome_unknown" });
  await assert.rejects(refresh("http://127.0.0.1:1/"), { kind: "provider_transient" });
  await assert.rejects(refresh("https://10.0.0.1/"), {
    kind: "config_error",
    causeName: "address_refused",
  });
});
