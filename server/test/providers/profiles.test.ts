import assert from "node:assert/strict";
import { test } from "node:test";
import { describeProvider } from "../../src/datasources/describe-provider.ts";
import { profiles } from "../../src/datasources/profiles/profiles.ts";
import { buildAuthorizationUrl } from "../../src/datasources/protocol/authorization-request.ts";
import { parseCallback } from "../../src/datasources/protocol/callback.ts";
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
import { traceOf } from "../../src/datasources/protocol/trace.ts";
import type { Provider } from "../../src/datasources/provider.ts";
import { startFakeProvider, type FakeAnswer, type SeenRequest } from "./fake-provider.ts";
import { fixtures, type Expectation } from "./fixtures.ts";

const redirectUri = "https://cs.example/callback";
const codeVerifier = "v".repeat(43);
const nowMs = 1_800_000_000_000;
const usual: FakeAnswer = {
  body: { access_token: "at-1", refresh_token: "rt-1", token_type: "Bearer", expires_in: 3600 },
};
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
  test(`connects and refreshes as ${name} wants it (${[...fixture.quirks, "G16"].join(", ")})`, async (t) => {
    const provider: Provider = describeProvider(profiles.get(name)!, {
      ...(name === "standard" && standardUrls),
      clientId: "the-client",
      clientSecret: "the-secret",
      scopes: ["read", "write"],
      ...fixture.settings,
    });
    const { settings } = provider;
    let next: FakeAnswer = usual;
    const fake = await startFakeProvider(t, () => next);

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
      const url = new URL(
        buildAuthorizationUrl(provider, { redirectUri, state: "s", codeVerifier }),
      );
      assert.equal(url.searchParams.get("state"), "s");
      for (const [parameter, value] of Object.entries(fixture.authorize ?? {})) {
        assert.equal(url.searchParams.get(parameter) ?? undefined, value, parameter);
      }
      const answered = new URLSearchParams(fixture.callback ?? { code: "the-code" });
      ({ code, captured, tokenOrigin } = parseCallback(provider, answered));
    }
    settings.variables = { ...settings.variables, ...captured };
    const context = { nowMs, assertionId: "a-1", tokenOrigin, captured };
    const exchange = buildExchange(provider, { code, codeVerifier, redirectUri }, context);
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
  });
}
