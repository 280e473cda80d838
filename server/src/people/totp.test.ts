import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { system } from "../system.ts";
import { findTotpStep, fromBase32, newTotpSecret, totpCodeAt, totpUri } from "./totp.ts";

describe("time-based codes", () => {
  test("are those of RFC 6238, its last six digits", () => {
    const key = Buffer.from("12345678901234567890");
    const vectors: [number, string][] = [
      [59, "94287082"],
      [1_111_111_109, "07081804"],
      [1_111_111_111, "14050471"],
      [1_234_567_890, "89005924"],
      [2_000_000_000, "69279037"],
      [20_000_000_000, "65353130"],
    ];
    for (const [seconds, code] of vectors) {
      assert.equal(totpCodeAt(key, Math.floor(seconds / 30)), code.slice(2));
    }
    assert.deepEqual(fromBase32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), key);
  });

  test("are taken a step around now, however they are spaced, and never else", () => {
    const secret = newTotpSecret(system);
    assert.match(secret, /^[A-Z2-7]{32}$/);
    const at = 1_700_000_000_000;
    const step = Math.floor(at / 30_000);
    const code = (offset: number) => totpCodeAt(fromBase32(secret), step + offset);
    for (const offset of [-1, 0, 1]) {
      assert.equal(findTotpStep(secret, code(offset), at), step + offset);
    }
    const spaced = ` ${code(0).slice(0, 3)} ${code(0).slice(3)} `;
    assert.equal(findTotpStep(secret, spaced, at), step);
    for (const wrong of [code(-2), code(2), "", "12345", `${code(0)}0`, "１２３４５６"]) {
      if (![-1, 0, 1].map(code).includes(wrong)) {
        assert.equal(findTotpStep(secret, wrong, at), undefined, wrong);
      }
    }
  });

  test("are told to a device by a URI that nothing in a name breaks", () => {
    const uri = new URL(totpUri("ABC", "a&b?c#d@example.com"));
    assert.equal(uri.searchParams.get("secret"), "ABC");
    assert.equal(uri.searchParams.get("issuer"), "Countersign");
    assert.equal(uri.hash, "");
  });
});
