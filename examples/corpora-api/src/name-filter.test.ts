import assert from "node:assert/strict";
import { test } from "node:test";
import { startSample } from "../test/sample.ts";
import { nameFilter } from "./name-filter.ts";

/** Patterns and texts that keep a backtracking engine busy for longer than the sun will shine. */
const floods: [pattern: string, text: string][] = [
  ["(a+)+$", `${"a".repeat(2000)}!`],
  ["^(a|aa)+$", `${"a".repeat(2000)}!`],
  ["(x+x+)+y", "x".repeat(2000)],
  ["^(\\w+\\s?)*$", `${"word ".repeat(400)}!`],
  ["(.*a){20}$", `${"a".repeat(1999)}b`],
  ["((a*)*)*b", "a".repeat(2000)],
  ["(?i)^([a-z]+)+[0-9]$", "aZ".repeat(1000)],
];

test("I5: answers a near miss of every flooding expression", () => {
  for (const [pattern, text] of floods) {
    assert.equal(nameFilter(pattern).matches([text]), false, pattern);
  }
});

test("I5: stops after a fixed amount of work, however many texts there are", () => {
  for (const [pattern, text] of [...floods, [undefined, ""] as const]) {
    const filter = nameFilter(pattern);
    let looked = 0;
    while (!filter.isSpent()) {
      filter.matches([text]);
      looked += 1;
    }
    assert.ok(looked >= 1 && looked <= 5000, `${pattern} looked at ${looked}`);
  }
});

test("I5: counts repetitions as what they stand for", () => {
  for (const pattern of ["(a{30}){30}", "[a-z]{1000}", "((a?b?c?){10}){50}", "(?i)\\pL{900}"]) {
    assert.throws(() => nameFilter(pattern), { status: 400 }, pattern);
  }
});

test("I5: goes on behind the work of one request, with page keys", async (t) => {
  const sample = await startSample(t);
  const owner = await sample.owner();
  const description = `${"a".repeat(1999)}!`;
  const keys = Array.from({ length: 20 }, (_, index) => `corpus-${index}`);
  for (const key of keys) await owner("POST", "/corpora", { key, description });
  await owner("POST", "/corpora", { key: "wanted", description: "b" });
  // With the last one, a single corpus is more work than a request may do.
  for (const pattern of ["^((a+)+){8}$|^b$", "^((a+)+){20}$|^b$", "^[a-z]{490}$|^b$"]) {
    const filter = encodeURIComponent(pattern);
    const found: string[] = [];
    let requests = 0;
    let path: string | undefined = `/corpora?filter=${filter}`;
    while (path !== undefined && requests <= keys.length) {
      const { status, body } = await owner("GET", path);
      assert.equal(status, 200);
      requests += 1;
      found.push(...body.corpora.map(({ key }: { key: string }) => key));
      const next = body.metadata.page_key;
      path = next === undefined ? undefined : `/corpora?filter=${filter}&page_key=${next}`;
    }
    assert.deepEqual(found, ["wanted"], pattern);
    assert.ok(requests > 1, `${pattern} took ${requests} requests`);
  }
});
