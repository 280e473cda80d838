import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { answerJson, readBody, startServer } from "../test/local-server.ts";
import { busy, sourceFor, startTokenServer } from "../test/token-server.ts";
import { OAuthError } from "./errors.ts";

async function startClocked(t: TestContext, expiresIn: unknown) {
  const server = await startTokenServer(t, expiresIn);
  const clock = { nowMs: 1_800_000_000_000 };
  return { server, clock, tokens: sourceFor(server.origin, { now: () => clock.nowMs }) };
}

/** Waits for what happens in the background. */
async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await shortWhile();
}

function shortWhile(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
}

describe("keeping a token", () => {
  test("asks once, however many wait", async (t) => {
    const { server, tokens } = await startClocked(t, 1800);
    const all = await Promise.all(Array.from({ length: 100 }, () => tokens.token()));
    assert.deepEqual(new Set(all), new Set(["t1"]));
    assert.equal(await tokens.token(), "t1");
    assert.equal(server.asked.length, 1);
  });

  test("tells all who wait when the server refuses, and asks anew for the next", async (t) => {
    const { server, tokens } = await startClocked(t, 1800);
    server.steps.push(busy(401, undefined, { error: "invalid_client" }));
    const all = await Promise.allSettled([tokens.token(), tokens.token(), tokens.token()]);
    assert.ok(all.every((one) => one.status === "rejected" && one.reason instanceof OAuthError));
    assert.equal(server.asked.length, 1);
    assert.equal(await tokens.token(), "t1");
  });

  test("keeps a token no longer than it lives, also when the clock was set back", async (t) => {
    const { clock, tokens } = await startClocked(t, 1800);
    await tokens.token();
    clock.nowMs -= 3_600_000;
    assert.equal(await tokens.token(), "t1");
    clock.nowMs += 1_795_000;
    assert.equal(await tokens.token(), "t2");
  });

  const lives = [
    { expiresIn: 1800, renewedAfter: 1740 },
    { expiresIn: 300, renewedAfter: 270 },
    { expiresIn: 86_400, renewedAfter: 86_340 },
  ];
  for (const { expiresIn, renewedAfter } of lives) {
    test(`renews a token of ${expiresIn} s after ${renewedAfter} s, in the background`, async (t) => {
      const { server, clock, tokens } = await startClocked(t, expiresIn);
      await tokens.token();
      clock.nowMs += renewedAfter * 1000 - 1;
      assert.equal(await tokens.token(), "t1");
      clock.nowMs += 1;
      assert.equal(await tokens.token(), "t1");
      await until(() => server.minted === 2);
      await until(() => server.asked.length === 2);
      clock.nowMs = clock.nowMs + (expiresIn - renewedAfter) * 1000;
      assert.equal(await tokens.token(), "t2");
      assert.equal(server.asked.length, 2);
    });
  }

  test("goes on with the old token while it cannot be renewed, and asks with pauses", async (t) => {
    const { server, clock, tokens } = await startClocked(t, 1800);
    await tokens.token();
    clock.nowMs += 1_740_000;
    for (let pause = 1; pause <= 3; pause += 1) {
      server.steps.push(busy(400, undefined, { error: "invalid_request" }));
      for (let call = 0; call < 20; call += 1) {
        assert.equal(await tokens.token(), "t1");
        await shortWhile();
      }
      assert.equal(server.asked.length, 1 + pause);
      clock.nowMs += 5000;
    }
    server.steps.push(busy(400, undefined, { error: "invalid_client" }));
    clock.nowMs += 45_000;
    await assert.rejects(tokens.token(), OAuthError);
  });

  const shortLives = [
    { expiresIn: 60, keptFor: 55 },
    { expiresIn: 10, keptFor: 5 },
    { expiresIn: undefined, keptFor: 55 },
  ];
  for (const { expiresIn, keptFor } of shortLives) {
    test(`keeps a token of ${expiresIn ?? "unsaid"} s for ${keptFor} s`, async (t) => {
      const { server, clock, tokens } = await startClocked(t, 0);
      server.expiresIn = expiresIn;
      await tokens.token();
      clock.nowMs += keptFor * 1000 - 1;
      assert.equal(await tokens.token(), "t1");
      clock.nowMs += 1;
      assert.equal(await tokens.token(), "t2");
      assert.equal(server.asked.length, 2);
    });
  }
});

describe("calling an API", () => {
  const refused = 'Bearer error="invalid_token", error_description="The access token has expired."';

  test("adds the token and leaves the rest of the request alone", async (t) => {
    const { tokens } = await startClocked(t, 1800);
    const api = await startApi(t, "t1", refused);
    const init = { method: "POST", body: "hello", headers: { "x-more": "1" } };
    assert.equal((await tokens.fetch(api.origin, init)).status, 200);
    const request = new Request(api.origin, init);
    assert.equal((await tokens.fetch(request)).status, 200);
    const expected = { authorization: "Bearer t1", body: "hello", more: "1" };
    assert.deepEqual(api.seen, [expected, expected]);
  });

  test("gets a new token and sends the request again when the token is refused", async (t) => {
    const { server, tokens } = await startClocked(t, 1800);
    const api = await startApi(t, "t2", refused);
    await tokens.token();
    const bodies = [
      "text",
      new URLSearchParams("a=b"),
      new Uint8Array([65, 66]),
      new Blob(["blob"]),
    ];
    for (const body of bodies) {
      api.seen.length = 0;
      const response = await tokens.fetch(api.origin, { method: "POST", body });
      assert.equal(response.status, 200);
      if (body === "text") assert.deepEqual(api.seen[0]?.body, api.seen[1]?.body);
    }
    assert.equal(server.asked.length, 2);
  });

  test("gets one new token, however many requests are refused at once", async (t) => {
    const { server, tokens } = await startClocked(t, 1800);
    const api = await startApi(t, "t2", refused);
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.fetch(api.origin)));
    assert.ok(all.every(({ status }) => status === 200));
    assert.equal(server.asked.length, 2);
  });

  test("stops waiting for a token when the caller does, who is alone in that", async (t) => {
    const { server, tokens } = await startClocked(t, 1800);
    const api = await startApi(t, "late", undefined);
    const asked = new Promise<ServerResponse>((resolve) => server.steps.push(resolve));
    const caller = new AbortController();
    const { signal } = caller;
    const leaving = [
      tokens.fetch(api.origin, { signal }),
      tokens.fetch(new Request(api.origin, { signal })),
    ];
    const staying = tokens.fetch(new Request(api.origin, { signal }), { signal: null });
    const tokenResponse = await asked;
    const reason = new Error("enough");
    caller.abort(reason);
    for (const one of leaving) await assert.rejects(one, reason);
    await assert.rejects(tokens.fetch(api.origin, { signal }), reason);
    const token = { access_token: "late", token_type: "Bearer", expires_in: 1800 };
    answerJson(tokenResponse, 200, token);
    assert.equal((await staying).status, 200);
    assert.equal(server.asked.length, 1);
    assert.equal(api.seen.length, 1);
  });

  test("sends a request twice at most", async (t) => {
    const { server, tokens } = await startClocked(t, 1800);
    const api = await startApi(t, "never", refused);
    const response = await tokens.fetch(api.origin);
    assert.equal(response.status, 401);
    assert.deepEqual(await response.json(), { messages: ["no"] });
    assert.equal(api.seen.length, 2);
    assert.equal(server.asked.length, 2);
  });

  test("sends nothing again when the token was not what was refused", async (t) => {
    const challenges = [
      undefined,
      "Bearer",
      "Bearer realm=x",
      'Bearer error="insufficient_scope"',
      'Basic realm="x", error="invalid_token"',
    ];
    for (const challenge of challenges) {
      const name = challenge ?? "none";
      const { tokens } = await startClocked(t, 1800);
      const api = await startApi(t, "t2", challenge);
      assert.equal((await tokens.fetch(api.origin)).status, 401, name);
      assert.equal(api.seen.length, 1, name);
    }
  });

  test("sends a stream once, and hands on the refusal", async (t) => {
    const { server, tokens } = await startClocked(t, 1800);
    const api = await startApi(t, "none", refused);
    const body = new Blob(["stream"]).stream();
    const streamed = { method: "POST", body, duplex: "half" } as RequestInit;
    assert.equal((await tokens.fetch(api.origin, streamed)).status, 401);
    const request = new Request(api.origin, { method: "POST", body: "once" });
    assert.equal((await tokens.fetch(request)).status, 401);
    assert.deepEqual(
      api.seen.map((one) => one.body),
      ["stream", "once"],
    );
    // But the token that was refused is not used again.
    assert.equal(server.asked.length, 2);
  });
});

/** An API that takes `good` only, and refuses in the words it is given. */
async function startApi(t: TestContext, good: string, challenge: string | undefined) {
  const seen: { authorization: string | undefined; body: string; more: unknown }[] = [];
  const origin = await startServer(t, (request, response) => {
    void readBody(request).then((body) => {
      const { authorization } = request.headers;
      seen.push({ authorization, body, more: request.headers["x-more"] });
      if (authorization === `Bearer ${good}`) return answerJson(response, 200, { good: true });
      if (challenge !== undefined) response.setHeader("www-authenticate", challenge);
      return answerJson(response, 401, { messages: ["no"] });
    });
  });
  return { origin, seen };
}
