import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { type Caller, startSample } from "../test/sample.ts";

async function startWithCorpus(t: TestContext) {
  const sample = await startSample(t);
  const owner = await sample.owner();
  await owner("POST", "/corpora", { key: "docs" });
  return { sample, owner };
}

const add = (caller: Caller, document: object) =>
  caller("POST", "/corpora/docs/documents", document);

const core = (id: string, ...texts: string[]) => ({
  id,
  type: "core",
  document_parts: texts.map((text) => ({ text })),
});

test("adds a document, reads it, counts it and deletes it", async (t) => {
  const { owner } = await startWithCorpus(t);
  const created = await add(owner, {
    id: "guide/1 ü",
    type: "core",
    metadata: { year: 2026, tags: ["a", { deep: null }] },
    document_parts: [{ text: "Hello" }, { text: "world\u0000!", metadata: { page: 2 } }],
  });
  assert.equal(created.status, 201);
  assert.deepEqual(created.body, {
    id: "guide/1 ü",
    metadata: { year: 2026, tags: ["a", { deep: null }] },
    parts: [
      { text: "Hello", metadata: {} },
      { text: "world\u0000!", metadata: { page: 2 } },
    ],
  });
  const path = `/corpora/docs/documents/${encodeURIComponent("guide/1 ü")}`;
  assert.deepEqual((await owner("GET", path)).body, created.body);
  const { limits } = (await owner("GET", "/corpora/docs")).body;
  assert.deepEqual([limits.used_docs, limits.used_parts, limits.used_characters], [1, 2, 12]);
  assert.equal((await owner("DELETE", path)).status, 204);
  const gone = await owner("GET", path);
  assert.equal(gone.status, 404);
  assert.equal(gone.body.id, "guide/1 ü");
  assert.equal((await owner("DELETE", path)).status, 404);
  assert.equal((await owner("GET", "/corpora/docs")).body.limits.used_metadata_characters, 0);
});

test("flattens the sections of a structured document into parts", async (t) => {
  const { owner } = await startWithCorpus(t);
  const { status, body } = await add(owner, {
    id: "guide",
    type: "structured",
    title: "Guide",
    sections: [{ title: "One", text: "first", metadata: { page: 1 } }, { text: "second" }],
  });
  assert.equal(status, 201);
  assert.deepEqual(body.metadata, { title: "Guide" });
  assert.deepEqual(body.parts, [
    { text: "first", metadata: { title: "One", page: 1 } },
    { text: "second", metadata: {} },
  ]);
});

test("refuses a second document of the same id in a corpus, not in another", async (t) => {
  const { owner } = await startWithCorpus(t);
  assert.equal((await add(owner, core("one", "first"))).status, 201);
  assert.equal((await add(owner, core("one", "second"))).status, 409);
  const { body } = await owner("GET", "/corpora/docs/documents/one");
  assert.deepEqual(body.parts, [{ text: "first", metadata: {} }]);
  assert.equal((await owner("GET", "/corpora/docs")).body.limits.used_docs, 1);
  await owner("POST", "/corpora", { key: "more" });
  assert.equal((await owner("POST", "/corpora/more/documents", core("one", "x"))).status, 201);
});

test("pages through the documents to the end", async (t) => {
  const { owner } = await startWithCorpus(t);
  for (let index = 0; index < 7; index += 1) await add(owner, core(`doc-${index}`, "text"));
  const ids: string[] = [];
  const sizes: number[] = [];
  let path: string | undefined = "/corpora/docs/documents?limit=3";
  while (path !== undefined) {
    const { body } = await owner("GET", path);
    ids.push(...body.documents.map(({ id }: { id: string }) => id));
    sizes.push(body.documents.length);
    const next = body.metadata.page_key;
    path = next === undefined ? undefined : `/corpora/docs/documents?limit=3&page_key=${next}`;
  }
  assert.deepEqual(sizes, [3, 3, 1]);
  assert.equal(new Set(ids).size, 7);
});

test("names each wrong field of a new document", async (t) => {
  const { owner } = await startWithCorpus(t);
  const part = { text: "text" };
  const refused: [body: object, field: string][] = [
    [{}, "type"],
    [{ id: "x", type: "other", document_parts: [part] }, "type"],
    [{ type: "core", document_parts: [part] }, "id"],
    [{ id: "", type: "core", document_parts: [part] }, "id"],
    [{ id: "a\u0000b", type: "core", document_parts: [part] }, "id"],
    [{ id: "x".repeat(101), type: "core", document_parts: [part] }, "id"],
    [{ id: "x", type: "core" }, "document_parts"],
    [{ id: "x", type: "core", document_parts: [] }, "document_parts"],
    [{ id: "x", type: "core", document_parts: [{ txt: "" }] }, "document_parts.0.txt"],
    [{ id: "x", type: "core", document_parts: [{ text: 7 }] }, "document_parts.0.text"],
    [{ id: "x", type: "core", document_parts: [part], metadata: [] }, "metadata"],
    [{ id: "x", type: "core", document_parts: [part], sections: [] }, "sections"],
    [{ id: "x", type: "structured", document_parts: [part] }, "sections"],
    [{ ...core("x", "text"), metadata: { big: "x".repeat(65_536) } }, "metadata"],
  ];
  for (const [body, field] of refused) {
    const answer = await add(owner, body);
    assert.equal(answer.status, 400, field);
    assert.ok(field in answer.body.field_errors, JSON.stringify(answer.body));
  }
  assert.equal((await owner("GET", "/corpora/docs")).body.limits.used_docs, 0);
});

test("refuses text that could not be kept as it came", async (t) => {
  const { sample, owner } = await startWithCorpus(t);
  const { issuer, url } = sample;
  const half = "a\ud800";
  for (const body of [core(half, "text"), { ...core("x", "text"), metadata: { [half]: 1 } }]) {
    assert.equal((await add(owner, body)).status, 400, JSON.stringify(body));
  }
  const token = await issuer.token({ tenant: "ten_1", scope: "documents:write" });
  const [start = "", end = ""] = JSON.stringify(core("a!", "text")).split("!");
  const response = await fetch(`${url}/corpora/docs/documents`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: Buffer.concat([Buffer.from(start), Buffer.from([0xff]), Buffer.from(end)]),
  });
  assert.equal(response.status, 400);
  assert.equal((await owner("GET", "/corpora/docs")).body.limits.used_docs, 0);
});

test("takes no documents into a corpus that is full or disabled", async (t) => {
  const { owner } = await startWithCorpus(t);
  assert.equal((await add(owner, core("big", "x".repeat(999_990)))).status, 201);
  assert.equal((await add(owner, core("drop", "x".repeat(11)))).status, 409);
  assert.equal((await add(owner, core("fits", "x".repeat(10)))).status, 201);
  await owner("POST", "/corpora/docs/reset");
  await owner("PATCH", "/corpora/docs", { enabled: false });
  assert.equal((await add(owner, core("late", "x"))).status, 409);
  assert.equal((await owner("GET", "/corpora/docs/query?query=x")).status, 409);
});

test("answers 404 for documents of a corpus that is not there", async (t) => {
  const { owner } = await startWithCorpus(t);
  const answers = [
    await owner("GET", "/corpora/absent/documents"),
    await owner("POST", "/corpora/absent/documents", core("one", "x")),
    await owner("GET", "/corpora/absent/documents/one"),
    await owner("DELETE", "/corpora/absent/documents/one"),
  ];
  for (const { status, body } of answers) assert.deepEqual([status, body.id], [404, "absent"]);
});
