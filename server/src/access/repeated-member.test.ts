import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hasRepeatedMember } from "./repeated-member.ts";

const isRepeated = (text: string): boolean => hasRepeatedMember(text, JSON.parse(text));

test("finds nothing in JSON that a writer made, whatever its names and texts", () => {
  const names = fc.oneof(fc.string(), fc.constantFrom("__proto__", ":", '"', "\\", '":"', "{"));
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 1 }),
      names,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(names, tie("value"), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(values.value, fc.nat(3), (value, spaces) => {
      assert.equal(hasRepeatedMember(JSON.stringify(value, null, spaces), value), false);
    }),
  );
});

test("finds a member that is written twice, at any depth and in any spelling", () => {
  // V8 reads an escaped name of one character as a backslash once it has read a name that was one
  // (nodejs/node#63785): the two members then really are two, and nothing is hidden.
  const names = fc.string().filter((name) => name.length !== 1);
  fc.assert(
    fc.property(names, fc.jsonValue(), fc.jsonValue(), (name, one, other) => {
      const members = [one, other].map((value) => `${spelled(name)} : ${JSON.stringify(value)}`);
      const twice = `{${members.join(",")}}`;
      for (const text of [twice, `[[${twice}]]`, `{"a":[1,{"b":${twice}}]}`, `[{},${twice}]`]) {
        assert.equal(isRepeated(text), true, text);
      }
    }),
  );
  assert.equal(isRepeated(String.raw`{"a":1,"\u0061":2}`), true);
  assert.equal(isRepeated(`{"__proto__":1,"__proto__":2}`), true);
});

test("reads long and deep text without breaking", () => {
  const long = 60_000;
  const texts = [
    `${"[".repeat(long)}${"]".repeat(long)}`,
    `${'{"a":'.repeat(long)}1${"}".repeat(long)}`,
    JSON.stringify('\\":'.repeat(long)),
    JSON.stringify(Array.from({ length: 200_000 }, () => 0)),
  ];
  for (const text of texts) assert.equal(isRepeated(text), false);
});

/** A name with every character escaped now and then. */
const spelled = (name: string): string =>
  name.length % 2 === 0
    ? JSON.stringify(name)
    : `"${Array.from({ length: name.length }, (_, at) => `\\u${hex(name.charCodeAt(at))}`).join("")}"`;

const hex = (code: number): string => code.toString(16).padStart(4, "0");
