import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { startIssuer } from "../test/issuer.ts";
import { answerJson, readBody, startServer } from "../test/local-server.ts";
import { refusal } from "../test/refusal.ts";
import type { FindApiKey } from "./api-key.ts";
import { introspectApiKeys, type IntrospectApiKeysOptions } from "./introspect-api-keys.ts";
import { KnownKeys } from "./known-keys.ts";
import { createVerifier } from "./verifier.ts";

const good = {
  active: true,
  token_type: "api_key",
  sub: "usr_1",
  client_id: "aky_1",
  cred: "aky_1",
  tenant: "ten_1",
  scope: "corpora:read",
  authorization_details: [{ type: "corpus", identifier: "docs", actions: ["documents:read"] }],
};

/** An issuer with an introspection endpoint, and what it was asked. */
async function startIntrospection(t: TestContext) {
  const clock = { nowMs: 1_000_000 };
  const asked: { token: string | null; authorization: string | undefined }[] = [];
  const started = { origin: "", clock, asked, status: 200, body: good as unknown };
  started.origin = await startServer(t, (request, response) => {
    const { url = "", headers } = request;
    if (url.startsWith("/.well-known/")) {
      const introspection_endpoint = `${started.origin}/oauth2/introspect`;
      return answerJson(response, 200, { issuer: started.origin, introspection_endpoint });
    }
    void readBody(request).then((body) => {
      const { authorization } = headers;
      asked.push({ token: new URLSearchParams(body).get("token"), authorization });
      return answerJson(response, started.status, started.body);
    });
  });
  return started;
}

describe("introspectApiKeys", () => {
  const finder = (
    started: Awaited<ReturnType<typeof startIntrospection>>,
    more: Partial<IntrospectApiKeysOptions> = {},
  ): FindApiKey =>
    introspectApiKeys({
      issuer: started.origin,
      clientId: "gateway",
      clientSecret: "s",
      now: () => started.clock.nowMs,
      ...more,
    });

  test("asks as an app client, and once for as long as the answer counts", async (t) => {
    const started = await startIntrospection(t);
    const find = finder(started);
    const many = await Promise.all(Array.from({ length: 5 }, async () => find("key")));
    assert.deepEqual(many[4], good);
    assert.deepEqual(await find("key"), good);
    const authorization = `Basic ${btoa("gateway:s")}`;
    assert.deepEqual(started.asked, [{ token: "key", authorization }]);
    started.clock.nowMs += 10_000;
    await find("key");
    assert.equal(started.asked.length, 2);
  });

  test("asks again in time, also when the clock was set back", async (t) => {
    const started = await startIntrospection(t);
    const find = finder(started);
    await find("key");
    started.clock.nowMs -= 900_000;
    await find("key");
    started.body = { active: false };
    started.clock.nowMs += 10_000;
    assert.equal(await find("key"), undefined);
  });

  test("remembers no refusal, and forgets a key that is refused", async (t) => {
    const started = await startIntrospection(t);
    const find = finder(started);
    started.body = { active: false };
    assert.equal(await find("key"), undefined);
    assert.equal(await find("key"), undefined);
    assert.equal(started.asked.length, 2);
    started.body = good;
    assert.deepEqual(await find("key"), good);
    started.body = { active: false };
    started.clock.nowMs += 10_000;
    assert.equal(await find("key"), undefined);
  });

  test("remembers a bounded number of keys", async (t) => {
    const started = await startIntrospection(t);
    const find = finder(started, { cacheSize: 2 });
    for (const key of ["a", "b", "c", "c", "b", "a"]) await find(key);
    assert.deepEqual(
      started.asked.map(({ token }) => token),
      ["a", "b", "c", "a"],
    );
  });

  test("asks again about a key that expires sooner than the answer", async (t) => {
    const started = await startIntrospection(t);
    const find = finder(started);
    started.body = { ...good, exp: 1_004 };
    await find("key");
    started.clock.nowMs += 3_999;
    assert.ok(find.findRemembered?.("key"));
    started.clock.nowMs += 1;
    assert.equal(find.findRemembered?.("key"), undefined);
    await find("key");
    assert.equal(started.asked.length, 2);
  });

  test("gives a verifier that answers a key at once while its answer counts (D15)", async (t) => {
    const started = await startIntrospection(t);
    const issuer = await startIssuer(t);
    const verifier = createVerifier({ ...issuer.options, findApiKey: finder(started) });
    const credentials = { headers: { "x-api-key": "key" } };
    assert.equal(verifier.verifyCached(credentials), undefined);
    const access = await verifier.verify(credentials);
    assert.equal(verifier.verifyCached(credentials), access);
    assert.equal(verifier.verifyCached({ "x-api-key": "Key" }), undefined);
    const both = { authorization: "Bearer a.b.c", "x-api-key": "key" };
    assert.equal(verifier.verifyCached(both), undefined);
    assert.throws(() => verifier.verifyCached({ "x-api-key": ["key", "key"] }), {
      code: "invalid_request",
    });
    started.clock.nowMs += 9_999;
    assert.equal(verifier.verifyCached(credentials), access);
    started.clock.nowMs += 1;
    assert.equal(verifier.verifyCached(credentials), undefined);
    started.body = { active: false };
    await refusal(verifier.verify(credentials), "invalid_token");
    assert.equal(verifier.verifyCached(credentials), undefined);
  });

  test("takes no access token for an API key, and no answer of another form", async (t) => {
    const started = await startIntrospection(t);
    const find = finder(started, { cacheSeconds: 0 });
    started.body = { ...good, token_type: "Bearer" };
    assert.equal(await find("a.b.c"), undefined);
    for (const body of [
      { ...good, sub: 1 },
      { ...good, tenant: "" },
      { ...good, scope: [] },
      { ...good, exp: "1" },
    ]) {
      started.body = body;
      await assert.rejects(async () => find("key"), { code: "malformed" });
    }
  });

  test("makes a verifier that takes keys, refuses wrong ones and says when nobody knows", async (t) => {
    const started = await startIntrospection(t);
    const issuer = await startIssuer(t);
    const findApiKey = finder(started, { cacheSeconds: 0 });
    const verifier = createVerifier({ ...issuer.options, findApiKey });
    const headers = { "x-api-key": "key" };
    const access = await verifier.verify({ headers });
    assert.equal(access.clientId, "aky_1");
    assert.equal(access.subject, "usr_1");
    assert.ok(access.may("corpora:read"));
    assert.ok(access.may("documents:read", { type: "corpus", id: "docs" }));
    assert.ok(!access.may("documents:read", { type: "corpus", id: "news" }));
    assert.throws(() => access.require("documents:write"), /This API key does not permit that/);
    assert.equal(verifier.verifyCached({ headers }), undefined);
    started.body = { active: false };
    await refusal(verifier.verify({ headers }), "invalid_token");
    started.status = 503;
    const error = await refusal(verifier.verify({ headers }), "temporarily_unavailable");
    assert.equal(error.status, 503);
  });

  test("lets Authorization win without falling back, and asks about nothing else", async (t) => {
    const started = await startIntrospection(t);
    const issuer = await startIssuer(t);
    const findApiKey = finder(started);
    const verifier = createVerifier({ ...issuer.options, findApiKey });
    const authorization = `Bearer ${issuer.token()}`;
    const both = { authorization, "x-api-key": "key" };
    assert.equal((await verifier.verify(both)).clientId, "app_1");
    const wrong = { authorization: "Bearer a.b.c", "x-api-key": "key" };
    await refusal(verifier.verify(wrong), "invalid_token");
    await refusal(
      verifier.verify({ authorization: "Basic x", "x-api-key": "key" }),
      "no_credentials",
    );
    await refusal(verifier.verify({ "x-api-key": ["one", "two"] }), "invalid_request");
    await refusal(verifier.verify({ "x-api-key": "" }), "no_credentials");
    await refusal(verifier.verify("key"), "invalid_token");
    assert.deepEqual(started.asked, []);
  });
});

test("introspectApiKeys refuses options that are not usable", () => {
  const options = { issuer: "https://issuer.example", clientId: "c", clientSecret: "s" };
  const wrong: Partial<IntrospectApiKeysOptions>[] = [
    { issuer: "http://issuer.example" },
    { clientId: "" },
    { clientSecret: "" },
    { cacheSeconds: 11 },
    { cacheSeconds: NaN },
    { cacheSize: -1 },
  ];
  for (const change of wrong) {
    assert.throws(() => introspectApiKeys({ ...options, ...change }), TypeError);
  }
});

test("keeps no key longer than its answer once another is asked about, and never too many (I6)", () => {
  const keys = new KnownKeys(100);
  const key = { sub: "usr_1", client_id: "aky_1", cred: "aky_1", tenant: "ten_1" };
  for (let index = 0; index < 1_000; index += 1) keys.add(`a${index}`, { key, untilMs: 10 });
  assert.equal(keys.size, 100);
  assert.equal(keys.find("a0", 0), undefined);
  assert.equal(keys.find("a999", 0), key);
  keys.add("b", { key, untilMs: 20 });
  keys.forgetOld(10);
  assert.equal(keys.size, 1);
  assert.equal(keys.find("b", 19), key);
  assert.equal(keys.find("b", 20), undefined);
  assert.equal(keys.size, 0);
});
