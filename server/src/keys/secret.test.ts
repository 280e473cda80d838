import assert from "node:assert/strict";
import { test } from "node:test";
import { secretPattern, secretPrefixes, type SecretKind } from "@countersign/protocol/secrets.ts";
import * as fc from "fast-check";
import { system } from "../system.ts";
import {
  digestOf,
  findMatchingDigest,
  generateSecret,
  hasValidChecksum,
  hintOf,
  noDigest,
} from "./secret.ts";

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const kinds = Object.keys(secretPrefixes) as SecretKind[];
const generate = (kind: SecretKind = "clientSecret"): string => generateSecret(system, kind);
const digestBytes = (secret: string): Buffer => Buffer.from(digestOf(secret), "base64url");

const scanner = new RegExp(secretPattern, "g");
const secrets = fc.constantFrom(...kinds).map(generate);

for (const kind of kinds) {
  test(`makes a ${kind} that a scanner finds in any text, with its own prefix`, () => {
    const secret = generate(kind);
    assert.ok(secret.startsWith(secretPrefixes[kind]));
    assert.ok(hasValidChecksum(secret));
    for (const text of [secret, `key="${secret}"`, `{"secret":"${secret}"}`, `x ${secret}\n`]) {
      assert.deepEqual(text.match(scanner), [secret]);
    }
  });
}

test("never makes the same secret twice, nor favours a character", () => {
  const made = Array.from({ length: 1_000 }, () => generate());
  assert.equal(new Set(made).size, made.length);
  const counts = new Map<string, number>();
  for (const secret of made) {
    const random = secret.slice(secretPrefixes.clientSecret.length, -6);
    assert.equal(random.length, 43);
    for (const character of random) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].toSorted(), base62.split(""));
  // Entropy by what was seen: 43 characters of nearly log2(62) bits each, over 250 bits in all.
  const total = 43 * made.length;
  let bits = 0;
  for (const count of counts.values()) bits -= (count / total) * Math.log2(count / total);
  assert.ok(43 * bits > 250, `${43 * bits} bits`);
  // Each character is expected 694 times, give or take 26: seven times that is never seen.
  for (const [character, count] of counts) {
    assert.ok(Math.abs(count - total / 62) < 185, `${character}: ${count}`);
  }
});

test("detects any one character that was changed", () => {
  fc.assert(
    fc.property(secrets, fc.nat(), fc.string({ maxLength: 2 }), (secret, at, replacement) => {
      const place = at % secret.length;
      fc.pre(replacement !== secret[place]);
      const damaged = secret.slice(0, place) + replacement + secret.slice(place + 1);
      assert.equal(hasValidChecksum(damaged), false, damaged);
    }),
  );
});

test("detects every change of one character to another of the alphabet", () => {
  const secret = generate();
  for (let place = 0; place < secret.length; place += 1) {
    for (const character of base62) {
      if (character === secret[place]) continue;
      const damaged = secret.slice(0, place) + character + secret.slice(place + 1);
      assert.equal(hasValidChecksum(damaged), false, damaged);
    }
  }
});

test("detects any two characters that changed places", () => {
  fc.assert(
    fc.property(secrets, fc.nat(), fc.nat(), (secret, one, other) => {
      const characters = secret.split("");
      const [from, to] = [one % characters.length, other % characters.length];
      fc.pre(characters[from] !== characters[to]);
      [characters[from], characters[to]] = [characters[to]!, characters[from]!];
      assert.equal(hasValidChecksum(characters.join("")), false);
    }),
  );
});

test("takes nothing for one of our secrets that is not", () => {
  const secret = generate();
  const texts = ["", "000000", secret.slice(0, -1), `${secret}0`, ` ${secret}`, `${secret}\n`];
  for (const text of [...texts, secret.slice(1), secret.slice(5), secret.toUpperCase()]) {
    assert.equal(hasValidChecksum(text), false, JSON.stringify(text));
  }
  fc.assert(fc.property(fc.string(), (text) => assert.equal(hasValidChecksum(text), false)));
});

test("finds the right one of five digests, and none for anything else", () => {
  const five = Array.from({ length: 5 }, () => generate());
  const digests = five.map(digestBytes);
  for (const [index, secret] of five.entries()) {
    assert.equal(findMatchingDigest(secret, digests), index);
    for (const other of [secret.slice(0, -1), `${secret} `, secret.toLowerCase(), ""]) {
      assert.equal(findMatchingDigest(other, digests), -1);
    }
  }
  assert.equal(findMatchingDigest(generate(), digests), -1);
  assert.equal(findMatchingDigest(five[0]!, []), -1);
});

test("finds nothing under the digest that stands for unknown clients and wiped credentials", () => {
  fc.assert(
    fc.property(fc.string(), (text) => assert.equal(findMatchingDigest(text, [noDigest]), -1)),
  );
});

test("keeps a secret as a digest that says nothing of it, and shows its last four characters", () => {
  const secret = generate();
  assert.match(digestOf(secret), /^[A-Za-z0-9_-]{43}$/);
  assert.equal(hintOf(secret), secret.slice(-4));
});
