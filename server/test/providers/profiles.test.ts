import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { describeProvider, lintProvider } from "../../src/datasources/describe-provider.ts";
import { profiles } from "../../src/datasources/profiles/profiles.ts";
import { standard } from "../../src/datasources/profiles/standard.ts";
import { buildAuthorizationUrl } from "../../src/datasources/protocol/authorization-request.ts";
import { parseCallback } from "../../src/datasources/protocol/callback.ts";
import { isExpiryAnswer } from "../../src/datasources/protocol/expiry-matcher.ts";
import { callProvider } from "../../src/datasources/protocol/provider-call.ts";
import { ProviderError } from "../../src/datasources/protocol/provider-error.ts";
import type { ProviderRequest } from "../../src/datasources/protocol/step-request.ts";
import {
  parseTokenAnswer,
  type AnswerContext,
} from "../../src/datasources/protocol/token-answer.ts";
import {
  buildExchange,
  buildRefresh,
  buildUpgrade,
} from "../../src/datasources/protocol/token-request.ts";
import { addAccessToken } from "../../src/datasources/protocol/token-use.ts";
import { traceOf } from "../../src/datasources/protocol/trace.ts";
import type { DatasourceSettings, Profile, Provider } from "../../src/datasources/provider.ts";
import { startFakeProvider, type FakeAnswer, type SeenRequest } from "./fake-provider.ts";
import { fixtures, type Expectation, type Fixture } from "./fixtures.ts";

const redirectUri = "https://cs.example/callback";
const codeVerifier = "v".repeat(43);
const nowMs = 1_800_000_000_000;
const usual: FakeAnswer = {
  body: { access_token: "at-1", refresh_token: "rt-1", token_type: "Bearer", expires_in: 3600 },
};
const client = {
  clientId: "the-client",
  clientSecret: "the-secret",
  scopes: ["read", "write"],
};
const placeNames = new Set(
  "grantType authorizationUrl accessTokenUrl baseUrl allowedHosts scopes variables".split(" "),
);
const standardUrls = {
  authorizationUrl: "https://provider.example/authorize",
  accessTokenUrl: "https://provider.example/token",
};

/** Every member that is wanted is there; of bodies and queries, every parameter. */
function checkSeen(seen: SeenRequest, wants: Partial<SeenRequest> = {}): void {
  for (const [name, value] of Object.entries(wants)) {
    const actual = seen[name as keyof SeenRequest];
    if (typeof value !== "object") assert.equal(actual, value, name);
    else assert.deepEqual({ ...(actual as object), ...value }, actual, name);
  }
}

test("has a fixture for every profile, and no other", () => {
  assert.deepEqual(Object.keys(fixtures).toSorted(), [...profiles.keys()].toSorted());
});

for (const [name, fixture] of Object.entries(fixtures)) {
  const ids = [...fixture.quirks, "G16"].join(", ");
  const profile = profiles.get(name)!;
  const own = { ...(name === "standard" && standardUrls), ...client, ...fixture.settings };
  test(`connects and refreshes as ${name} wants it (${ids})`, async (t) => {
    await play(t, describeProvider(profile, own), fixture);
  });

  // The control: a fixture that is content with the standards shows no deviation.
  if (name === "standard" || fixture.isStandard === true) continue;
  test(`fails at ${name} with the standards alone (${ids})`, async (t) => {
    const plain = describeProvider(standard, { ...placesOf(profile), ...own });
    await assert.rejects(
      play(t, plain, fixture),
      (error) => error instanceof ProviderError || error instanceof assert.AssertionError,
    );
  });
}

/** Where the provider is, and what is asked of it, are no deviations. */
function placesOf({ settings }: Profile): Partial<DatasourceSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => placeNames.has(name)));
}

/** How the API wants the token, how it says that it has expired, and what the form is told. */
function checkUse(provider: Provider, { use, expired = [], doubts = [] }: Fixture): void {
  if (use !== undefined) {
    const { url, headers } = addAccessToken(provider, new URL(use.at), "at-1");
    assert.deepEqual({ url: url.href, ...headers }, use.becomes);
  }
  for (const { status = 200, body } of expired) {
    const bodyStart = typeof body === "string" ? body : JSON.stringify(body, undefined, 2);
    const answer = { status, headers: {}, bodyStart };
    assert.ok(isExpiryAnswer(provider.settings.expiryMatchers, answer), bodyStart);
  }
  const fields = lintProvider(provider).map(({ field }) => field);
  for (const field of doubts) assert.ok(fields.includes(field), field);
}

/** The whole life of a connection, as the fixture has it. */
async function play(test: TestContext, provider: Provider, fixture: Fixture): Promise<void> {
  const { settings } = provider;
  checkUse(provider, fixture);
  let next: FakeAnswer = usual;
  const fake = await startFakeProvider(test, () => next);

  async function run(
    request: ProviderRequest,
    { wants, answer = usual, gives = {} }: Expectation = {},
    previous?: AnswerContext["previous"],
  ) {
    next = answer;
    const received = await callProvider(fake.fetch, request);
    checkSeen(fake.seen.at(-1)!, wants);
    const context = { step: request.step, nowMs, ...(previous && { previous }) };
    const { tokens, tolerances } = parseTokenAnswer(provider, received, context);
    for (const [member, value] of Object.entries(gives)) {
      assert.deepEqual(tokens[member as keyof typeof tokens], value, member);
    }
    const { curl, answer: shown = "" } = traceOf(request, received);
    const secrets = [
      "the-secret",
      tokens.accessToken,
      ...(tokens.refreshToken ? [tokens.refreshToken] : []),
    ];
    for (const secret of secrets)
      assert.ok(!`${curl}${shown}`.includes(secret), `${curl}\n${shown}`);
    assert.ok(Array.isArray(tolerances));
    return tokens;
  }

  let captured: Record<string, string> = {};
  let code: string | undefined;
  let tokenOrigin: string | undefined;
  if (settings.grantType === "authorization_code") {
    const asked = buildAuthorizationUrl(provider, { redirectUri, state: "s", codeVerifier });
    const url = new URL(asked);
    const { authorizeHas = "" } = fixture;
    assert.ok(asked.includes(authorizeHas), `${authorizeHas} in ${asked}`);
    assert.equal(url.searchParams.get("state"), "s");
    for (const [parameter, value] of Object.entries(fixture.authorize ?? {})) {
      assert.equal(url.searchParams.get(parameter) ?? undefined, value, parameter);
    }
    const answered = new URLSearchParams(fixture.callback ?? { code: "the-code" });
    ({ code, captured, tokenOrigin } = parseCallback(provider, answered));
    for (const [member, value] of Object.entries(fixture.captures ?? {})) {
      assert.equal(captured[member], value, member);
    }
  }
  settings.variables = { ...settings.variables, ...captured };
  const context = { nowMs, assertionId: "a-1", redirectUri, tokenOrigin, captured };
  const exchange = buildExchange(provider, { code, codeVerifier }, context);
  let tokens = await run(exchange, fixture.exchange);
  const upgrade = buildUpgrade(provider, tokens, context);
  assert.equal(upgrade !== undefined, fixture.upgrade !== undefined);
  if (upgrade !== undefined) tokens = await run(upgrade, fixture.upgrade);

  const held = { accessToken: tokens.accessToken, refreshToken: tokens.refreshToken ?? "rt-1" };
  const build = () => buildRefresh(provider, held, context);
  if (fixture.refresh === "nothing") {
    assert.throws(build, { causeName: "no_refresh_token" });
  } else {
    await run(build(), fixture.refresh, held);
  }
  const { refused } = fixture;
  if (refused === undefined) return;
  const request = fixture.refresh === "nothing" ? exchange : build();
  await assert.rejects(
    run(request, { answer: refused.answer }, held),
    (error) =>
      error instanceof ProviderError &&
      (error.kind === refused.kind || assert.fail(`${error.kind} ${error.causeName}`)),
  );
}
