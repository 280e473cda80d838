import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { forge, makeKey, nowSeconds } from "../test/forge.ts";
import { keyRequests, startIssuer, type TestIssuer } from "../test/issuer.ts";
import { refusal } from "../test/refusal.ts";
import { createVerifier } from "./verifier.ts";

const dayMs = 86_400_000;

/** A token that lives for a day, to outlive the keys. */
function longToken(issuer: TestIssuer): string {
  const seconds = Math.floor(issuer.clock.nowMs / 1000);
  return issuer.token({ claims: { iat: seconds, exp: seconds + 86_400 } });
}

function fail(response: ServerResponse): void {
  response.writeHead(500).end();
}

describe("finding the keys", () => {
  test("asks for the keys once, however many tokens wait for them", async (t) => {
    const issuer = await startIssuer(t);
    const verifier = createVerifier(issuer.options);
    assert.deepEqual(issuer.requests, []);
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(issuer.token())));
    const metadata = "/.well-known/oauth-authorization-server";
    assert.deepEqual(issuer.requests, [metadata, "/oauth2/jwks"]);
  });

  test("asks at the given place, and for no metadata, when it is told where", async (t) => {
    const issuer = await startIssuer(t);
    const jwksUri = `${issuer.issuer}/oauth2/jwks`;
    await createVerifier({ ...issuer.options, jwksUri }).verify(issuer.token());
    assert.deepEqual(issuer.requests, ["/oauth2/jwks"]);
  });

  test("puts the well-known part before an issuer's path", async (t) => {
    const issuer = await startIssuer(t);
    const name = `${issuer.issuer}/tenants/ten_2`;
    issuer.metadata["issuer"] = name;
    const verifier = createVerifier({ ...issuer.options, issuer: name });
    await verifier.verify(forge(issuer.key, name));
    assert.equal(issuer.requests[0], "/.well-known/oauth-authorization-server/tenants/ten_2");
  });

  test("believes no metadata of another issuer, or that leads elsewhere (D18, D22)", async (t) => {
    const issuer = await startIssuer(t);
    const elsewhere = await startIssuer(t);
    const jwks = `${issuer.issuer}/oauth2/jwks`;
    const wrong = [
      { issuer: `${issuer.issuer}/`, jwks_uri: jwks },
      { issuer: elsewhere.issuer, jwks_uri: jwks },
      { jwks_uri: jwks },
      { issuer: issuer.issuer },
      { issuer: issuer.issuer, jwks_uri: `${elsewhere.issuer}/oauth2/jwks` },
      { issuer: issuer.issuer, jwks_uri: "http://attacker.example/oauth2/jwks" },
      { issuer: issuer.issuer, jwks_uri: "file:///etc/passwd" },
      { issuer: issuer.issuer, jwks_uri: ["x"] },
    ];
    for (const metadata of wrong) {
      issuer.metadata = metadata;
      const verdict = createVerifier(issuer.options).verify(issuer.token());
      await refusal(verdict, "temporarily_unavailable", JSON.stringify(metadata));
    }
    assert.deepEqual(elsewhere.requests, []);
  });

  test("refuses an issuer that is not secure, before anything is sent", () => {
    const names = ["http://as.example", "ftp://as.example", "as.example", "https://a:b@as.example"];
    for (const issuer of [...names, "https://as.example?x", "http://localhost.evil.example", ""]) {
      assert.throws(() => createVerifier({ issuer, audience: "x" }), TypeError, issuer);
    }
    for (const issuer of ["https://as.example", "http://127.0.0.1:8080", "http://localhost"]) {
      createVerifier({ issuer, audience: "x" });
    }
  });
});

describe("an issuer that misbehaves", () => {
  const misbehaviours: Record<string, (response: ServerResponse) => void> = {
    "an error": fail,
    HTML: (response) => response.end("<!doctype html><title>Sign in</title>"),
    "an empty body": (response) => response.end(),
    "no set": (response) => response.end("[]"),
    "no keys": (response) => response.end("{}"),
    "keys of another form": (response) => response.end('{"keys":{"a":1}}'),
    "unusable keys": (response) => response.end('{"keys":[1,null,{"kty":"oct","k":"x"}]}'),
    "101 keys": (response) => response.end(`{"keys":[${Array(101).fill("{}").join()}]}`),
    "the members twice": (response) => response.end('{"keys":[],"keys":[]}'),
    "a body without an end": endless,
    "a closed connection": (response) => response.destroy(),
    "half a body": (response) => {
      response.setHeader("content-length", "1000");
      response.write('{"keys":');
      setTimeout(() => response.destroy(), 10);
    },
  };

  for (const [name, misbehave] of Object.entries(misbehaviours)) {
    test(`answers 503 to ${name}, and works again afterwards (D18)`, async (t) => {
      const issuer = await startIssuer(t);
      issuer.answerKeys = misbehave;
      const verifier = createVerifier(issuer.options);
      const token = issuer.token();
      const error = await refusal(verifier.verify(token), "temporarily_unavailable");
      assert.equal(error.status, 503);
      assert.equal(error.challenge, undefined);
      assert.deepEqual(error.headers, { "cache-control": "no-store", "retry-after": "1" });
      issuer.answerKeys = undefined;
      await refusal(verifier.verify(token), "temporarily_unavailable");
      assert.equal(keyRequests(issuer), 1);
      issuer.clock.nowMs += 1000;
      await verifier.verify(token);
    });
  }

  test("follows no redirect (D18)", async (t) => {
    const issuer = await startIssuer(t);
    const attacker = await startIssuer(t);
    for (const status of [301, 302, 303, 307, 308]) {
      issuer.answerKeys = (response) => {
        response.writeHead(status, { location: `${attacker.issuer}/oauth2/jwks` }).end();
      };
      const verdict = createVerifier(issuer.options).verify(issuer.token());
      const error = await refusal(verdict, "temporarily_unavailable");
      const { message } = error.cause as Error;
      assert.equal(message, `${issuer.issuer}/oauth2/jwks answered ${status}`);
    }
    assert.deepEqual(attacker.requests, []);
  });

  test("waits five seconds for an answer, and no longer (D18)", async (t) => {
    const issuer = await startIssuer(t);
    issuer.answerKeys = (response) => response.write('{"keys":[');
    const verdict = createVerifier(issuer.options).verify(issuer.token());
    const error = await refusal(verdict, "temporarily_unavailable");
    assert.equal((error.cause as { code?: unknown }).code, "timeout");
  });

  test("asks ever more seldom while it fails", async (t) => {
    const issuer = await startIssuer(t);
    issuer.answerKeys = fail;
    const verifier = createVerifier(issuer.options);
    for (let second = 0; second < 64; second += 1) {
      await refusal(verifier.verify(issuer.token()), "temporarily_unavailable");
      issuer.clock.nowMs += 1000;
    }
    // At once, and after 1, 2, 4, 8, 16 and 32 seconds more.
    assert.equal(keyRequests(issuer), 7);
  });

  test("answers 401, not 503, to what is no good with any keys", async (t) => {
    const issuer = await startIssuer(t);
    issuer.answerKeys = fail;
    const verifier = createVerifier(issuer.options);
    await refusal(verifier.verify("x.y.z"), "invalid_token");
    await refusal(verifier.verify(issuer.token({ claims: { aud: "x" } })), "invalid_token");
    await refusal(verifier.verify({}), "no_credentials");
    assert.deepEqual(issuer.requests, []);
  });

  test("goes by the last good keys for a day, and then by none (D18)", async (t) => {
    const issuer = await startIssuer(t);
    const verifier = createVerifier(issuer.options);
    await verifier.verify(issuer.token());
    const startMs = issuer.clock.nowMs;
    issuer.answerKeys = fail;
    for (const elapsedMs of [900_000, dayMs / 2, dayMs - 1]) {
      issuer.clock.nowMs = startMs + elapsedMs;
      await verifier.verify(longToken(issuer));
    }
    issuer.clock.nowMs = startMs + dayMs;
    const token = longToken(issuer);
    await refusal(verifier.verify(token), "temporarily_unavailable");
    issuer.answerKeys = undefined;
    issuer.clock.nowMs += 60_000;
    await verifier.verify(token);
  });

  test("asks again in a minute at most, also when the clock was set back", async (t) => {
    const issuer = await startIssuer(t);
    issuer.answerKeys = fail;
    const verifier = createVerifier(issuer.options);
    const token = dayToken(issuer);
    await refusal(verifier.verify(token), "temporarily_unavailable");
    issuer.clock.nowMs -= dayMs / 2;
    const error = await refusal(verifier.verify(token), "temporarily_unavailable");
    assert.equal(error.headers["retry-after"], "1");
    issuer.answerKeys = undefined;
    issuer.clock.nowMs += 1000;
    await verifier.verify(token);
  });

  test("goes by the last good keys for as long as it is told", async (t) => {
    const issuer = await startIssuer(t);
    issuer.cacheControl = "max-age=60";
    const verifier = createVerifier({ ...issuer.options, staleKeysSeconds: 0 });
    const token = issuer.token();
    await verifier.verify(token);
    issuer.answerKeys = fail;
    issuer.clock.nowMs += 59_000;
    await verifier.verify(token);
    issuer.clock.nowMs += 1000;
    assert.equal(verifier.verifyCached(token), undefined);
    await refusal(verifier.verify(token), "temporarily_unavailable");
  });
});

describe("keeping the keys", () => {
  const lifetimes: [string | undefined, number][] = [
    ["public, max-age=120", 120],
    ["max-age=1", 60],
    ["max-age=100000", 900],
    ["no-store", 60],
    ["no-cache, max-age=600", 60],
    ["max-age=x", 300],
    [undefined, 300],
  ];
  for (const [cacheControl, seconds] of lifetimes) {
    test(`keeps them for ${seconds} s when told ${cacheControl ?? "nothing"}`, async (t) => {
      const issuer = await startIssuer(t);
      issuer.cacheControl = cacheControl;
      const verifier = createVerifier(issuer.options);
      await verifier.verify(issuer.token());
      issuer.clock.nowMs += seconds * 800 - 1;
      await verifier.verify(issuer.token());
      assert.equal(keyRequests(issuer), 1);
      issuer.clock.nowMs += seconds * 200 + 1;
      await verifier.verify(issuer.token());
      assert.equal(keyRequests(issuer), 2);
    });
  }

  test("renews them ahead of time, and makes nobody wait", async (t) => {
    const issuer = await startIssuer(t);
    const verifier = createVerifier(issuer.options);
    const token = issuer.token();
    await verifier.verify(token);
    issuer.clock.nowMs += 250_000;
    const waiting: ServerResponse[] = [];
    const asked = new Promise<void>((resolve) => {
      issuer.answerKeys = (response) => {
        waiting.push(response);
        resolve();
      };
    });
    assert.ok(verifier.verifyCached(token));
    await verifier.verify(issuer.token());
    await asked;
    for (const response of waiting) response.end(JSON.stringify({ keys: issuer.listed }));
    assert.equal(keyRequests(issuer), 2);
  });

  test("voids what a key has signed once the issuer lists it no more (D16, D18)", async (t) => {
    const issuer = await startIssuer(t);
    const next = makeKey("ES256", "es-next");
    const verifier = createVerifier(issuer.options);
    const token = issuer.token();
    await verifier.verify(token);
    issuer.listed = [next.jwk];
    issuer.clock.nowMs += 300_000;
    assert.equal(verifier.verifyCached(token), undefined);
    await verifier.verify(forge(next, issuer.issuer));
    assert.equal(verifier.verifyCached(token), undefined);
    await refusal(verifier.verify(token), "invalid_token");
    issuer.listed = [issuer.key.jwk];
    issuer.clock.nowMs += 300_000;
    await verifier.verify(token);
  });

  test("voids what a key has signed once another key has its id (D16)", async (t) => {
    const issuer = await startIssuer(t);
    const successor = makeKey("ES256", issuer.key.kid);
    const verifier = createVerifier(issuer.options);
    const token = issuer.token();
    await verifier.verify(token);
    issuer.listed = [successor.jwk];
    issuer.clock.nowMs += 300_000;
    await refusal(verifier.verify(token), "invalid_token");
    await verifier.verify(forge(successor, issuer.issuer));
  });

  test("voids them in time, also when the clock was set back (D16)", async (t) => {
    const issuer = await startIssuer(t);
    const verifier = createVerifier(issuer.options);
    const token = dayToken(issuer);
    await verifier.verify(token);
    issuer.clock.nowMs -= dayMs / 2;
    await verifier.verify(token);
    issuer.listed = [];
    issuer.clock.nowMs += 300_000;
    await refusal(verifier.verify(token), "invalid_token");
  });

  test("obeys an issuer that lists no keys at all (D18)", async (t) => {
    const issuer = await startIssuer(t);
    const verifier = createVerifier(issuer.options);
    const token = issuer.token();
    await verifier.verify(token);
    issuer.listed = [];
    issuer.clock.nowMs += 300_000;
    await refusal(verifier.verify(token), "invalid_token");
  });
});

describe("key ids", () => {
  test("takes a new key at once when a token names it (D16)", async (t) => {
    const issuer = await startIssuer(t);
    const verifier = createVerifier(issuer.options);
    await verifier.verify(issuer.token());
    const next = makeKey("EdDSA", "ed-next");
    issuer.listed.push(next.jwk);
    const tokens = Array.from({ length: 20 }, () => forge(next, issuer.issuer));
    await Promise.all(tokens.map((token) => verifier.verify(token)));
    assert.equal(keyRequests(issuer), 2);
  });

  test("asks at most every ten seconds when key ids are made up (D5, D18, I6)", async (t) => {
    const issuer = await startIssuer(t);
    const verifier = createVerifier(issuer.options);
    await verifier.verify(issuer.token());
    const madeUp = Array.from({ length: 1000 }, (_, index) => ({ header: { kid: `k${index}` } }));
    const verdicts = madeUp.map((forgery) =>
      refusal(verifier.verify(issuer.token(forgery)), "invalid_token"),
    );
    await Promise.all(verdicts);
    assert.equal(keyRequests(issuer), 2);
    issuer.clock.nowMs += 9999;
    await refusal(verifier.verify(issuer.token({ header: { kid: "k" } })), "invalid_token");
    assert.equal(keyRequests(issuer), 2);
    issuer.clock.nowMs += 1;
    await refusal(verifier.verify(issuer.token({ header: { kid: "k" } })), "invalid_token");
    assert.equal(keyRequests(issuer), 3);
    // The same made-up id is not asked for again so soon.
    issuer.clock.nowMs += 20_000;
    await refusal(verifier.verify(issuer.token({ header: { kid: "k" } })), "invalid_token");
    assert.equal(keyRequests(issuer), 3);
    await verifier.verify(issuer.token());
  });

  test("answers 503 to an unknown key id while nobody can say that it is wrong", async (t) => {
    const issuer = await startIssuer(t);
    const verifier = createVerifier(issuer.options);
    await verifier.verify(issuer.token());
    issuer.answerKeys = fail;
    const unknown = issuer.token({ header: { kid: "new" } });
    await refusal(verifier.verify(unknown), "temporarily_unavailable");
    await verifier.verify(issuer.token());
  });

  test("takes a key id for nothing but a name (D5)", async (t) => {
    const issuer = await startIssuer(t);
    const verifier = createVerifier(issuer.options);
    const { kid } = issuer.key;
    const names = ["__proto__", "constructor", "toString", "get", "../../etc/passwd", "' OR 1=1--"];
    const near = [`${kid}\0`, ` ${kid}`, `${kid} `, kid.toUpperCase(), "x".repeat(10_000), ""];
    const others = [undefined, null, 0, [kid], { kid }, true];
    for (const name of [...names, ...near, ...others]) {
      const verdict = verifier.verify(issuer.token({ header: { kid: name } }));
      await refusal(verdict, "invalid_token", JSON.stringify(name));
    }
    issuer.listed.push(makeKey("ES256", "es-2").jwk);
    issuer.clock.nowMs += 300_000;
    await refusal(verifier.verify(issuer.token({ header: { kid: undefined } })), "invalid_token");
    await verifier.verify(issuer.token());
  });
});

function endless(response: ServerResponse): void {
  const chunk = " ".repeat(16_384);
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", write);
  write();
}

/** Good at the test's time and half a day before. */
function dayToken(issuer: TestIssuer): string {
  const claims = { iat: nowSeconds - 44_000, exp: nowSeconds + 42_000 };
  return issuer.token({ claims });
}
