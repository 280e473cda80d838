import assert from "node:assert/strict";
import { test } from "node:test";
import { describeProvider } from "../../src/datasources/describe-provider.ts";
import { standard } from "../../src/datasources/profiles/standard.ts";
import { buildAuthorizationUrl } from "../../src/datasources/protocol/authorization-request.ts";
import { parseTokenAnswer } from "../../src/datasources/protocol/token-answer.ts";
import { buildExchange, buildRefresh } from "../../src/datasources/protocol/token-request.ts";
import type {
  DatasourceSettings,
  Profile,
  Provider,
  Step,
} from "../../src/datasources/provider.ts";

/** Deviations of the catalogue that a profile can say, of providers that have none here yet. */

const redirectUri = "https://cs.example/callback";
const codeVerifier = "v".repeat(43);
const nowMs = 1_800_000_000_000;
const context = { nowMs, assertionId: "a-1", redirectUri };
const held = { accessToken: "at-1", refreshToken: "rt-1" };

const provider = (rules: Partial<Profile>, own: Partial<DatasourceSettings> = {}): Provider =>
  describeProvider(
    { ...standard, ...rules },
    {
      clientId: "the-client",
      clientSecret: "the-secret",
      authorizationUrl: "https://provider.example/authorize",
      accessTokenUrl: "https://provider.example/token",
      clientAuthentication: "body",
      ...own,
    },
  );

const exchange = (one: Provider) => buildExchange(one, { code: "the-code", codeVerifier }, context);

const authorizeParameters = (one: Provider) =>
  new URL(buildAuthorizationUrl(one, { redirectUri, state: "s", codeVerifier })).searchParams;

function read(one: Provider, members: object, step: Step = "exchange") {
  const body = Buffer.from(JSON.stringify(members));
  const answer = { status: 200, headers: { "content-type": "application/json" }, body };
  return parseTokenAnswer(one, answer, { step, nowMs, previous: held }).tokens;
}

test("reads a lifetime in milliseconds where the profile says so (Q27)", () => {
  const answer = { access_token: "at-1", expires_in: 900_000 };
  const milliseconds = provider({ answer: { expiresInUnit: "milliseconds" } });
  assert.equal(read(milliseconds, answer).expiresAtMs, nowMs + 900_000);
  assert.equal(read(provider({}), answer).expiresAtMs, nowMs + 900_000_000);
});

test("takes a refresh without tokens as the same token's extension, if it succeeded (Q33)", () => {
  const success = { path: "result", values: ["0000"] };
  const extending = provider({ answer: { success, refreshExtends: true } });
  assert.equal(read(extending, { result: "0000" }, "refresh").accessToken, "at-1");
  assert.throws(() => read(extending, { result: "5001" }, "refresh"), { name: "ProviderError" });
  assert.throws(() => read(provider({}), { result: "0000" }, "refresh"), { name: "ProviderError" });
});

test("reads when a token ends, and refreshes without the secret (Q34)", () => {
  const one = provider({ refresh: { clientAuthentication: "none" } });
  const answer = { access_token: "at-1", access_token_expiration: nowMs / 1000 + 60 };
  assert.equal(read(one, answer).expiresAtMs, nowMs + 60_000);
  assert.match(exchange(one).body!, /client_secret=the-secret/);
  assert.doesNotMatch(buildRefresh(one, held, context).body!, /client_secret/);
});

test("renames parameters of the authorize URL and adds headers (Q37)", () => {
  const one = provider({
    authorize: { renames: { client_id: "clientId", redirect_uri: "redirectUri" } },
    exchange: { headers: { "x-partner": "p-1" } },
  });
  const parameters = authorizeParameters(one);
  assert.equal(parameters.get("clientId"), "the-client");
  assert.equal(parameters.get("redirectUri"), redirectUri);
  assert.equal(parameters.get("client_id"), null);
  assert.equal(exchange(one).headers["x-partner"], "p-1");
});

test("sends the redirect URL under the provider's name for it (Q39)", () => {
  const one = provider({ authorize: { renames: { redirect_uri: "redirect_url" } } });
  assert.equal(authorizeParameters(one).get("redirect_url"), redirectUri);
  assert.equal(authorizeParameters(one).get("redirect_uri"), null);
});

test("reads a lifetime in days, hours and minutes where the profile says so (Q47)", () => {
  const answer = { access_token: "at-1", expires_in: "1:02:03" };
  const duration = provider({ answer: { expiresInUnit: "days:hours:minutes" } });
  assert.equal(read(duration, answer).expiresAtMs, nowMs + (86_400 + 7_380) * 1_000);
  assert.equal(read(provider({}), answer).expiresAtMs, undefined);
});
