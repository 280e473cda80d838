import assert from "node:assert/strict";
import { test } from "node:test";
import { startIssuer, type TestIssuer } from "../test/issuer.ts";
import { AuthorizationError } from "./authorization-error.ts";
import { createVerifier } from "./verifier.ts";

const details = [
  { type: "corpus", identifier: "docs", actions: ["documents:read", "documents:write"] },
  { type: "corpus", identifier: "wiki", actions: ["documents:read"] },
  { type: "agent", identifier: "docs", actions: ["agents:use"] },
];

function accessWith(issuer: TestIssuer, claims: Record<string, unknown>) {
  return createVerifier(issuer.options).verify(issuer.token({ claims }));
}

test("lets an account-wide permission cover every resource", async (t) => {
  const access = await accessWith(await startIssuer(t), { scope: "documents:read corpora:read" });
  assert.equal(access.may("documents:read"), true);
  assert.equal(access.may("documents:read", { type: "corpus", id: "any" }), true);
  assert.equal(access.may("documents:write"), false);
  assert.equal(access.resources("documents:read", "corpus"), "all");
  assert.doesNotThrow(() => access.require("corpora:read"));
});

test("lets a permission on a resource hold for that resource alone", async (t) => {
  const claims = { scope: undefined, authorization_details: details };
  const access = await accessWith(await startIssuer(t), claims);
  assert.equal(access.may("documents:write", { type: "corpus", id: "docs" }), true);
  assert.equal(access.may("documents:write", { type: "corpus", id: "wiki" }), false);
  assert.equal(access.may("documents:write", { type: "agent", id: "docs" }), false);
  assert.equal(access.may("agents:use", { type: "corpus", id: "docs" }), false);
  assert.equal(access.may("documents:read"), false);
  assert.deepEqual(access.resources("documents:read", "corpus"), new Set(["docs", "wiki"]));
  assert.deepEqual(access.resources("corpora:read", "corpus"), new Set());
  assert.deepEqual(access.requireResources("documents:write", "corpus"), new Set(["docs"]));
  assertInsufficient(() => access.requireResources("corpora:read", "corpus"), "corpora:read");
});

test("takes no part of a permission, nor one in another case, for the whole (D11)", async (t) => {
  const scope =
    "corpora:readx xcorpora:read corpora: Documents:read documents:read,documents:write";
  const access = await accessWith(await startIssuer(t), { scope });
  for (const permission of ["corpora:read", "documents:read", "documents:write", "", "corpora"]) {
    assert.equal(access.may(permission), false, permission);
    assertInsufficient(() => access.require(permission), permission);
  }
});

test("names the missing permission in the challenge (D11, D14)", async (t) => {
  const access = await accessWith(await startIssuer(t), { scope: undefined });
  const resource = { type: "corpus", id: "docs" };
  const error = assertInsufficient(
    () => access.require("corpora:write", resource),
    "corpora:write",
  );
  assert.equal(
    error.challenge,
    'Bearer error="insufficient_scope", ' +
      'error_description="This access token does not permit that.", scope="corpora:write", ' +
      'resource_metadata="https://api.example/.well-known/oauth-protected-resource/v2"',
  );
});

test("refuses a token whose scope is no string (D11)", async (t) => {
  const issuer = await startIssuer(t);
  for (const scope of [["corpora:read"], { "corpora:read": true }, 1, null, true]) {
    await assert.rejects(accessWith(issuer, { scope }), { code: "invalid_token" });
  }
});

test("permits nothing by details of another form (D11)", async (t) => {
  const issuer = await startIssuer(t);
  const corpus = { type: "corpus", identifier: "docs", actions: ["documents:read"] };
  const others: unknown[] = [
    { ...corpus, identifier: undefined },
    { ...corpus, identifier: ["docs"] },
    { ...corpus, identifier: "*" },
    { ...corpus, type: ["corpus"] },
    { ...corpus, actions: "documents:read" },
    { ...corpus, actions: { 0: "documents:read" } },
    { ...corpus, actions: [["documents:read"], null] },
    { ...corpus, identifier: "docs2" },
    null,
    "corpus",
    [corpus],
  ];
  const access = await accessWith(issuer, { scope: "", authorization_details: others });
  assert.equal(access.may("documents:read", { type: "corpus", id: "docs" }), false);
  assert.equal(access.may("documents:read"), false);
  await assert.rejects(accessWith(issuer, { authorization_details: corpus }), {
    code: "invalid_token",
  });
});

test("says how to get the rights that were too many for the token", async (t) => {
  const claims = { scope: undefined, authorization_details_omitted: true };
  const access = await accessWith(await startIssuer(t), claims);
  const resource = { type: "corpus", id: "docs" };
  const error = assertInsufficient(
    () => access.require("documents:read", resource),
    "documents:read",
  );
  assert.match(error.description, /authorization_details/);
  assert.equal(error.status, 403);
});

test("gives one request no way to change what another may do", async (t) => {
  const claims = { scope: "corpora:read", authorization_details: details };
  const access = await accessWith(await startIssuer(t), claims);
  (access.scope as Set<string>).add("corpora:delete");
  (access.resources("documents:write", "corpus") as Set<string>).add("wiki");
  assert.throws(() => ((access.claims as { scope: string }).scope = "corpora:delete"), TypeError);
  assert.throws(
    () => access.claims.authorization_details?.[1]?.actions.push("documents:write"),
    TypeError,
  );
  assert.equal(access.may("corpora:delete"), false);
  assert.equal(access.may("documents:write", { type: "corpus", id: "wiki" }), false);
});

function assertInsufficient(act: () => unknown, permission: string): AuthorizationError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof AuthorizationError);
    assert.equal(error.code, "insufficient_scope");
    assert.equal(error.status, 403);
    assert.equal(error.scope, permission);
    return error;
  }
  assert.fail(`permitted: ${permission}`);
}
