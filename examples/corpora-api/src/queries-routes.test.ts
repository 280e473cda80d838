import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startSample } from "../test/sample.ts";

async function startWithTexts(t: TestContext, texts: readonly string[]) {
  const sample = await startSample(t);
  const owner = await sample.owner();
  await owner("POST", "/corpora", { key: "docs" });
  for (const [index, text] of texts.entries()) {
    const { status } = await owner("POST", "/corpora/docs/documents", {
      id: `doc-${index}`,
      type: "core",
      metadata: { number: index },
      document_parts: [{ text, metadata: { page: 1 } }],
    });
    assert.equal(status, 201);
  }
  return { sample, owner };
}

const textsOf = (body: { search_results: { text: string }[] }) =>
  body.search_results.map(({ text }) => text);

const texts = ["apples and pears", "Apples, apples!", "pears", "plums", "apples or figs"];

test("finds parts by the words of the query, best first, equals in their order", async (t) => {
  const { owner } = await startWithTexts(t, texts);
  const { status, body } = await owner("GET", "/corpora/docs/query?query=APPLES");
  assert.equal(status, 200);
  assert.deepEqual(textsOf(body), ["Apples, apples!", "apples and pears", "apples or figs"]);
  assert.deepEqual(body.search_results[1], {
    text: "apples and pears",
    score: 1 / 3,
    document_id: "doc-0",
    part_metadata: { page: 1 },
    document_metadata: { number: 0 },
  });
  const posted = await owner("POST", "/corpora/docs/query", { query: "APPLES" });
  assert.deepEqual(posted.body, body);
});

test("gives the part of the results that was asked for", async (t) => {
  const { owner } = await startWithTexts(t, texts);
  const one = await owner("GET", "/corpora/docs/query?query=apples&limit=1");
  assert.deepEqual(textsOf(one.body), ["Apples, apples!"]);
  const search = { limit: 1, offset: 2 };
  const third = await owner("POST", "/corpora/docs/query", { query: "apples", search });
  assert.deepEqual(textsOf(third.body), ["apples or figs"]);
  const none = await owner("POST", "/corpora/docs/query", {
    query: "x",
    search: { offset: 10_000 },
  });
  assert.deepEqual(none.body, { search_results: [] });
});

test("finds nothing for a query without words, or with words that are nowhere", async (t) => {
  const { owner } = await startWithTexts(t, texts);
  for (const query of ["!?", "*", "app", "constructor", "%2500"]) {
    const { status, body } = await owner("GET", `/corpora/docs/query?query=${query}`);
    assert.deepEqual([status, body], [200, { search_results: [] }]);
  }
});

test("searches one tenant's corpus and not the other's of the same key", async (t) => {
  const { sample, owner } = await startWithTexts(t, texts);
  const other = await sample.owner("ten_2");
  await other("POST", "/corpora", { key: "docs" });
  assert.deepEqual(
    (await other("GET", "/corpora/docs/query?query=apples")).body.search_results,
    [],
  );
  assert.equal(
    (await owner("GET", "/corpora/docs/query?query=plums")).body.search_results.length,
    1,
  );
});

test("names each wrong field of a query", async (t) => {
  const { owner } = await startWithTexts(t, []);
  const addresses: [query: string, field: string][] = [
    ["", "query"],
    ["query=", "query"],
    ["query=a&query=b", "query"],
    ["query=a&limit=0", "limit"],
    [`query=${"a".repeat(5001)}`, "query"],
  ];
  for (const [query, field] of addresses) {
    const { status, body } = await owner("GET", `/corpora/docs/query?${query}`);
    assert.deepEqual([status, Object.keys(body.field_errors)], [400, [field]]);
  }
  const bodies: [body: object, field: string][] = [
    [{}, "query"],
    [{ query: 7 }, "query"],
    [{ query: "a", serch: {} }, "serch"],
    [{ query: "a", search: { limit: 101 } }, "search.limit"],
    [{ query: "a", search: { limit: "1" } }, "search.limit"],
    [{ query: "a", search: { offset: -1 } }, "search.offset"],
    [{ query: "a", search: { limits: 1 } }, "search.limits"],
  ];
  for (const [body, field] of bodies) {
    const answer = await owner("POST", "/corpora/docs/query", body);
    assert.deepEqual([answer.status, Object.keys(answer.body.field_errors)], [400, [field]]);
  }
});
