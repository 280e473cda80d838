import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, test } from "node:test";
import { freePort, spawnServer } from "../server.ts";
import { isAnswer, readGuide } from "./guide.ts";
import { readAlong } from "./reader.ts";

/** What a guide tells to type is typed, at a server that started just now, and answers as it shows. */

const guides = new URL("../../../docs/guides/", import.meta.url);
const names = globSync("*.md", { cwd: guides }).toSorted();

describe("the guides", { concurrency: 4 }, () => {
  for (const name of names) {
    test(`can be followed as written: ${name}`, async (t) => {
      const text = readGuide(new URL(name, guides), {});
      if (text.typed.length === 0) return t.diagnostic("nothing to type");
      const isFirstStart = text.typed.some(({ text }) => text.includes(codeToPaste));
      const server = await spawnServer(isFirstStart ? { COUNTERSIGN_BOOTSTRAP_API_KEY: "" } : {});
      t.after(() => server.stop());
      const port = await freePort();
      const guide = readGuide(new URL(name, guides), {
        "http://127.0.0.1:8080": server.url,
        "http://127.0.0.1:3000": `http://127.0.0.1:${port}`,
        [codeToPaste]: isFirstStart ? printedCode(server.logLines) : codeToPaste,
        "PASTE-YOUR-KEY-HERE": server.apiKey,
      });
      const environment = { PORT: String(port), ...(isFirstStart ? {} : { KEY: server.apiKey }) };
      const { printed, code, stderr } = await readAlong(guide, environment);
      // One that shows answers shows all of them.
      const showsAnswers = guide.typed.some(({ answer }) => answer !== undefined);
      for (const [index, { line, text, answer }] of guide.typed.entries()) {
        const seen = printed[index];
        assert.ok(seen !== undefined, `line ${line} fails:\n${text}\n${stderr}`);
        const isAsShown = !showsAnswers || isAnswer(answer ?? "", seen);
        assert.ok(
          isAsShown,
          `line ${line} shows\n${answer}\nand the answer is\n${seen}\n${stderr}`,
        );
      }
      assert.equal(code, 0, stderr);
    });
  }

  test("are there, the first steps among them", () => {
    assert.ok(names.length >= 6 && names.includes("from-zero-to-a-protected-api.md"));
  });
});

const codeToPaste = "PASTE-YOUR-CODE-HERE";

function printedCode(lines: readonly string[]): string {
  const [code] = /\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4}\b/.exec(lines.join("\n")) ?? [];
  assert.ok(code !== undefined, "the start printed no setup code");
  return code;
}

describe("isAnswer", () => {
  test("lets … stand for anything and white space for nothing, and all else for itself", () => {
    assert.ok(isAnswer('{ "id": "app_…", … }\n204', '{"id":"app_1","name":"n"}204\n'));
    assert.ok(!isAnswer('{"id":"app_…"}', '{"id":"crd_1"}'));
    assert.ok(!isAnswer("20.", "204"));
    assert.ok(!isAnswer("204", "204 and more"));
    assert.ok(!isAnswer("", "something"));
  });
});
