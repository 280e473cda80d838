import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { answerJson, startServer } from "../test/local-server.ts";
import { busy, hangUp, sourceFor, startTokenServer, type Step } from "../test/token-server.ts";
import { clientCredentials, type ClientCredentialsOptions } from "./client-credentials.ts";
import { OAuthError, TransportError, UnexpectedResponseError } from "./errors.ts";

describe("asking for a token", () => {
  test("sends the client credentials grant and what was asked for", async (t) => {
    const server = await startTokenServer(t);
    const authorizationDetails = [
      { type: "corpus", identifier: "docs", actions: ["documents:read"] },
    ];
    const tokens = sourceFor(server.origin, {
      scope: ["corpora:read", "documents:read"],
      resource: "https://api.example",
      authorizationDetails,
    });
    assert.equal(await tokens.token(), "t1");
    const [{ form, path } = { form: new URLSearchParams(), path: "" }] = server.asked;
    assert.equal(path, "/oauth2/token");
    assert.deepEqual(Object.fromEntries(form), {
      grant_type: "client_credentials",
      scope: "corpora:read documents:read",
      resource: "https://api.example",
      authorization_details: JSON.stringify(authorizationDetails),
    });
  });

  test("encodes id and secret for Basic as a form does (A5)", async (t) => {
    const server = await startTokenServer(t);
    const reserved = "a:b c+d%e&f=g/h?é€~*-._!'()";
    const client = { clientId: reserved, clientSecret: `${reserved}secret` };
    await sourceFor(server.origin, client).token();
    const [first] = server.asked;
    const [scheme = "", encoded = ""] = first?.authorization?.split(" ") ?? [];
    const parts = Buffer.from(encoded, "base64").toString("latin1").split(":");
    assert.equal(scheme, "Basic");
    assert.deepEqual(parts.map(formDecode), [reserved, `${reserved}secret`]);
    assert.equal(first?.form.has("client_secret"), false);
  });

  test("sends id and secret in the form, and then not in the header", async (t) => {
    const server = await startTokenServer(t);
    await sourceFor(server.origin, { clientAuthentication: "post" }).token();
    const [first] = server.asked;
    assert.equal(first?.authorization, undefined);
    assert.equal(first?.form.get("client_id"), "app_1");
    assert.equal(first?.form.get("client_secret"), "cssk_x");
  });

  test("finds the token endpoint in the issuer's metadata", async (t) => {
    const server = await startTokenServer(t);
    const client = { clientId: "app_1", clientSecret: "cssk_x" };
    const tokens = clientCredentials({ issuer: server.origin, ...client });
    assert.equal(await tokens.token(), "t1");
    assert.equal(server.asked[0]?.path, "/oauth2/token");
  });

  test("sends the secret nowhere but to the issuer's own origin", async (t) => {
    const thief = await startTokenServer(t);
    const origin = await startServer(t, (request, response) => {
      const token_endpoint = `${thief.origin}/oauth2/token`;
      answerJson(response, 200, { issuer: `http://${request.headers.host}`, token_endpoint });
    });
    const client = { clientId: "app_1", clientSecret: "cssk_x" };
    const tokens = clientCredentials({ issuer: origin, ...client });
    await assert.rejects(tokens.token(), UnexpectedResponseError);
    assert.deepEqual(thief.asked, []);
  });

  test("does not carry the secret along a redirect", async (t) => {
    const thief = await startTokenServer(t);
    const server = await startTokenServer(t);
    const redirect: Step = (response) => {
      response.writeHead(307, { location: `${thief.origin}/oauth2/token` }).end();
    };
    server.steps.push(redirect);
    const message = "the token endpoint answered status 307 without an OAuth error";
    await assert.rejects(sourceFor(server.origin).token(), { code: "unexpected_status", message });
    assert.deepEqual(thief.asked, []);
  });

  test("says which address answered something else than the issuer's metadata", async (t) => {
    const client = { clientId: "app_1", clientSecret: "cssk_x" };
    const origin = await startServer(t, (request, response) => {
      if (request.url?.endsWith("/moved") === true) response.writeHead(302, { location: "/" });
      else if (request.url?.endsWith("/none") === true) response.statusCode = 404;
      else response.write(request.url?.endsWith("/huge") === true ? " ".repeat(300_000) : "<p>");
      response.end();
    });
    const cases = { moved: "302", none: "404", html: "no JSON object", huge: "too much" };
    for (const [path, what] of Object.entries(cases)) {
      const issuer = `${origin}/${path}`;
      const message = `${origin}/.well-known/oauth-authorization-server/${path} answered ${what}`;
      await assert.rejects(clientCredentials({ issuer, ...client }).token(), { message });
    }
  });

  test("refuses options that would leak the secret or cannot work", () => {
    const client = { clientId: "a", clientSecret: "b" };
    const wrong = [
      { ...client },
      { ...client, issuer: "http://as.example" },
      { ...client, tokenEndpoint: "http://as.example/token" },
      { ...client, tokenEndpoint: "https://as.example", issuer: "https://as.example" },
      { issuer: "https://as.example", clientId: "a", clientSecret: "" },
      { issuer: "https://as.example", clientId: "", clientSecret: "b" },
      { ...client, issuer: "https://as.example", clientAuthentication: "none" },
    ];
    for (const options of wrong) {
      assert.throws(() => clientCredentials(options as ClientCredentialsOptions), TypeError);
    }
  });

  test("refuses to work in a web page, where anybody could read the secret", async () => {
    Object.assign(globalThis, { window: globalThis, document: {} });
    try {
      assert.throws(() => sourceFor("https://as.example"), /web page/);
    } finally {
      Reflect.deleteProperty(globalThis, "window");
      Reflect.deleteProperty(globalThis, "document");
    }
  });

  test("shows the secret to nobody who looks at the source or at an error", async (t) => {
    const server = await startTokenServer(t);
    const tokens = sourceFor(server.origin, { clientSecret: "canary-secret" });
    server.steps.push(busy(400, undefined, { error: "invalid_grant" }), hangUp, hangUp);
    const errors = [await caught(tokens.token()), await caught(tokens.token())];
    for (const seen of [tokens, ...errors]) {
      const text = inspect(seen, { depth: 9, showHidden: true });
      assert.doesNotMatch(text, /canary-secret/);
      assert.doesNotMatch(text, new RegExp(btoa("app_1:canary-secret")));
    }
  });
});

describe("what the server answers", () => {
  test("tells what the server refused, and asks once", async (t) => {
    const server = await startTokenServer(t);
    const body = { error: "invalid_client", error_description: "No.", request_id: "req_1" };
    server.steps.push(busy(401, undefined, body));
    const error = await caught(sourceFor(server.origin).token());
    assert.ok(error instanceof OAuthError);
    const { code, description, requestId, status } = error;
    assert.deepEqual(
      [code, description, requestId, status],
      ["invalid_client", "No.", "req_1", 401],
    );
    assert.equal(server.asked.length, 1);
  });

  test("tries twice more when the server is busy, as late as it says", async (t) => {
    for (const status of [503, 429]) {
      const server = await startTokenServer(t);
      let isOpen = false;
      const close: Step = (response, request) => {
        setTimeout(() => (isOpen = true), 900);
        busy(status, "1")(response, request);
      };
      const second: Step = (response, request) => {
        const tooSoon = busy(400, undefined, { error: "invalid_request" });
        (isOpen ? busy(status, "0") : tooSoon)(response, request);
      };
      server.steps.push(close, second);
      assert.equal(await sourceFor(server.origin).token(), "t1");
      assert.equal(server.asked.length, 3);
    }
  });

  test("gives up when the server stays busy, and says when to come back", async (t) => {
    const server = await startTokenServer(t);
    const body = { error: "temporarily_unavailable" };
    server.steps.push(busy(503, "0", body), busy(503, "0", body), busy(503, "7", body));
    const error = await caught(sourceFor(server.origin).token());
    assert.ok(error instanceof OAuthError);
    assert.equal(error.retryAfterSeconds, 7);
    assert.equal(server.asked.length, 3);
  });

  test("does not sit out a long wait, nor come back sooner", async (t) => {
    const server = await startTokenServer(t);
    server.steps.push(busy(429, "3600"));
    const error = await caught(sourceFor(server.origin).token());
    assert.ok(error instanceof UnexpectedResponseError);
    assert.equal(error.cause.retryAfterSeconds, 3600);
    assert.equal(server.asked.length, 1);
  });

  test("tries once more when there is no answer", async (t) => {
    const server = await startTokenServer(t);
    server.steps.push(hangUp);
    const tokens = sourceFor(server.origin);
    assert.equal(await tokens.token(), "t1");
    assert.equal(server.asked.length, 2);
    server.steps.push(hangUp, hangUp);
    const error = await caught(sourceFor(server.origin).token());
    assert.ok(error instanceof TransportError);
    assert.equal(error.code, "unreachable");
    assert.equal(server.asked.length, 4);
  });

  const oddAnswers: Record<string, unknown> = {
    "no token": { token_type: "Bearer" },
    "an empty token": { access_token: "", token_type: "Bearer" },
    "a token with a line break": { access_token: "a\r\nx: y", token_type: "Bearer" },
    "a token that is no text": { access_token: 1, token_type: "Bearer" },
    "another type of token": { access_token: "a", token_type: "DPoP" },
    "no type of token": { access_token: "a" },
    "a lifetime in words": { access_token: "a", token_type: "Bearer", expires_in: "long" },
    "a negative lifetime": { access_token: "a", token_type: "Bearer", expires_in: -1 },
    "no object": ["a"],
    "far too much": { access_token: "a".repeat(300_000), token_type: "Bearer" },
  };
  for (const [name, answer] of Object.entries(oddAnswers)) {
    test(`takes ${name} for no answer`, async (t) => {
      const server = await startTokenServer(t);
      server.steps.push(busy(200, undefined, answer));
      await assert.rejects(sourceFor(server.origin).token(), UnexpectedResponseError);
    });
  }

  test("takes an error page for no answer of the protocol", async (t) => {
    const server = await startTokenServer(t);
    server.steps.push((response) => response.writeHead(502).end("<h1>Bad gateway</h1>"));
    const error = await caught(sourceFor(server.origin).token());
    assert.ok(error instanceof UnexpectedResponseError);
    assert.equal(error.code, "unexpected_status");
    assert.equal(error.cause.status, 502);
  });
});

function formDecode(text: string): string | null {
  return new URLSearchParams(`x=${text}`).get("x");
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail("was not refused"),
    (error: unknown) => error,
  );
}
