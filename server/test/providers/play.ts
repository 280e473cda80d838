import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { decodeJwt } from "jose";
import { lintProvider } from "../../src/datasources/describe-provider.ts";
import { buildAuthorizationUrl } from "../../src/datasources/protocol/authorization-request.ts";
import { parseCallback } from "../../src/datasources/protocol/callback.ts";
import { isExpiryAnswer } from "../../src/datasources/protocol/expiry-matcher.ts";
import { joinedAnswer } from "../../src/datasources/protocol/joined-answer.ts";
import { callProvider } from "../../src/datasources/protocol/provider-call.ts";
import { ProviderError } from "../../src/datasources/protocol/provider-error.ts";
import { findState, stateNameOf } from "../../src/datasources/protocol/state-parameter.ts";
import type { ProviderRequest } from "../../src/datasources/protocol/step-request.ts";
import {
  parseTokenAnswer,
  type AnswerContext,
  type TokenAnswer,
} from "../../src/datasources/protocol/token-answer.ts";
import {
  buildExchange,
  buildRefresh,
  buildUpgrade,
  hasUpgrade,
} from "../../src/datasources/protocol/token-request.ts";
import { addAccessToken } from "../../src/datasources/protocol/token-use.ts";
import { spendsToken } from "../../src/datasources/refresh-outcome.ts";
import { traceOf } from "../../src/datasources/protocol/trace.ts";
import type { Provider, Step } from "../../src/datasources/provider.ts";
import { startFakeProvider, type FakeAnswer, type SeenRequest } from "./fake-provider.ts";
import type { Expectation, Fixture, Wanted } from "./fixture.ts";

/** The whole life of a connection at a provider of the test, as a fixture has it. */

const redirectUri = "https://cs.example/callback";
const codeVerifier = "v".repeat(43);
const nowMs = 1_800_000_000_000;
const usual: FakeAnswer = {
  body: { access_token: "at-1", refresh_token: "rt-1", token_type: "Bearer", expires_in: 3600 },
};
/** Every member that is wanted is there; of bodies and queries, every parameter. */
function checkSeen(seen: SeenRequest, wants: Wanted = {}): void {
  for (const [name, value] of Object.entries(wants)) {
    const actual = seen[name as keyof SeenRequest];
    if (typeof value !== "object") assert.equal(actual, value, name);
    else checkMembers(actual as object, value);
  }
}

/** What is wanted as `undefined` must not be there. */
function checkMembers(actual: object, wanted: object): void {
  for (const [name, value] of Object.entries(wanted)) {
    assert.deepEqual(actual[name as keyof object], value, name);
  }
}

function assertionIn({ body }: SeenRequest): object {
  const assertion = body["client_assertion"];
  assert.ok(typeof assertion === "string");
  return decodeJwt(assertion);
}

/** How the API wants the token, how it says that it has expired, and what the form is told. */
function checkUse(
  provider: Provider,
  { use, expired = [], fresh = [], doubts = [], spends }: Fixture,
): void {
  if (use !== undefined) {
    const { url, headers } = addAccessToken(provider, new URL(use.at), "at-1");
    assert.deepEqual({ url: url.href, ...headers }, use.becomes);
  }
  const isExpired = ({ status = 200, body }: FakeAnswer): boolean => {
    const bodyStart = typeof body === "string" ? body : JSON.stringify(body, undefined, 2);
    return isExpiryAnswer(provider.settings.expiryMatchers, { status, headers: {}, bodyStart });
  };
  for (const answer of expired) assert.ok(isExpired(answer), JSON.stringify(answer));
  for (const answer of fresh) assert.ok(!isExpired(answer), JSON.stringify(answer));
  if (spends === true) assert.ok(spendsToken(provider, { tolerances: ["refresh_token_kept"] }));
  const fields = lintProvider(provider).map(({ field }) => field);
  for (const field of doubts) assert.ok(fields.includes(field), field);
}

/** Fails where the provider described is not the one that the fixture wants. */
export async function play(test: TestContext, provider: Provider, fixture: Fixture): Promise<void> {
  const { settings } = provider;
  checkUse(provider, fixture);
  let next: FakeAnswer = usual;
  const fake = await startFakeProvider(test, () => next);

  async function run(
    request: ProviderRequest,
    { wants, assertion, answer = usual, gives = {}, slots = {} }: Expectation = {},
    { previous, first }: { previous?: AnswerContext["previous"]; first?: TokenAnswer } = {},
  ): Promise<TokenAnswer> {
    next = answer;
    const received = await callProvider(fake.fetch, request);
    checkSeen(fake.seen.at(-1)!, wants);
    if (assertion !== undefined) checkMembers(assertionIn(fake.seen.at(-1)!), assertion);
    const context = { step: request.step, nowMs, ...(previous && { previous }) };
    const parsed = parseTokenAnswer(provider, received, context);
    const answered = first === undefined ? parsed : joinedAnswer(first, parsed);
    const { tokens, tolerances } = answered;
    for (const [member, value] of Object.entries(gives)) {
      assert.deepEqual(tokens[member as keyof typeof tokens], value, member);
    }
    for (const [slot, token] of Object.entries(slots)) {
      assert.equal(tokens.slots[slot]?.accessToken, token, slot);
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
    return answered;
  }

  let captured: Record<string, string> = {};
  let code: string | undefined;
  let tokenOrigin: string | undefined;
  if (settings.grantType === "authorization_code") {
    const asked = buildAuthorizationUrl(provider, { redirectUri, state: "s", codeVerifier });
    // Also where they are in the fragment.
    const sent = new URLSearchParams(asked.slice(asked.indexOf("?")));
    const { authorizeHas = "", stateName = "state" } = fixture;
    assert.ok(asked.includes(authorizeHas), `${authorizeHas} in ${asked}`);
    assert.equal(sent.get(stateName), "s");
    for (const [parameter, value] of Object.entries(fixture.authorize ?? {})) {
      assert.equal(sent.get(parameter) ?? undefined, value, parameter);
    }
    const answered = new URLSearchParams(fixture.callback ?? { code: "the-code" });
    const returned = new URLSearchParams([...answered, [stateName, "s"]]);
    assert.deepEqual(findState(returned), { name: stateNameOf(provider), value: "s" });
    ({ code, captured, tokenOrigin } = parseCallback(provider, returned));
    for (const [member, value] of Object.entries(fixture.captures ?? {})) {
      assert.equal(captured[member], value, member);
    }
  }
  settings.variables = { ...settings.variables, ...captured };
  const context = { nowMs, assertionId: "a-1", redirectUri, tokenOrigin, captured };
  const exchange = buildExchange(provider, { code, codeVerifier }, context);
  const exchanged = await run(exchange, fixture.exchange);
  if (fixture.secretIn === "body") {
    const { body, authorization } = fake.seen.at(-1)!;
    assert.deepEqual([body["client_secret"], authorization], ["the-secret", undefined]);
  }

  /** The second call, where the provider wants one, and where the profile makes one. */
  async function upgraded(
    first: TokenAnswer,
    after: Step,
    expected: Expectation | undefined,
  ): Promise<TokenAnswer> {
    assert.equal(hasUpgrade(provider, after), expected !== undefined);
    if (expected === undefined) return first;
    return run(buildUpgrade(provider, first.tokens, context), expected, { first });
  }

  const { tokens } = await upgraded(exchanged, exchange.step, fixture.upgrade);
  const held = { accessToken: tokens.accessToken, refreshToken: tokens.refreshToken ?? "rt-1" };
  const build = () => buildRefresh(provider, held, context);
  if (fixture.refresh === "nothing") {
    assert.throws(build, { causeName: "no_refresh_token" });
  } else {
    const refreshed = await run(build(), fixture.refresh, { previous: held });
    await upgraded(refreshed, "refresh", fixture.upgradeAgain);
  }
  const { refused, refusedCode, refusedUpgrade } = fixture;
  const refusals = [
    { wanted: refusedCode, request: () => exchange },
    { wanted: refusedUpgrade, request: () => buildUpgrade(provider, tokens, context) },
    { wanted: refused, request: fixture.refresh === "nothing" ? () => exchange : build },
  ];
  for (const { wanted, request } of refusals) {
    if (wanted === undefined) continue;
    const { answer, kind, cause, text } = wanted;
    await assert.rejects(run(request(), { answer }, { previous: held }), (error) => {
      assert.ok(error instanceof ProviderError);
      assert.deepEqual([error.kind, error.causeName], [kind, cause ?? error.causeName]);
      assert.equal(error.providerText, text ?? error.providerText);
      return true;
    });
  }
}
