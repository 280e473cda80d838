import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  secretSearchPatternOf,
  secretPrefixes,
  type SecretKind,
} from "@countersign/protocol/secrets.ts";
import { generateSecret, hasValidChecksum } from "../../server/src/keys/secret.ts";
import { candidatesIn } from "../../server/src/leaks/candidate.ts";
import { system } from "../../server/src/system.ts";
import { entropyMin, scannerRules } from "./scanner-rules.ts";

/** What a scanner with our patterns finds in what stands in repositories. */

const kinds = Object.keys(secretPrefixes) as SecretKind[];
/** By the pattern of each kind, one after the other. */
const searches = kinds.map((kind) => new RegExp(secretSearchPatternOf(kind), "g"));
const found = (text: string): string[] =>
  searches.flatMap((search) => [...text.matchAll(search)].map(([, secret]) => secret!));
const random = (alphabet: RegExp, length: number): string => {
  let text = "";
  while (text.length < length) {
    text += system.randomBytes(256).toString("latin1").replaceAll(alphabet, "");
  }
  return text.slice(0, length);
};
const base62 = (length: number) => random(/[^0-9A-Za-z]/g, length);
const base64url = (length: number) => random(/[^0-9A-Za-z_-]/g, length);
const hex = (length: number) => random(/[^0-9a-f]/g, length);

/** By each: what others issue, and what only looks like something. */
const lookAlikes = (): string[] => [
  `ghp_${base62(36)}`,
  `github_pat_${base62(22)}_${base62(59)}`,
  `gho_${base62(36)}`,
  `glpat-${base64url(20)}`,
  `sk_live_${base62(99)}`,
  `whsec_${base62(32)}`,
  `xoxb-${random(/\D/g, 12)}-${random(/\D/g, 12)}-${base62(24)}`,
  `https://hooks.slack.com/services/T${base62(8)}/B${base62(8)}/${base62(24)}`,
  `AKIA${random(/[^A-Z2-7]/g, 16)}`,
  `aws_secret_access_key = ${random(/[^0-9A-Za-z/+]/g, 40)}`,
  `npm_${base62(36)}`,
  `pypi-${base64url(150)}`,
  `SG.${base64url(22)}.${base64url(43)}`,
  `AIza${base64url(35)}`,
  `dop_v1_${hex(64)}`,
  `eyJ${base64url(40)}.eyJ${base64url(300)}.${base64url(86)}`,
  system.randomUuid(),
  hex(40),
  hex(64),
  system.randomBytes(3_000).toString("base64"),
  system.randomBytes(3_000).toString("base64url"),
  `"integrity": "sha512-${system.randomBytes(64).toString("base64")}"`,
  "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg",
  // Ours, but not whole: of another case, cut off, too long, with something in between, or a word.
  "cssk_example",
  "cssk_…",
  "cssk_YOUR_SECRET_HERE_YOUR_SECRET_HERE_YOUR_SECRET_HERE",
  `cssk_${"x".repeat(48)}`,
  `cssk_${base62(48)}`,
  `cssk_${base62(50)}`,
  `cssk-${base62(49)}`,
  `CSSK_${base62(49)}`,
  `csxk_${base62(49)}`,
  `cssk_${base62(24)}-${base62(24)}`,
  `xcssk_${base62(49)}`,
  `_cssk_${base62(49)}`,
  ...kinds.map((kind) => generateSecret(system, kind).slice(0, -1)),
  ...kinds.map((kind) => generateSecret(system, kind).toUpperCase()),
  ...kinds.map((kind) => generateSecret(system, kind).slice(1)),
  `!function(e,t){cssk_=e,"object"==typeof exports?t(exports):t(e.cspk_={})}(this,${base62(9)})`,
];

const places: Record<string, (secret: string) => string> = {
  bare: (secret) => secret,
  "double quotes": (secret) => `const secret = "${secret}";`,
  "single quotes": (secret) => `secret='${secret}'`,
  "an environment file": (secret) => `CLIENT_SECRET=${secret}\nNEXT=1`,
  JSON: (secret) => JSON.stringify({ client_secret: secret, next: 1 }),
  "JSON in a string": (secret) => JSON.stringify(JSON.stringify({ client_secret: secret })),
  YAML: (secret) => `client:\n  secret: ${secret}\n  scope: read`,
  "a URL": (secret) => `https://api.example.com/?client_secret=${secret}&scope=read`,
  "a URL's user info": (secret) => `https://app:${secret}@api.example.com/`,
  "an encoded URL": (secret) => `q=${encodeURIComponent(`"${secret}" and`)}`,
  "a command": (secret) => `curl -u client:${secret} https://auth.example.com/oauth2/token`,
  "a header": (secret) => `x-api-key: ${secret}\r\naccept: */*`,
  "minified code": (secret) => `e.exports={a:1,s:"${secret}",b:function(t){return t.s}}`,
  XML: (secret) => `<secret>${secret}</secret>`,
  "an escaped line": (secret) => String.raw`"keys:\n${secret}\r\n"`,
  "a sentence": (secret) => `The key is ${secret}.`,
};

describe("the patterns for scanners", () => {
  test("find every secret of ours, wherever it stands, and nothing beside it (S7)", () => {
    for (const kind of kinds) {
      for (const [place, put] of Object.entries(places)) {
        for (let times = 0; times < 20; times += 1) {
          const secret = generateSecret(system, kind);
          assert.deepEqual(found(put(secret)), [secret], `${kind} in ${place}`);
          const { secrets } = candidatesIn(put(secret));
          assert.ok(secrets.includes(secret), `a report of ${place} is understood`);
        }
      }
    }
  });

  test("find nothing in what others issue, nor in what only looks alike (S7)", () => {
    for (let times = 0; times < 200; times += 1) {
      for (const text of lookAlikes()) {
        for (const put of Object.values(places)) assert.deepEqual(found(put(text)), [], text);
      }
    }
    for (const file of ["package-lock.json", "docs/reference/errors.md", "README.md"]) {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
      assert.deepEqual(found(text), [], file);
    }
  });

  test("leave to the checksum what has the form by accident or was mistyped (S7)", () => {
    for (let times = 0; times < 5_000; times += 1) {
      assert.ok(!hasValidChecksum(`cssk_${base62(43)}${base62(6)}`));
      const secret = generateSecret(system, "clientSecret");
      assert.ok(hasValidChecksum(secret));
      const swapped = secret.replace(/[a-z](?=.{10}$)/, (letter) => letter.toUpperCase());
      assert.equal(hasValidChecksum(swapped), swapped === secret);
    }
  });

  test("are linear: nothing looks around, refers back or repeats what repeats (S7)", () => {
    for (const { name, pattern } of scannerRules) {
      assert.doesNotMatch(pattern, /\(\?[^:]|\\[1-9]|[*+]/, name);
    }
  });

  test("ask for less entropy than any secret has, and more than a placeholder (S7)", () => {
    const lowest = Math.min(
      ...Array.from({ length: 5_000 }, () => entropyOf(generateSecret(system, "personalKey"))),
    );
    assert.ok(lowest > entropyMin + 0.5, String(lowest));
    assert.ok(entropyOf(`cssk_${"0".repeat(43)}3FPZVZ`) < entropyMin);
    assert.ok(entropyOf(`cssk_${"x".repeat(49)}`) < entropyMin);
  });
});

/** Shannon's, in bits for a character, as scanners measure it. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()]
    .map((count) => count / text.length)
    .reduce((bits, share) => bits - share * Math.log2(share), 0);
}
