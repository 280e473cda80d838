import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createKnownSignatures } from "./known-signatures.ts";

describe("known signatures", () => {
  const signature = Buffer.from("signature");
  const counting = () => {
    let checks = 0;
    const count = (isGood: boolean) => () => {
      checks += 1;
      return isGood;
    };
    return { good: count(true), bad: count(false), checks: () => checks };
  };

  test("asks once about what is good, and each time about what is not", () => {
    const { good, bad, checks } = counting();
    const known = createKnownSignatures();
    assert.equal(known.isGood("bad", signature, bad), false);
    assert.equal(known.isGood("bad", signature, bad), false);
    assert.equal(checks(), 2);
    assert.equal(known.isGood("good", signature, good), true);
    assert.equal(known.isGood("good", signature, bad), true);
    assert.equal(checks(), 3);
  });

  test("takes nothing for known that differs in the text, the signature or their border", () => {
    const { good, bad } = counting();
    const known = createKnownSignatures();
    known.isGood("a.b", signature, good);
    assert.equal(known.isGood("a.c", signature, bad), false);
    assert.equal(known.isGood("a.b", Buffer.from("signaturf"), bad), false);
    assert.equal(known.isGood("a", Buffer.from("signature"), bad), false);
  });

  test("remembers a bounded number, and those that are used longest", () => {
    const { good, bad, checks } = counting();
    const known = createKnownSignatures(2);
    for (const text of ["1", "2", "3", "4", "5"]) {
      known.isGood("used", signature, good);
      known.isGood(text, signature, good);
    }
    assert.equal(checks(), 6);
    assert.equal(known.isGood("used", signature, bad), true);
    assert.equal(known.isGood("1", signature, bad), false);
  });
});
