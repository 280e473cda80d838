import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { makeKey } from "../test/forge.ts";
import { UnexpectedResponseError } from "./errors.ts";
import { readKeySet } from "./key-set.ts";
import * as node from "./signature/node.ts";
import * as web from "./signature/web.ts";

const good = makeKey("ES256", "es-1");
const ed = makeKey("EdDSA", "ed-1").jwk;
const rsa = makeKey("RS256", "rs-1").jwk;

async function listedIn(...keys: unknown[]): Promise<string[]> {
  const found: string[][] = [];
  for (const platform of [node, web]) {
    found.push([...(await readKeySet({ keys: [good.jwk, ...keys] }, new Map(), platform)).keys()]);
  }
  assert.deepEqual(found[0], found[1]);
  return (found[0] ?? []).slice(1);
}

test("takes keys of the three kinds, also without alg and use (D17)", async () => {
  const { alg, use, ...plain } = ed;
  assert.ok(alg !== undefined && use !== undefined);
  assert.deepEqual(await listedIn(plain, rsa), ["ed-1", "rs-1"]);
  assert.deepEqual(await listedIn({ ...ed, key_ops: ["verify"], x5t: "x", more: {} }), ["ed-1"]);
});

test("leaves out private and symmetric keys (D17)", async () => {
  const secret = good.privateKey.export({ format: "jwk" });
  const others = [
    { ...secret, kid: "private" },
    { ...ed, kid: "private-ed", d: ed["x"] },
    { ...rsa, kid: "primes", p: "AQ" },
    { ...rsa, kid: "null", d: null },
    { kty: "oct", k: "c2VjcmV0", kid: "oct", alg: "HS256" },
    { ...ed, k: "c2VjcmV0", kid: "both" },
  ];
  for (const key of others) assert.deepEqual(await listedIn(key), [], key.kid);
});

test("leaves out keys for something else (D17)", async () => {
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey;
  const x25519 = generateKeyPairSync("x25519").publicKey;
  const others = [
    { ...ed, use: "enc" },
    { ...ed, use: ["sig"] },
    { ...ed, key_ops: ["sign"] },
    { ...ed, key_ops: "verify" },
    { ...ed, kid: undefined },
    { ...ed, kid: "" },
    { ...ed, kid: 1 },
    { ...ed, alg: "Ed448" },
    { ...ed, alg: "ES256" },
    { ...rsa, alg: "PS256" },
    { ...rsa, alg: "RSA-OAEP" },
    { ...rsa, kty: "rsa" },
    { ...rsa, kty: "__proto__" },
    { ...p384.export({ format: "jwk" }), kid: "p384" },
    { ...x25519.export({ format: "jwk" }), kid: "x25519" },
  ];
  for (const key of others) assert.deepEqual(await listedIn(key), [], JSON.stringify(key));
});

test("leaves out keys that are too weak, too costly or no keys (D7, D17)", async () => {
  const zero = Buffer.alloc(32).toString("base64url");
  const { x, y } = good.jwk;
  const p256 = { kty: "EC", crv: "P-256", kid: "p256" };
  const others = [
    { ...rsa, n: bytes(64, 1) },
    { ...rsa, n: bytes(128, 1) },
    { ...rsa, n: bytes(255, 1) },
    { ...rsa, n: Buffer.concat([Buffer.alloc(200), Buffer.alloc(56, 1)]).toString("base64url") },
    { ...rsa, n: bytes(256, 2) },
    { ...rsa, n: bytes(2048, 1) },
    { ...rsa, n: `${String(rsa["n"])}=` },
    { ...rsa, e: "AQ" },
    { ...rsa, e: "Ag" },
    { ...rsa, e: "AA" },
    { ...rsa, e: bytes(8, 1) },
    { ...rsa, e: 65_537 },
    { ...p256, x, y: x },
    { ...p256, x: zero, y: zero },
    { ...p256, x: y, y: x },
    { ...p256, x: `${String(x)}AA`, y },
    { ...p256, x },
    { ...ed, x: String(ed["x"]).slice(0, -2) },
    { ...ed, x: undefined },
    ...smallOrderPoints().map((point) => ({ ...ed, x: point.toString("base64url") })),
  ];
  for (const key of others) assert.deepEqual(await listedIn(key), [], JSON.stringify(key));
});

test("refuses a set that repeats a key id, and changes nothing (D17)", async () => {
  const before = await readKeySet({ keys: [good.jwk] }, new Map(), node);
  const twice = [
    [good.jwk, makeKey("ES256", "es-1").jwk],
    [good.jwk, good.jwk],
    [good.jwk, { kid: "es-1", kty: "oct" }],
  ];
  for (const keys of twice) {
    await assert.rejects(readKeySet({ keys }, before, node), UnexpectedResponseError);
  }
  assert.equal(before.get("es-1")?.isListed, true);
});

test("refuses a set of more than a hundred keys (D17, D18)", async () => {
  const many = Array.from({ length: 100 }, (_, index) => ({ ...ed, kid: `ed-${index}` }));
  assert.equal((await readKeySet({ keys: many }, new Map(), node)).size, 100);
  const keys = [...many, good.jwk];
  await assert.rejects(readKeySet({ keys }, new Map(), node), UnexpectedResponseError);
});

test("keeps a key that is still the same, and gives up one that is not", async () => {
  const before = await readKeySet({ keys: [good.jwk, ed] }, new Map(), node);
  const [kept, gone] = [before.get("es-1"), before.get("ed-1")];
  const after = await readKeySet({ keys: [{ ...good.jwk, more: 1 }] }, before, node);
  assert.equal(after.get("es-1"), kept);
  assert.equal(kept?.isListed, true);
  assert.equal(gone?.isListed, false);
});

function bytes(length: number, last: number): string {
  return Buffer.concat([Buffer.alloc(length - 1, 0xff), Buffer.from([last])]).toString("base64url");
}

/** Each y of a point of order 1, 2, 4 or 8, in all spellings, with both signs of x. */
function smallOrderPoints(): Buffer[] {
  const prime = 2n ** 255n - 19n;
  const order8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
  const coordinates = [0n, 1n, prime - 1n, prime, prime + 1n, order8, prime - order8];
  return coordinates.flatMap((y) =>
    [y, y + 2n ** 255n].map((value) =>
      Buffer.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex").toReversed()),
    ),
  );
}
