import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, startSample } from "../test/sample.ts";

/** Every route, and what it asks for. `isOnCorpus`: a right on that corpus alone will do. */
const routes = [
  { method: "GET", path: "/corpora", permission: "corpora:read" },
  { method: "POST", path: "/corpora", permission: "corpora:write", body: { key: "other" } },
  { method: "GET", path: "/corpora/docs", permission: "corpora:read", isOnCorpus: true },
  {
    method: "PATCH",
    path: "/corpora/docs",
    permission: "corpora:update",
    isOnCorpus: true,
    body: {},
  },
  { method: "DELETE", path: "/corpora/docs", permission: "corpora:delete", isOnCorpus: true },
  { method: "POST", path: "/corpora/docs/reset", permission: "corpora:reset", isOnCorpus: true },
  {
    method: "GET",
    path: "/corpora/docs/documents",
    permission: "documents:read",
    isOnCorpus: true,
  },
  {
    method: "POST",
    path: "/corpora/docs/documents",
    permission: "documents:write",
    isOnCorpus: true,
    body: { id: "two", type: "core", document_parts: [{ text: "two" }] },
  },
  {
    method: "GET",
    path: "/corpora/docs/documents/one",
    permission: "documents:read",
    isOnCorpus: true,
  },
  {
    method: "DELETE",
    path: "/corpora/docs/documents/one",
    permission: "documents:write",
    isOnCorpus: true,
  },
  {
    method: "GET",
    path: "/corpora/docs/query?query=a",
    permission: "corpora:query",
    isOnCorpus: true,
  },
  {
    method: "POST",
    path: "/corpora/docs/query",
    permission: "corpora:query",
    isOnCorpus: true,
    body: { query: "a" },
  },
  { method: "GET", path: "/jobs", permission: "jobs:read" },
];

const permissions = [...new Set(routes.map(({ permission }) => permission))];

function checkRefusal(answer: Answer, status: number): void {
  assert.equal(answer.status, status);
  assert.deepEqual(Object.keys(answer.body).toSorted(), ["messages", "request_id"]);
  assert.ok(answer.body.messages[0].length > 0);
  assert.ok(answer.body.request_id.length > 0);
}

test("challenges without an error code on every route when there is no token", async (t) => {
  const sample = await startSample(t);
  for (const { method, path, body } of routes) {
    const answer = await sample.send(method, path, { body });
    checkRefusal(answer, 401);
    const challenge = answer.headers.get("www-authenticate") ?? "";
    assert.match(challenge, /^Bearer( resource_metadata="[^"]+")?$/, `${method} ${path}`);
  }
});

test("refuses a token on every route that is forged, expired or meant for others", async (t) => {
  const sample = await startSample(t);
  const scope = permissions.join(" ");
  const good = await sample.issuer.token({ scope });
  const [head = "", , signature = ""] = good.split(".");
  const claims = Buffer.from(JSON.stringify({ scope, tenant: "ten_2" })).toString("base64url");
  const tokens = [
    "nonsense",
    `${head}.${claims}.${signature}`,
    await sample.issuer.token({ scope, claims: { exp: 1_700_000_000, iat: 1_699_999_000 } }),
    await sample.issuer.token({ scope, claims: { aud: "https://other.example" } }),
    await (await startSample(t)).issuer.token({ scope }),
  ];
  for (const { method, path, body } of routes) {
    for (const token of tokens) {
      const answer = await sample.send(method, path, { token, body });
      checkRefusal(answer, 401);
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer error="invalid_token"/);
    }
  }
});

test("names the missing permission on every route, whether the corpus exists or not", async (t) => {
  const sample = await startSample(t);
  const owner = await sample.owner();
  await owner("POST", "/corpora", { key: "docs" });
  for (const { method, path, permission, body } of routes) {
    const scope = permissions.filter((one) => one !== permission).join(" ");
    const token = await sample.issuer.token({ scope, corpora: { another: ["corpora:nothing"] } });
    const there = await sample.send(method, path, { token, body });
    checkRefusal(there, 403);
    const challenge = there.headers.get("www-authenticate") ?? "";
    assert.match(challenge, /^Bearer error="insufficient_scope"/);
    assert.match(challenge, new RegExp(`scope="${permission}"`));
    const elsewhere = path.replace("docs", "absent");
    const absent = await sample.send(method, elsewhere, { token, body });
    checkRefusal(absent, 403);
    assert.deepEqual(absent.body.messages, there.body.messages);
  }
});

test("takes every permission where it is needed, and none but it", async (t) => {
  const sample = await startSample(t);
  for (const { method, path, permission, isOnCorpus, body } of routes) {
    const owner = await sample.owner("ten_1");
    await owner("POST", "/corpora", { key: "docs" });
    const document = { id: "one", type: "core", document_parts: [{ text: "a b" }] };
    await owner("POST", "/corpora/docs/documents", document);
    const corpora = { docs: [permission] };
    const caller = await sample.caller(isOnCorpus === true ? { corpora } : { scope: permission });
    const { status } = await caller(method, path, body);
    assert.ok(status >= 200 && status < 300, `${method} ${path} answers ${status}`);
  }
});

test("gives a right on one corpus no weight on another, or on the account", async (t) => {
  const sample = await startSample(t);
  const owner = await sample.owner();
  await owner("POST", "/corpora", { key: "docs" });
  await owner("POST", "/corpora", { key: "secret" });
  const caller = await sample.caller({ corpora: { docs: permissions } });
  for (const { method, path, isOnCorpus, body } of routes) {
    if (isOnCorpus !== true) continue;
    const answer = await caller(method, path.replace("docs", "secret"), body);
    checkRefusal(answer, 403);
  }
  checkRefusal(await caller("POST", "/corpora", { key: "third" }), 403);
  checkRefusal(await caller("GET", "/jobs"), 403);
});

test("finds nothing of another tenant, under whatever path", async (t) => {
  const sample = await startSample(t);
  const owner = await sample.owner("ten_1");
  await owner("POST", "/corpora", { key: "docs" });
  const stranger = await sample.owner("ten_2");
  for (const { method, path, isOnCorpus, body } of routes) {
    if (isOnCorpus !== true) continue;
    const answer = await stranger(method, path, body);
    assert.equal(answer.status, 404, `${method} ${path}`);
    assert.equal(answer.body.id, "docs");
  }
  const { body } = await stranger("GET", "/corpora");
  assert.deepEqual(body, { corpora: [], metadata: {} });
  assert.equal((await owner("GET", "/corpora/docs")).status, 200);
});

test("protects HEAD as it protects GET", async (t) => {
  const sample = await startSample(t);
  for (const { method, path } of routes) {
    if (method !== "GET") continue;
    assert.equal((await sample.send("HEAD", path)).status, 401);
  }
});

test("answers an Authorization header that says two things with 400", async (t) => {
  const sample = await startSample(t);
  const answer = await sample.send("GET", "/corpora", {
    headers: { authorization: "Bearer one, Bearer two" },
  });
  assert.equal(answer.status, 400);
  assert.deepEqual(Object.keys(answer.body.field_errors), ["authorization"]);
  assert.match(answer.headers.get("www-authenticate") ?? "", /error="invalid_request"/);
});
