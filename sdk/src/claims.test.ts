import assert from "node:assert/strict";
import { test } from "node:test";
import { audience, goodClaims, nowSeconds } from "../test/forge.ts";
import { startIssuer } from "../test/issuer.ts";
import { refusal } from "../test/refusal.ts";
import { createVerifier } from "./verifier.ts";

test("takes only the issuer's and this API's exact names (D10)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const wrong: Record<string, unknown>[] = [
    `${issuer.issuer}/`,
    issuer.issuer.toUpperCase(),
    "https://other.example",
    "",
    null,
    1,
    [],
    [issuer.issuer],
    undefined,
  ].map((iss) => ({ iss }));
  const audiences = [
    `${audience}/`,
    "https://api.example",
    "https://API.example/v2",
    `${audience} x`,
    "",
    "*",
    null,
    1,
    {},
    undefined,
    [],
    [audience, "https://b.example"],
    [audience, audience],
    [[audience]],
    ["https://b.example"],
    { 0: audience, length: 1 },
  ];
  wrong.push(...audiences.map((aud) => ({ aud })));
  for (const claims of wrong) {
    const verdict = verifier.verify(issuer.token({ claims }));
    await refusal(verdict, "invalid_token", JSON.stringify(claims));
  }
  await verifier.verify(issuer.token({ claims: { aud: [audience] } }));
  await verifier.verify(issuer.token());
});

test("takes times within the tolerance and refuses them beyond it (D10)", async (t) => {
  const issuer = await startIssuer(t);
  for (const tolerance of [0, 30, 60]) {
    const options = { ...issuer.options, clockToleranceSeconds: tolerance };
    const verifier = createVerifier(options);
    const good = [
      { iat: nowSeconds - 1800, exp: nowSeconds - tolerance + 1 },
      { iat: nowSeconds + tolerance },
      { nbf: nowSeconds + tolerance },
      { nbf: nowSeconds - 5000 },
    ];
    const bad = [
      { iat: nowSeconds - 1800, exp: nowSeconds - tolerance },
      { iat: nowSeconds - 1800, exp: nowSeconds - tolerance - 1 },
      { iat: nowSeconds + tolerance + 1 },
      { nbf: nowSeconds + tolerance + 1 },
    ];
    for (const claims of good) await verifier.verify(issuer.token({ claims }));
    for (const claims of bad) {
      const verdict = verifier.verify(issuer.token({ claims }));
      await refusal(verdict, "invalid_token", `${tolerance} ${JSON.stringify(claims)}`);
    }
  }
});

test("refuses a tolerance above a minute (D10)", () => {
  const options = { issuer: "https://as.example", audience };
  for (const clockToleranceSeconds of [61, -1, NaN, Infinity]) {
    assert.throws(() => createVerifier({ ...options, clockToleranceSeconds }), TypeError);
  }
});

test("refuses times that are no whole seconds of our age (D10)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const times = [String(nowSeconds + 100), -1, 0, nowSeconds + 0.5, null, true, [], {}, 1e300];
  for (const name of ["exp", "iat", "nbf"]) {
    for (const time of [...times, 9e15, nowSeconds * 1000]) {
      const verdict = verifier.verify(issuer.token({ claims: { [name]: time } }));
      await refusal(verdict, "invalid_token", `${name} ${JSON.stringify(time)}`);
    }
  }
  const lives = [{ exp: nowSeconds + 86_400 }, { exp: undefined }, { iat: undefined }];
  for (const claims of [...lives, { iat: nowSeconds, exp: nowSeconds }]) {
    await refusal(verifier.verify(issuer.token({ claims })), "invalid_token");
  }
});

test("refuses a token that lacks what RFC 9068 wants in it (D8)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const required = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"];
  for (const name of [...required, "tenant", "cred", "pos"]) {
    for (const value of [undefined, null, "", 0.5, [], {}]) {
      const verdict = verifier.verify(issuer.token({ claims: { [name]: value } }));
      await refusal(verdict, "invalid_token", `${name} ${JSON.stringify(value)}`);
    }
  }
  const { claims } = await verifier.verify(issuer.token());
  assert.deepEqual(claims, goodClaims(issuer.issuer));
});

test("takes both spellings of the type, in any case, and no other type (D8, D9)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  for (const typ of ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"]) {
    await verifier.verify(issuer.token({ header: { typ } }));
  }
  const others = [
    "JWT",
    "jwt",
    "dpop+jwt",
    "logout+jwt",
    "oauth-authz-req+jwt",
    "client-authentication+jwt",
    "rt+jwt",
    "secevent+jwt",
    "revocations+jwt",
    "at+jwt ",
    " at+jwt",
    "application/jwt",
    "text/at+jwt",
    "application/application/at+jwt",
    "",
    undefined,
    null,
    1,
    ["at+jwt"],
  ];
  for (const typ of others) {
    const verdict = verifier.verify(issuer.token({ header: { typ } }));
    await refusal(verdict, "invalid_token", JSON.stringify(typ));
  }
});

test("refuses a token that is bound to a key it cannot see the proof of (D9)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  for (const cnf of [{ jkt: "x" }, { "x5t#S256": "x" }, {}, null]) {
    await refusal(verifier.verify(issuer.token({ claims: { cnf } })), "invalid_token");
  }
});

test("gains nothing from claims inside of other claims, or named like the language's own (D20)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const { scope, ...rest } = goodClaims(issuer.issuer);
  assert.ok(scope);
  const inner = { scope: "corpora:write", client_id: "app_2", aud: audience, exp: 9_000_000_000 };
  const text = JSON.stringify({ ...rest, metadata: inner, constructor: inner });
  const injected = text.replace(/}$/, `,"__proto__":${JSON.stringify(inner)}}`);
  const access = await verifier.verify(issuer.token({ claims: injected }));
  assert.equal(access.may("corpora:write"), false);
  assert.equal(access.scope.size, 0);
  assert.equal(access.clientId, "app_1");
});

test("refuses claims that stand twice, wherever and however they are written (D6, D20)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const text = JSON.stringify({ ...goodClaims(issuer.issuer), extra: { a: 1 } });
  const twice = [
    text.replace(/}$/, `,"aud":"${audience}"}`),
    text.replace(/^{/, `{"sub":"app_2",`),
    text.replace(/^{/, `{"\\u0073ub":"app_2",`),
    text.replace('"a":1', '"a":1,"a":1'),
    text.replace('"a":1', '"__proto__":1,"__proto__":2'),
  ];
  for (const claims of twice) {
    assert.doesNotThrow(() => JSON.parse(claims) as unknown);
    await refusal(verifier.verify(issuer.token({ claims })), "invalid_token", claims);
  }
  await verifier.verify(issuer.token({ claims: text }));
});

test("refuses a token that is older than the API or the route takes", async (t) => {
  const issuer = await startIssuer(t);
  const token = issuer.token({ claims: { iat: nowSeconds - 100 } });
  const strict = createVerifier({ ...issuer.options, maxTokenAgeSeconds: 69 });
  await refusal(strict.verify(token), "invalid_token");
  const verifier = createVerifier({ ...issuer.options, maxTokenAgeSeconds: 1000 });
  await verifier.verify(token);
  assert.ok(verifier.verifyCached(token, { maxTokenAgeSeconds: 70 }));
  await refusal(verifier.verify(token, { maxTokenAgeSeconds: 69 }), "invalid_token");
  assert.ok(verifier.verifyCached(token));
  issuer.clock.nowMs += 931_000;
  await refusal(verifier.verify(token), "invalid_token");
  await assert.rejects(verifier.verify(token, { maxTokenAgeSeconds: NaN }), TypeError);
});
