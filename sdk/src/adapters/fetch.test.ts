import assert from "node:assert/strict";
import { test } from "node:test";
import { startIssuer } from "../../test/issuer.ts";
import { createVerifier } from "../verifier.ts";
import { protect } from "./fetch.ts";

const url = "https://api.example/v2/corpora/docs";

function withToken(token: string): Request {
  return new Request(url, { headers: { authorization: `Bearer ${token}` } });
}

test("calls the handler with the access that the token gives", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const options = { permission: "corpora:read" };
  const handler = protect(verifier, options, (request, access, environment: string) =>
    Response.json([request.url, access.clientId, environment]),
  );
  for (let again = 0; again < 2; again += 1) {
    const response = await handler(withToken(issuer.token()), "env");
    assert.deepEqual(await response.json(), [url, "app_1", "env"]);
  }
});

test("answers refusals itself, with a challenge (D13, D14)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const handler = protect(verifier, { permission: "corpora:write" }, () => assert.fail("called"));
  const cases = [
    [new Request(url), 401, /^Bearer resource_metadata="/],
    [withToken("x"), 401, /^Bearer error="invalid_token"/],
    [withToken("x, y"), 400, /^Bearer error="invalid_request"/],
    [withToken(issuer.token()), 403, /error="insufficient_scope".*scope="corpora:write"/],
    [withToken(issuer.token()), 403, /error="insufficient_scope".*scope="corpora:write"/],
  ] as const;
  for (const [request, status, challenge] of cases) {
    const response = await handler(request);
    assert.equal(response.status, status);
    assert.match(response.headers.get("www-authenticate") ?? "", challenge);
    assert.equal(response.headers.get("cache-control"), "no-store");
    const body = (await response.json()) as { messages: string[] };
    assert.equal(typeof body.messages[0], "string");
  }
});

test("answers 503 without a challenge while tokens cannot be checked", async (t) => {
  const issuer = await startIssuer(t);
  issuer.answerKeys = (response) => response.destroy();
  const handler = protect(createVerifier(issuer.options), {}, () => assert.fail("called"));
  const response = await handler(withToken(issuer.token()));
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("www-authenticate"), null);
  assert.equal(response.headers.get("retry-after"), "1");
});

test("asks for the permission on the resource that the request is about (D11)", async (t) => {
  const issuer = await startIssuer(t);
  const handler = protect(
    createVerifier(issuer.options),
    {
      permission: "documents:read",
      resource: (request) => ({ type: "corpus", id: request.url.split("/").at(-1) ?? "" }),
    },
    () => new Response("here"),
  );
  const actions = ["documents:read"];
  const tokenOn = (identifier: string) => {
    const details = [{ type: "corpus", identifier, actions }];
    return issuer.token({ claims: { scope: "", authorization_details: details } });
  };
  assert.equal((await handler(withToken(tokenOn("docs")))).status, 200);
  assert.equal((await handler(withToken(tokenOn("wiki")))).status, 403);
});

test("answers what the handler itself refuses, in the words it is given", async (t) => {
  const issuer = await startIssuer(t);
  const options = { refusalBody: ({ code }: { code: string }) => ({ error: code }) };
  const verifier = createVerifier(issuer.options);
  const refusing = protect(verifier, options, (_request, access) => {
    access.require("corpora:delete");
    return new Response();
  });
  const response = await refusing(withToken(issuer.token()));
  assert.equal(response.status, 403);
  assert.deepEqual(await response.json(), { error: "insufficient_scope" });
  const failing = protect(verifier, {}, () => Promise.reject(new RangeError("ours")));
  await assert.rejects(failing(withToken(issuer.token())), RangeError);
});

test("refuses to protect a resource without a permission", async (t) => {
  const { options } = await startIssuer(t);
  const declared = { resource: () => ({ type: "corpus", id: "docs" }) };
  assert.throws(() => protect(createVerifier(options), declared, () => new Response()), TypeError);
});
