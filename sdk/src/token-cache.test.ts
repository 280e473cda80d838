import assert from "node:assert/strict";
import { test } from "node:test";
import { Access } from "./access.ts";
import { goodClaims, nowSeconds } from "../test/forge.ts";
import { startIssuer } from "../test/issuer.ts";
import { refusal } from "../test/refusal.ts";
import { TokenCache, type VerifiedToken } from "./token-cache.ts";
import { createVerifier } from "./verifier.ts";

test("answers a verified token at once, and only the very same text", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const token = issuer.token();
  assert.equal(verifier.verifyCached(token), undefined);
  const access = await verifier.verify(token);
  assert.equal(verifier.verifyCached(token), access);
  assert.equal(verifier.verifyCached({ authorization: `bearer ${token}` }), access);
  assert.equal(verifier.verifyCached(`${token}x`), undefined);
  assert.throws(() => verifier.verifyCached({}), { code: "no_credentials" });
});

test("refuses a remembered token from the second on that it expires (D10)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier({ ...issuer.options, clockToleranceSeconds: 0 });
  const token = issuer.token({ claims: { exp: nowSeconds + 60 } });
  await verifier.verify(token);
  issuer.clock.nowMs += 59_999;
  assert.ok(verifier.verifyCached(token));
  issuer.clock.nowMs += 1;
  assert.throws(() => verifier.verifyCached(token), { code: "invalid_token" });
  await refusal(verifier.verify(token), "invalid_token");
});

test("remembers no refusals", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const early = issuer.token({ claims: { iat: nowSeconds + 100 } });
  await refusal(verifier.verify(early), "invalid_token");
  issuer.clock.nowMs += 100_000;
  await verifier.verify(early);
});

test("remembers nothing when it may not", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier({ ...issuer.options, cacheSize: 0 });
  await verifier.verify(issuer.token());
  assert.equal(verifier.verifyCached(issuer.token()), undefined);
});

test("stays within its size however many tokens come, and keeps those in use (I6)", () => {
  const cache = new TokenCache(100);
  const verified = someVerifiedToken();
  for (let index = 0; index < 10_000; index += 1) {
    cache.add(`token-${index}`, verified);
    assert.ok(cache.size <= 100);
    if (index >= 10) assert.ok(cache.find("token-10"), `lost after ${index}`);
  }
  assert.equal(cache.find("token-0"), undefined);
  cache.delete("token-10");
  assert.equal(cache.find("token-10"), undefined);
});

function someVerifiedToken(): VerifiedToken {
  const claims = goodClaims("https://as.example") as unknown as Access["claims"];
  const key = {
    keyId: "k",
    algorithm: "ES256",
    publicKey: {},
    material: "",
    isListed: true,
  } as const;
  return { access: new Access(claims), key, expiresAtMs: 0, issuedAtMs: 0 };
}
