import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type Caller, startSample } from "../test/sample.ts";

async function startWithCorpora(t: TestContext, keys: readonly string[]) {
  const sample = await startSample(t);
  const owner = await sample.owner();
  for (const key of keys) assert.equal((await owner("POST", "/corpora", { key })).status, 201);
  return { sample, owner };
}

/** The keys on each page, from the first to the last. */
async function readPages(caller: Caller, query: string): Promise<string[][]> {
  const pages: string[][] = [];
  let pageKey = "";
  for (;;) {
    const { status, body } = await caller("GET", `/corpora?${query}${pageKey}`);
    assert.equal(status, 200);
    pages.push(body.corpora.map(({ key }: { key: string }) => key));
    if (!("page_key" in body.metadata)) return pages;
    pageKey = `&page_key=${body.metadata.page_key}`;
  }
}

test("creates a corpus with its defaults, and reads it again", async (t) => {
  const nowMs = Date.UTC(2027, 0, 15, 8);
  const sample = await startSample(t, { now: () => nowMs });
  const owner = await sample.owner();
  const created = await owner("POST", "/corpora", { key: "docs" });
  assert.equal(created.status, 201);
  assert.deepEqual(created.body, {
    id: "crp_1",
    key: "docs",
    name: "docs",
    description: "",
    enabled: true,
    chat_history_corpus: false,
    queries_are_answers: false,
    documents_are_questions: false,
    encoder_name: "term_frequency",
    save_history: false,
    filter_attributes: [],
    custom_dimensions: [],
    limits: {
      used_docs: 0,
      used_parts: 0,
      used_characters: 0,
      used_metadata_characters: 0,
      max_parts: 10_000,
      max_characters: 1_000_000,
      max_metadata_bytes: 65_536,
    },
    created_at: "2027-01-15T08:00:00.000Z",
  });
  assert.deepEqual((await owner("GET", "/corpora/docs")).body, created.body);
});

test("keeps what a corpus is created with", async (t) => {
  const { owner } = await startWithCorpora(t, []);
  const wanted = {
    key: "a_b=c-D9",
    name: "Handbook",
    description: "What we know",
    save_history: true,
    encoder_name: "none",
    filter_attributes: [{ name: "year", level: "document", type: "integer", indexed: true }],
    custom_dimensions: [{ name: "weight", querying_default: 0.5 }],
  };
  const { status, body } = await owner("POST", "/corpora", wanted);
  assert.equal(status, 201);
  assert.deepEqual({ ...body, ...wanted }, body);
});

test("refuses a second corpus of the same key, and lets another tenant have it", async (t) => {
  const { sample, owner } = await startWithCorpora(t, ["docs"]);
  const again = await owner("POST", "/corpora", { key: "docs", name: "other" });
  assert.equal(again.status, 409);
  assert.deepEqual(Object.keys(again.body).toSorted(), ["messages", "request_id"]);
  const other = await sample.owner("ten_2");
  assert.equal((await other("POST", "/corpora", { key: "docs", name: "theirs" })).status, 201);
  await other("PATCH", "/corpora/docs", { description: "changed" });
  assert.equal((await owner("GET", "/corpora/docs")).body.description, "");
  assert.equal((await other("DELETE", "/corpora/docs")).status, 204);
  assert.equal((await owner("GET", "/corpora/docs")).body.name, "docs");
});

test("names each wrong field of a new corpus, and changes nothing", async (t) => {
  const { owner } = await startWithCorpora(t, []);
  const refused: [body: unknown, field: string][] = [
    [{}, "key"],
    [{ key: "" }, "key"],
    [{ key: "a b" }, "key"],
    [{ key: "a\n" }, "key"],
    [{ key: "x".repeat(51) }, "key"],
    [{ key: 7 }, "key"],
    [{ key: "docs", nmae: "typing error" }, "nmae"],
    [{ key: "docs", name: "" }, "name"],
    [{ key: "docs", name: "x".repeat(256) }, "name"],
    [{ key: "docs", save_history: "yes" }, "save_history"],
    [{ key: "docs", enabled: true }, "enabled"],
    [{ key: "docs", filter_attributes: [{ name: "year" }] }, "filter_attributes.0.level"],
    [[], "body"],
    ["null", "body"],
    ["7", "body"],
  ];
  for (const [body, field] of refused) {
    const answer = await owner("POST", "/corpora", body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.ok(field in answer.body.field_errors, JSON.stringify(answer.body));
    const members = ["field_errors", "messages", "request_id"];
    assert.deepEqual(Object.keys(answer.body).toSorted(), members);
  }
  assert.deepEqual((await owner("GET", "/corpora")).body.corpora, []);
});

test("answers a key in a path that cannot be one with 400", async (t) => {
  const { owner } = await startWithCorpora(t, []);
  for (const key of ["a%20b", "x".repeat(51), "%2e%2e%2f", "%00", "é"]) {
    const { status, body } = await owner("GET", `/corpora/${key}`);
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body.field_errors), ["corpus_key"]);
  }
});

test("changes what is named, and leaves the rest", async (t) => {
  const { owner } = await startWithCorpora(t, ["docs"]);
  const { body: before } = await owner("GET", "/corpora/docs");
  const changes = { name: "Docs", save_history: true, enabled: false };
  const changed = await owner("PATCH", "/corpora/docs", changes);
  assert.equal(changed.status, 200);
  assert.deepEqual(changed.body, { ...before, ...changes });
  assert.deepEqual((await owner("PATCH", "/corpora/docs", {})).body, changed.body);
  const moved = await owner("PATCH", "/corpora/docs", { key: "other" });
  assert.deepEqual(moved.body.field_errors, { key: "is not known" });
});

test("deletes a corpus with its documents, and does not give its id out again", async (t) => {
  const { owner } = await startWithCorpora(t, ["docs"]);
  const document = { id: "one", type: "core", document_parts: [{ text: "old" }] };
  await owner("POST", "/corpora/docs/documents", document);
  const { body: before } = await owner("GET", "/corpora/docs");
  assert.equal((await owner("DELETE", "/corpora/docs")).status, 204);
  const gone = await owner("GET", "/corpora/docs");
  assert.equal(gone.status, 404);
  assert.equal(gone.body.id, "docs");
  assert.deepEqual(Object.keys(gone.body).toSorted(), ["id", "messages", "request_id"]);
  assert.equal((await owner("DELETE", "/corpora/docs")).status, 404);
  const { body: after } = await owner("POST", "/corpora", { key: "docs" });
  assert.notEqual(after.id, before.id);
  assert.equal((await owner("GET", "/corpora/docs/documents")).body.documents.length, 0);
});

test("resets a corpus to an empty one", async (t) => {
  const { owner } = await startWithCorpora(t, ["docs"]);
  const { body: empty } = await owner("GET", "/corpora/docs");
  const document = { id: "one", type: "core", document_parts: [{ text: "old" }] };
  await owner("POST", "/corpora/docs/documents", document);
  assert.equal((await owner("POST", "/corpora/docs/reset")).status, 204);
  assert.deepEqual((await owner("GET", "/corpora/docs")).body, empty);
  assert.equal((await owner("GET", "/corpora/docs/documents/one")).status, 404);
  assert.equal((await owner("POST", "/corpora/absent/reset")).status, 404);
});

test("shows a holder of a role on some corpora only those", async (t) => {
  const { sample, owner } = await startWithCorpora(t, ["a", "b", "c", "d", "e"]);
  const corpora = {
    b: ["corpora:read"],
    c: ["documents:read"],
    e: ["corpora:read"],
    gone: ["corpora:read"],
  };
  const viewer = await sample.caller({ corpora });
  assert.deepEqual(await readPages(viewer, "limit=1"), [["b"], ["e"]]);
  assert.deepEqual(await readPages(viewer, "limit=10&filter=^[abc]$"), [["b"]]);
  assert.equal((await viewer("GET", "/corpora/e")).status, 200);
  assert.equal((await viewer("GET", "/corpora/gone")).status, 404);
  const hidden = (await owner("GET", "/corpora/a")).body.id;
  assert.deepEqual(await readPages(viewer, `corpus_id=${hidden}`), [[]]);
  assert.deepEqual(await readPages(await sample.caller({ tenant: "ten_2", corpora }), ""), [[]]);
  const reader = await sample.caller({ corpora: { c: ["documents:read"] } });
  assert.equal((await reader("GET", "/corpora")).status, 403);
});

test("pages to the end, where no page key is", async (t) => {
  const keys = Array.from({ length: 25 }, (_, index) => `corpus-${index}`);
  const { owner } = await startWithCorpora(t, keys);
  const pages = await readPages(owner, "");
  assert.deepEqual(
    pages.map(({ length }) => length),
    [10, 10, 5],
  );
  assert.deepEqual(pages.flat(), keys);
  assert.deepEqual((await readPages(owner, "limit=25")).length, 1);
  assert.deepEqual((await readPages(owner, "limit=5")).length, 5);
});

test("finds corpora by name, description and id", async (t) => {
  const { owner } = await startWithCorpora(t, []);
  await owner("POST", "/corpora", { key: "a", name: "Handbook of 2026" });
  await owner("POST", "/corpora", { key: "b", description: "for handbooks" });
  await owner("POST", "/corpora", { key: "c", name: "Letters" });
  assert.deepEqual(await readPages(owner, "filter=(?i)handbook"), [["a", "b"]]);
  assert.deepEqual(await readPages(owner, "filter=20\\d%2B$"), [["a"]]);
  assert.deepEqual(await readPages(owner, "limit=1&filter=nothing"), [[]]);
  const { body } = await owner("GET", "/corpora");
  const [a, , c] = body.corpora.map(({ id }: { id: string }) => id);
  assert.deepEqual(await readPages(owner, `corpus_id=${a}&corpus_id=${c}`), [["a", "c"]]);
  assert.deepEqual(await readPages(owner, `corpus_id[]=${c}`), [["c"]]);
});

test("refuses what a list does not take, and names it", async (t) => {
  const { owner } = await startWithCorpora(t, []);
  const refused: [query: string, field: string][] = [
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=-1", "limit"],
    ["limit=1e9", "limit"],
    ["limit=99999999999999999999", "limit"],
    ["limit=ten", "limit"],
    ["limit=1.5", "limit"],
    ["limit=", "limit"],
    ["limit=1&limit=2", "limit"],
    ["filter=(", "filter"],
    ["filter=(?=a)", "filter"],
    ["filter=(a)\\1", "filter"],
    ["filter=", "filter"],
    [`filter=${"a".repeat(201)}`, "filter"],
    ["filter=([ab]{30}){30}", "filter"],
    ["filter=a&filter=b", "filter"],
    ["corpus_id=docs", "corpus_id.0"],
    ["corpus_id=crp_1&".repeat(101), "corpus_id"],
    ["page_key=", "page_key"],
    ["page_key=nonsense", "page_key"],
  ];
  for (const [query, field] of refused) {
    const { status, body } = await owner("GET", `/corpora?${query}`);
    assert.equal(status, 400, query);
    assert.deepEqual(Object.keys(body.field_errors), [field], query);
  }
});

test("I14: takes no page key that was edited, or given out for another list", async (t) => {
  const { sample, owner } = await startWithCorpora(t, ["a", "b", "c"]);
  const { body } = await owner("GET", "/corpora?limit=1");
  const key: string = body.metadata.page_key;
  assert.equal((await owner("GET", `/corpora?limit=2&page_key=${key}`)).status, 200);
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (let index = 0; index < key.length; index += 1) {
    const digit = digits[(digits.indexOf(key[index] ?? "") + 1) % digits.length] ?? "";
    const edited = key.slice(0, index) + digit + key.slice(index + 1);
    const answer = await owner("GET", `/corpora?page_key=${edited}`);
    assert.equal(answer.status, 400, edited);
    assert.deepEqual(Object.keys(answer.body.field_errors), ["page_key"]);
  }
  for (const other of [`${key}A`, key.slice(1), `${key}=`, ` ${key}`, "%00", "a".repeat(5000)]) {
    assert.equal((await owner("GET", `/corpora?page_key=${other}`)).status, 400);
  }
  assert.equal((await owner("GET", `/corpora?filter=a&page_key=${key}`)).status, 400);
  assert.equal((await owner("GET", `/corpora/a/documents?page_key=${key}`)).status, 400);
  const stranger = await sample.owner("ten_2");
  assert.equal((await stranger("GET", `/corpora?page_key=${key}`)).status, 400);
});

test("has no jobs", async (t) => {
  const { owner } = await startWithCorpora(t, []);
  assert.deepEqual((await owner("GET", "/jobs")).body, { jobs: [], metadata: {} });
});

test("keeps corpora and page keys in its file, also for a second process", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "corpora-api-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const databaseFile = join(folder, "corpora.db");
  const first = await (await startSample(t, { databaseFile })).owner();
  const second = await (await startSample(t, { databaseFile })).owner();
  await first("POST", "/corpora", { key: "a" });
  await second("POST", "/corpora", { key: "b" });
  const { body } = await first("GET", "/corpora?limit=1");
  const rest = await second("GET", `/corpora?page_key=${body.metadata.page_key}`);
  assert.deepEqual(
    rest.body.corpora.map(({ key }: { key: string }) => key),
    ["b"],
  );
});
