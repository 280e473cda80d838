import assert from "node:assert/strict";
import { test } from "node:test";
import { allPermissions, type Permission } from "@countersign/protocol/permissions.ts";
import * as fc from "fast-check";
import { grantScope, parseScope } from "./scope.ts";

const isRefused = (refusal: string) => ({ name: "OAuthError", code: "invalid_scope", refusal });

test("reads tokens with single spaces between them, each once", () => {
  assert.deepEqual([...parseScope("a")], ["a"]);
  assert.deepEqual([...parseScope("b a b")], ["b", "a"]);
  assert.deepEqual([...parseScope("!#$%&'()*+,-./:;<=>?@[]^_`{|}~")].length, 1);
});

const malformed: [what: string, text: string][] = [
  ["nothing", ""],
  ["only a space", " "],
  ["a space before", " a"],
  ["a space behind", "a "],
  ["two spaces", "a  b"],
  ["a tab", "a\tb"],
  ["a line break", "a\nb"],
  ["a line break behind", "a\n"],
  ["a quote", 'a "b"'],
  ["a backslash", "a\\b"],
  ["NUL", "a\0"],
  ["DEL", "a\x7f"],
  ["a letter that is not ASCII", "corpora:réad"],
  ["a space that is not ASCII", "a\u00a0b"],
  ["a lone surrogate", "\ud800"],
  ["too many characters", "a ".repeat(2_048) + "a"],
];
for (const [what, text] of malformed) {
  test(`refuses ${what} [RFC 6749 §3.3]`, () => {
    assert.throws(() => parseScope(text), isRefused("malformed_scope"));
  });
}

test("takes every text of scope tokens, and refuses every other", () => {
  // scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
  const isToken = (token: string): boolean =>
    token !== "" && token.split("").every((c) => c >= "!" && c <= "~" && c !== '"' && c !== "\\");
  const texts = fc.oneof(
    fc.string({ unit: fc.constantFrom("a", ":", " ", '"', "\\", "~", "\t", "\x7f", "é") }),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const tokens = text.split(" ");
      if (tokens.every(isToken)) assert.deepEqual([...parseScope(text)], [...new Set(tokens)]);
      else assert.throws(() => parseScope(text), isRefused("malformed_scope"));
    }),
  );
});

test("refuses near misses of any length without trying them in many ways", () => {
  for (const text of ["a ".repeat(1e6), `${"a".repeat(4_095)}"`, `${"a ".repeat(2_047)}\\`]) {
    assert.throws(() => parseScope(text), isRefused("malformed_scope"));
  }
});

const catalogue = new Set<Permission>(allPermissions);

test("grants exactly what was asked, and nothing when one of it is not held", () => {
  const some = fc.subarray([...allPermissions], { maxLength: 8 });
  fc.assert(
    fc.property(some, some, (asked, held) => {
      const grant = () => grantScope(new Set(asked), new Set(held), catalogue);
      if (asked.every((permission) => held.includes(permission))) {
        assert.deepEqual([...grant()], asked);
      } else {
        assert.throws(grant, isRefused("scope_not_allowed"));
      }
    }),
  );
});

test("grants nothing that is not a permission, and does not repeat what a stranger sent", () => {
  const held = new Set<Permission>(allPermissions);
  for (const token of ["__proto__", "constructor", "corpora:*", "*", "Corpora:read", "cssk_x"]) {
    assert.throws(() => grantScope(new Set(["corpora:read", token]), held, catalogue), {
      ...isRefused("scope_unknown"),
      detail: undefined,
    });
  }
  assert.throws(() => grantScope(new Set(["corpora:read"]), new Set(), catalogue), {
    detail: "corpora:read",
  });
});
