import assert from "node:assert/strict";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { derToFixed } from "./ecdsa-signature.ts";

/** One in 512 is shorter than 32 bytes, every second one has a zero put before it. */
const isShort = (length: number): boolean => length < 32;

test("turns signatures into the form of a JWS, short integers too [RFC 7518 §3.4]", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  const lengths = new Set<number>();
  // Until there was a short one, and never so long that one would not have come.
  for (
    let round = 0;
    round < 2_000 || (round < 50_000 && ![...lengths].some(isShort));
    round += 1
  ) {
    const data = Buffer.from(`message ${round}`);
    const der = sign("sha256", data, privateKey);
    const fixed = derToFixed(der);
    lengths.add(der[3]!);
    assert.equal(fixed.length, 64);
    assert.ok(verify("sha256", data, key, fixed), `${der.toString("hex")} became another`);
  }
  const hasAll = lengths.has(32) && lengths.has(33) && [...lengths].some(isShort);
  assert.ok(hasAll, String([...lengths]));
});

test("keeps the value of integers of every length", () => {
  const integers = fc.uint8Array({ minLength: 1, maxLength: 32 });
  fc.assert(
    fc.property(integers, integers, (r, s) => {
      const fixed = derToFixed(Buffer.concat([Buffer.from([0x30, 0]), der(r), der(s)]));
      assert.equal(fixed.toString("hex"), [r, s].map(padded).join(""));
    }),
  );
});

/** An INTEGER as DER writes it: no needless zeros, and one before a high first bit. */
function der(value: Uint8Array): Buffer {
  const digits = Buffer.from(value);
  if (digits.length > 1 && digits[0] === 0) return der(digits.subarray(1));
  const content = digits[0]! >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
  return Buffer.concat([Buffer.from([2, content.length]), content]);
}

const padded = (value: Uint8Array): string => Buffer.from(value).toString("hex").padStart(64, "0");
