import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createVerifier } from "@countersign/sdk";
import * as fc from "fast-check";
import { type SendOptions, startSample } from "../test/sample.ts";

test("answers a body that is no JSON, or hides something, with 400", async (t) => {
  const sample = await startSample(t);
  const owner = await sample.owner();
  const bodies = [
    "{",
    "nonsense",
    '{"key": "docs",}',
    '{"key": "docs", "__proto__": {"name": "x"}}',
    '{"key": "docs", "constructor": {"prototype": {"name": "x"}}}',
    `{"key": "docs", "name": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    "[".repeat(500_000),
  ];
  for (const body of bodies) {
    const answer = await owner("POST", "/corpora", body);
    assert.equal(answer.status, 400, body.slice(0, 60));
    const members = ["field_errors", "messages", "request_id"];
    assert.deepEqual(Object.keys(answer.body).toSorted(), members);
  }
  assert.deepEqual((await owner("GET", "/corpora")).body.corpora, []);
});

test("takes a body of one MiB and refuses a larger one with 413", async (t) => {
  const sample = await startSample(t);
  const owner = await sample.owner();
  const body = `{"key": "docs"}`.padEnd(1024 * 1024);
  const large = await owner("POST", "/corpora", `${body} `);
  assert.equal(large.status, 413);
  assert.deepEqual(Object.keys(large.body).toSorted(), ["messages", "request_id"]);
  assert.equal((await owner("POST", "/corpora", body)).status, 201);
});

test("looks at the token before it reads a body", async (t) => {
  const sample = await startSample(t);
  for (const body of ["{", "x".repeat(2 * 1024 * 1024)]) {
    assert.equal((await sample.send("POST", "/corpora", { body })).status, 401);
  }
});

test("refuses bodies that are not JSON by name with 415", async (t) => {
  const sample = await startSample(t);
  const token = await sample.issuer.token({ scope: "corpora:write" });
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "nonsense"]) {
    const headers = { "content-type": type };
    const answer = await sample.send("POST", "/corpora", { token, headers, body: '{"key": "a"}' });
    assert.equal(answer.status, 415, type);
  }
});

test("takes requests without a body that name a content type all the same", async (t) => {
  const sample = await startSample(t);
  const owner = await sample.owner();
  await owner("POST", "/corpora", { key: "docs" });
  const token = await sample.issuer.token({ scope: "corpora:reset corpora:delete" });
  const headers = { "content-type": "application/json" };
  const reset = await sample.send("POST", "/corpora/docs/reset", { token, headers });
  assert.equal(reset.status, 204);
  const removed = await sample.send("DELETE", "/corpora/docs", { token, headers });
  assert.equal(removed.status, 204);
});

test("puts the host's request id into every error", async (t) => {
  const sample = await startSample(t, { requestIdOf: ({ method }) => `req-${method}` });
  const owner = await sample.owner();
  const answers = [
    await sample.send("GET", "/corpora"),
    await (await sample.caller({}))("GET", "/corpora"),
    await owner("GET", "/corpora?limit=0"),
    await owner("GET", "/corpora/absent"),
  ];
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.request_id]),
    [401, 403, 400, 404].map((status) => [status, "req-GET"]),
  );
});

test("answers 503 and blames no token while the issuer cannot be asked for its keys", async (t) => {
  const issuer = "http://127.0.0.1:1";
  const verifier = createVerifier({ issuer, audience: "https://api.example" });
  const sample = await startSample(t, { verifier });
  const token = await sample.issuer.token({ scope: "corpora:read", claims: { iss: issuer } });
  const answer = await sample.send("GET", "/corpora", { token });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("www-authenticate"), null);
  assert.notEqual(answer.headers.get("retry-after"), null);
  assert.deepEqual(Object.keys(answer.body).toSorted(), ["messages", "request_id"]);
});

test("answers 503 while another process holds the database", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "corpora-api-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const databaseFile = join(folder, "corpora.db");
  const sample = await startSample(t, { databaseFile });
  const owner = await sample.owner();
  const other = new DatabaseSync(databaseFile);
  other.exec("begin immediate");
  const busy = await owner("POST", "/corpora", { key: "docs" });
  assert.equal(busy.status, 503);
  assert.equal(busy.headers.get("retry-after"), "1");
  assert.equal((await owner("GET", "/corpora")).status, 200);
  other.exec("rollback");
  other.close();
  assert.equal((await owner("POST", "/corpora", { key: "docs" })).status, 201);
});

const paths = fc.constantFrom(
  "/corpora",
  "/corpora/docs",
  "/corpora/docs/reset",
  "/corpora/docs/documents",
  "/corpora/docs/documents/one",
  "/corpora/docs/query",
  "/jobs",
);
const endings = fc.constantFrom(
  "",
  "/",
  "/../..",
  "/%ff",
  "%",
  "%00",
  "%f0%9f%98%80",
  "x".repeat(300),
  "?limit=1&limit[]=2&page_key=x",
  "?query=a&limit=100",
  "?query=%ff%00",
  "?filter=[",
  "?filter=%f0%9f%98%80",
  "?__proto__=1&constructor=2&corpus_id[]=1",
);
const bodies = fc.oneof(
  fc.json(),
  fc.string(),
  fc.record({
    id: fc.string({ unit: "binary" }),
    type: fc.constantFrom("core", "structured"),
    metadata: fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()),
    document_parts: fc.array(fc.record({ text: fc.string({ unit: "binary" }) }), { minLength: 1 }),
  }),
  fc.record({ query: fc.string({ unit: "binary" }) }),
);

test("answers whatever is sent without an error of its own", async (t) => {
  const sample = await startSample(t);
  const owner = await sample.owner();
  await owner("POST", "/corpora", { key: "docs" });
  const scope = "corpora:read corpora:write corpora:update corpora:query corpora:reset";
  const token = await sample.issuer.token({ scope: `${scope} documents:read documents:write` });
  const requests = fc.record({
    method: fc.constantFrom("GET", "POST", "PATCH", "DELETE"),
    path: paths,
    ending: endings,
    body: bodies,
  });
  const statuses = new Set<number>();
  const property = fc.asyncProperty(requests, async ({ method, path, ending, body }) => {
    const init: SendOptions = method === "GET" ? { token } : { token, body };
    const { status } = await sample.send(method, path + ending, init);
    statuses.add(status);
    assert.ok(status < 500, `answers ${status}`);
  });
  await fc.assert(property, { numRuns: 500 });
  for (const status of [200, 400, 403, 404]) assert.ok(statuses.has(status), `never ${status}`);
});
