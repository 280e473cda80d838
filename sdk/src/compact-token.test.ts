import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encode, forge, goodClaims, nowSeconds, signatureOf } from "../test/forge.ts";
import { startIssuer } from "../test/issuer.ts";
import { refusal } from "../test/refusal.ts";
import { AuthorizationError } from "./authorization-error.ts";
import { createVerifier } from "./verifier.ts";

test("refuses headers that ask for more than a plain JWS (D6)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const headers = [
    { crit: ["exp"], exp: nowSeconds },
    { crit: ["b64"], b64: false },
    { crit: [] },
    { crit: null },
    { b64: false },
    { b64: true },
    { zip: "DEF" },
    { alg: ["ES256"] },
    { alg: undefined },
    { alg: null },
  ];
  for (const header of headers) {
    const verdict = verifier.verify(issuer.token({ header }));
    await refusal(verdict, "invalid_token", JSON.stringify(header));
  }
});

test("refuses headers that are not one JSON object with each member once (D6)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const header = `"alg":"ES256","kid":"${issuer.key.kid}","typ":"at+jwt"`;
  const headers = [
    `{${header},"alg":"ES256"}`,
    `{"alg":"none",${header}}`,
    `{${header},"x":{"a":1,"a":1}}`,
    `{${header}}{}`,
    `[{${header}}]`,
    `\uFEFF{${header}}`,
    `{${header},}`,
    `{${header},"x":${"[".repeat(6000)}${"]".repeat(6000)}}`,
    "null",
    '"x"',
    "1",
    "",
  ];
  for (const text of headers) {
    await refusal(
      verifier.verify(issuer.token({ header: text })),
      "invalid_token",
      text.slice(0, 90),
    );
  }
  await verifier.verify(issuer.token({ header: ` {${header}, "x": {"a": 1}} ` }));
});

test("refuses text that is not UTF-8 (D6)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const [header = ""] = issuer.token().split(".");
  const text = JSON.stringify({ ...goodClaims(issuer.issuer), extra: "@" });
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80]]) {
    const [before = "", after = ""] = text.split("@");
    const payload = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    const signed = `${header}.${payload.toString("base64url")}`;
    const signature = signatureOf(issuer.key, signed).toString("base64url");
    await refusal(verifier.verify(`${signed}.${signature}`), "invalid_token");
  }
});

test("refuses every other way to write the same token (D6)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const token = issuer.token();
  await verifier.verify(token);
  const [header = "", payload = "", signature = ""] = token.split(".");
  const json = { protected: header, payload, signature };
  const variants = [
    `${token}=`,
    `${token}==`,
    `${token}A`,
    `${token}.`,
    `${token}.${signature}`,
    `.${token}`,
    `${header}.${payload}`,
    `${header}.${payload}.`,
    `${header}..${signature}`,
    `.${payload}.${signature}`,
    `${header}.${payload}..${signature}`,
    `${header}.${payload}.a.b.${signature}`,
    ...[" ", "\t", "\n", "\r\n", "\0", "%20", "\u00a0"].flatMap((c) => [token + c, c + token]),
    `${header}\n.${payload}.${signature}`,
    `${header}.${payload.slice(0, 9)} ${payload.slice(9)}.${signature}`,
    token.replaceAll("-", "+").replaceAll("_", "/") + "+",
    JSON.stringify(json),
    JSON.stringify({ payload, signatures: [json] }),
    encode(token),
    `${encode('{"alg":"dir","enc":"A128GCM","cty":"JWT"}')}..aXY.${encode(token)}.dGFn`,
    "..",
    "...",
    ".",
  ];
  for (const variant of variants) {
    const error = await verifier.verify(variant).catch((caught: unknown) => caught);
    assert.ok(error instanceof AuthorizationError, variant.slice(-40));
  }
});

test("refuses signatures whose last character has bits to spare (D6)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const token = issuer.token();
  await verifier.verify(token);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const twins = alphabet
    .split("")
    .map((character) => token.slice(0, -1) + character)
    .filter((twin) => twin !== token && bytesOf(twin).equals(bytesOf(token)));
  assert.equal(twins.length, 15);
  for (const twin of twins) await refusal(verifier.verify(twin), "invalid_token");
});

test("refuses a token of more than 16 kB, unread", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const long = issuer.token({ claims: { extra: "x".repeat(12_000) } });
  assert.ok(long.length > 16_384);
  await refusal(verifier.verify(long), "invalid_token");
  await refusal(verifier.verify("x".repeat(1_000_000)), "invalid_token");
  await verifier.verify(issuer.token({ claims: { extra: "x".repeat(11_000) } }));
});

test("never answers anything but a refusal to text that is no token (I5)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  // Signed once: no two signatures are alike, and the parts may come together to a whole token.
  const whole = issuer.token();
  const segment = fc.oneof(
    fc.string(),
    fc.json().map(encode),
    fc.base64String().map((text) => text.replaceAll("=", "")),
    fc.constantFrom(...whole.split(".")),
  );
  const tokenLike = fc.array(segment, { maxLength: 6 }).map((parts) => parts.join("."));
  const anything = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), tokenLike);
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      fc.pre(text !== whole);
      const error = await verifier.verify(text).catch((caught: unknown) => caught);
      assert.ok(error instanceof AuthorizationError);
      assert.equal(error.status, 401);
    }),
    { numRuns: 1000 },
  );
});

test("answers any header and any claims that are well signed, or refuses them (I5)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const members = fc.dictionary(fc.constantFrom(...claimNames), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(members, members, async (header, claims) => {
      const token = forge(issuer.key, issuer.issuer, {
        header: header as {},
        claims: claims as {},
      });
      const verdict = await verifier.verify(token).catch((caught: unknown) => caught);
      if (verdict instanceof Error) assert.ok(verdict instanceof AuthorizationError);
      else
        assert.equal((verdict as { clientId: unknown }).clientId, claims["client_id"] ?? "app_1");
    }),
    { numRuns: 500 },
  );
});

test("refuses any character put, taken or changed anywhere (D6)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const token = issuer.token();
  const place = fc.nat({ max: token.length - 1 });
  const character = fc.oneof(fc.string({ unit: "binary", maxLength: 1 }), fc.base64String());
  await fc.assert(
    fc.asyncProperty(place, character, fc.nat({ max: 1 }), async (at, text, taken) => {
      const changed = token.slice(0, at) + text + token.slice(at + taken);
      fc.pre(changed !== token);
      await refusal(verifier.verify(changed), "invalid_token", changed);
    }),
    { numRuns: 1000 },
  );
  await verifier.verify(token);
});

const claimNames = [
  "alg",
  "kid",
  "typ",
  "crit",
  "jwk",
  "iss",
  "sub",
  "aud",
  "exp",
  "iat",
  "nbf",
  "jti",
  "client_id",
  "scope",
  "roles",
  "tenant",
  "pos",
  "cred",
  "authorization_details",
  "__proto__",
];

function bytesOf(token: string): Buffer {
  return Buffer.from(token.split(".")[2] ?? "", "base64url");
}
