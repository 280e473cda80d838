import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { createPageKeys } from "./page-key.ts";

const key = randomBytes(32);
const pageKeys = createPageKeys(key);
const position = { createdAtMs: 1_700_000_000_000, id: "app_1" };
const isRefused = { name: "AdminError", status: 400, message: /^page_key: / };

test("goes on where the page ended, also in another process", () => {
  const positions = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(fc.string(), positions, (list, position) => {
      const pageKey = pageKeys.write(list, position);
      assert.match(pageKey, /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
      assert.deepEqual(createPageKeys(key).read(list, pageKey), position);
    }),
  );
});

test("refuses a key of another list, filter or installation", () => {
  const pageKey = pageKeys.write("app_clients a", position);
  for (const list of ["app_clients b", "app_clients", "app_clients a ", "", "APP_CLIENTS a"]) {
    assert.throws(() => pageKeys.read(list, pageKey), isRefused);
  }
  const another = createPageKeys(randomBytes(32));
  assert.throws(() => another.read("app_clients a", pageKey), isRefused);
});

test("refuses a key that was changed anywhere", () => {
  const pageKey = pageKeys.write("list", position);
  const characters = fc.constantFrom("A", "B", "_", "-", ".", "=", "+", " ", "é", "\0");
  fc.assert(
    fc.property(fc.nat(pageKey.length), characters, fc.nat(1), (at, character, removed) => {
      const changed = pageKey.slice(0, at) + character + pageKey.slice(at + removed);
      fc.pre(changed !== pageKey);
      assert.throws(() => pageKeys.read("list", changed), isRefused);
    }),
    { numRuns: 500 },
  );
  for (let length = 0; length < pageKey.length; length += 1) {
    assert.throws(() => pageKeys.read("list", pageKey.slice(0, length)), isRefused);
  }
});

test("refuses whatever else is sent", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.base64String()), (text) => {
      assert.throws(() => pageKeys.read("list", text), isRefused);
    }),
  );
  const [payload] = pageKeys.write("list", position).split(".");
  for (const text of [payload!, `${payload}.`, `${payload}..`, "x".repeat(100_000)]) {
    assert.throws(() => pageKeys.read("list", text), isRefused);
  }
});
