import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { startIssuer } from "../test/issuer.ts";
import { startServer } from "../test/local-server.ts";
import { refusal } from "../test/refusal.ts";
import { AuthorizationError } from "./authorization-error.ts";
import { createVerifier } from "./verifier.ts";

const metadata = 'resource_metadata="https://api.example/.well-known/oauth-protected-resource/v2"';

test("finds the token in whatever holds the headers (D13)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const token = issuer.token();
  const authorization = `Bearer ${token}`;
  const access = await verifier.verify({ authorization });
  const places = [
    new Headers({ authorization }),
    new Request("https://api.example", { headers: { authorization } }),
    { headers: { authorization } },
    { headers: { authorization }, rawHeaders: ["Authorization", authorization] },
    { Authorization: [authorization] },
    token,
  ];
  for (const place of places) assert.equal(await verifier.verify(place), access);
});

test("takes the scheme in any case and any number of spaces (D13)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  for (const scheme of ["Bearer ", "bearer ", "BEARER ", "bEaReR   "]) {
    await verifier.verify({ authorization: scheme + issuer.token() });
  }
});

test("refuses a header that holds no single token as a bad request (D13)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const token = issuer.token();
  await verifier.verify(token);
  const values = [
    "Bearer",
    "Bearer ",
    `Bearer ${token}, Bearer ${token}`,
    `Bearer ${token},${token}`,
    `Bearer ${token} ${token}`,
    `Bearer ${token} `,
    `Bearer ${token}, Basic YTpi`,
  ];
  for (const authorization of values) {
    const error = await refusal(
      verifier.verify({ authorization }),
      "invalid_request",
      authorization,
    );
    assert.equal(error.status, 400);
    assert.match(error.challenge ?? "", /^Bearer error="invalid_request"/);
  }
  const twice = [
    { authorization: [`Bearer ${token}`, `Bearer ${token}`] },
    { authorization: `Bearer ${token}`, Authorization: `Bearer ${token}` },
    { headers: { authorization: `Bearer ${token}` }, rawHeaders: rawTwice(`Bearer ${token}`) },
    {
      headers: { authorization: `Bearer ${token}` },
      rawHeaders: rawTwice(`Bearer ${token}`),
      get: () => `Bearer ${token}`,
    },
  ];
  for (const headers of twice) await refusal(verifier.verify(headers), "invalid_request");
});

test("sees both Authorization headers of a real request (D13)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const token = issuer.token();
  const origin = await startServer(t, (request, response) => {
    void verifier
      .verify(request)
      .then(() => 200)
      .catch((error: unknown) => (error instanceof AuthorizationError ? error.status : 500))
      .then((status) => response.writeHead(status).end());
  });
  const line = `Authorization: Bearer ${token}`;
  assert.match(await sendRaw(origin, [line]), /^HTTP\/1.1 200/);
  assert.match(await sendRaw(origin, [line, line]), /^HTTP\/1.1 400/);
  assert.match(await sendRaw(origin, [line, "authorization: Basic YTpi"]), /^HTTP\/1.1 400/);
});

test("answers a request without a token with a bare challenge (D14)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const bare = [
    {},
    { authorization: "Basic YTpi" },
    { authorization: `Bearer:${issuer.token()}` },
    { authorization: `Bearer\t${issuer.token()}` },
    { authorization: `BearerX ${issuer.token()}` },
    { authorization: issuer.token() },
    { authorization: "" },
    { authorization: undefined },
    new Headers(),
  ];
  for (const headers of bare) {
    const error = await refusal(
      verifier.verify(headers),
      "no_credentials",
      JSON.stringify(headers),
    );
    assert.equal(error.status, 401);
    assert.equal(error.challenge, `Bearer ${metadata}`);
  }
});

test("never looks at a token in the query or in the body (D13)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const token = issuer.token();
  const url = `https://api.example/v2?access_token=${token}`;
  const body = new URLSearchParams({ access_token: token });
  for (const request of [new Request(url), new Request(url, { method: "POST", body })]) {
    await refusal(verifier.verify(request), "no_credentials");
    assert.equal(request.bodyUsed, false);
  }
});

test("lets Authorization win over an API key, and does not fall back", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const authorization = `Bearer ${issuer.token()}`;
  await verifier.verify({ authorization, "x-api-key": "cspk_x" });
  const bad = { authorization: "Bearer x", "x-api-key": "cspk_x" };
  await refusal(verifier.verify(bad), "invalid_token");
  const error = await refusal(verifier.verify({ "x-api-key": "cspk_x" }), "no_credentials");
  assert.match(error.description, /access tokens, not API keys/);
});

test("challenges by what was wrong, and repeats nothing of what was sent (D14)", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const token = issuer.token({ claims: { scope: 'x" , y="z' } });
  const error = await refusal(verifier.verify(`${token}x`), "invalid_token");
  assert.equal(
    error.challenge,
    `Bearer error="invalid_token", error_description="The access token is malformed.", ${metadata}`,
  );
  const access = await verifier.verify(token);
  const injected = 'a"\r\nset-cookie: b=c\\, d="é';
  assert.throws(
    () => access.require(injected),
    (thrown: AuthorizationError) => {
      assert.ok(new Headers(thrown.headers).get("www-authenticate"));
      assert.match(thrown.challenge ?? "", /scope="aset-cookie: b=c, d=", resource_metadata="/);
      return true;
    },
  );
});

test("says where the API describes itself, unless told otherwise (D14)", async (t) => {
  const { options } = await startIssuer(t);
  const cases = [
    ["https://api.example", undefined, "https://api.example/.well-known/oauth-protected-resource"],
    ["https://api.example/", undefined, "https://api.example/.well-known/oauth-protected-resource"],
    ["urn:example:api", undefined, undefined],
    ["https://api.example", false, undefined],
    ["https://api.example", "https://docs.example/here", "https://docs.example/here"],
  ] as const;
  for (const [audience, resourceMetadata, expected] of cases) {
    const verifier = createVerifier({ ...options, audience, resourceMetadata });
    const error = await refusal(verifier.verify({}), "no_credentials");
    const parameter = expected === undefined ? 'realm="api"' : `resource_metadata="${expected}"`;
    assert.equal(error.challenge, `Bearer ${parameter}`);
  }
});

function rawTwice(value: string): string[] {
  return ["Host", "x", "Authorization", value, "AUTHORIZATION", value];
}

function sendRaw(origin: string, lines: string[]): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        ["GET / HTTP/1.1", "Host: x", "Connection: close", ...lines, "", ""].join("\r\n"),
      );
    });
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}
