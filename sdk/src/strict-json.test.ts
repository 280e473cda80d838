import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodeBase64url } from "./base64url.ts";
import { parseStrictJsonObject } from "./strict-json.ts";

const parse = (text: string) => parseStrictJsonObject(new TextEncoder().encode(text));

test("reads every JSON object as JSON.parse does (I5)", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(parse(text), JSON.parse(text));
    }),
  );
});

test("refuses every object that has a member twice (D6)", () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), fc.jsonValue(), (name, first, second) => {
      const twice = [first, second].map((v) => `${JSON.stringify(name)}:${JSON.stringify(v)}`);
      assert.equal(parse(`{${twice.join(",")}}`), undefined);
      assert.equal(parse(`{"a":[{${twice.join(",")}}]}`), undefined);
    }),
  );
});

test("takes the time that the text is long, however it is nested or quoted (I5)", () => {
  const length = 200_000;
  const texts = [
    `{"a":${"[".repeat(length)}`,
    `{"a":${'{"a":'.repeat(length)}1${"}".repeat(length)}}`,
    `{"a":"${"\\\\".repeat(length)}`,
    `{"a":"${'\\"'.repeat(length)}"`,
    "{".repeat(length),
    '"'.repeat(length),
    ":".repeat(length),
  ];
  for (const text of texts) assert.equal(parse(text), undefined);
  assert.ok(parse(`{"a":"${'\\":'.repeat(length)}"}`));
});

test("decodes what an encoder writes, and only that (D6)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
      const text = Buffer.from(bytes).toString("base64url");
      assert.deepEqual(decodeBase64url(text), Uint8Array.from(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: "binary" })), (text) => {
      const bytes = decodeBase64url(text);
      if (bytes !== undefined) assert.equal(Buffer.from(bytes).toString("base64url"), text);
    }),
  );
  assert.equal(decodeBase64url(""), undefined);
});
