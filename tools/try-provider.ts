/**
 * Tries a provider profile against the real provider, step by step, and prints a trace of each that
 * carries no secret. Nothing is kept. The client secret is asked for and not an argument.
 *
 *   node tools/try-provider.ts github CLIENT_ID REDIRECT_URI "scope,scope" [name=value …]
 *
 * The names are variables of the profile's URLs, or `authorization_url` and `access_token_url` where it has
 * none. COUNTERSIGN_OUTBOUND_ALLOW permits networks as it does in the server.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { parseConfig } from "../server/src/config.ts";
import { describeProvider, lintProvider } from "../server/src/datasources/describe-provider.ts";
import { profiles } from "../server/src/datasources/profiles/profiles.ts";
import {
  buildAuthorizationUrl,
  codeVerifierOf,
} from "../server/src/datasources/protocol/authorization-request.ts";
import { parseCallback } from "../server/src/datasources/protocol/callback.ts";
import { joinedAnswer } from "../server/src/datasources/protocol/joined-answer.ts";
import { callProvider } from "../server/src/datasources/protocol/provider-call.ts";
import type { ProviderRequest } from "../server/src/datasources/protocol/step-request.ts";
import {
  parseTokenAnswer,
  type TokenAnswer,
} from "../server/src/datasources/protocol/token-answer.ts";
import {
  buildExchange,
  buildRefresh,
  buildUpgrade,
  hasUpgrade,
} from "../server/src/datasources/protocol/token-request.ts";
import { traceOf } from "../server/src/datasources/protocol/trace.ts";
import { createFetch } from "../server/src/fetch/fetch.ts";

const [name = "", clientId = "", redirectUri = "", scopes = "", ...rest] = process.argv.slice(2);
const profile = profiles.get(name);
if (profile === undefined || redirectUri === "") {
  console.error(`A profile is one of: ${[...profiles.keys()].join(", ")}`);
  process.exit(1);
}
const terminal = createInterface({ input: process.stdin, output: process.stdout });
const clientSecret = await terminal.question("Client secret: ");
const { authorization_url, access_token_url, ...variables } = Object.fromEntries(rest.map(pairOf));
const provider = describeProvider(profile, {
  clientId,
  clientSecret,
  scopes: scopes.split(",").filter(Boolean),
  authorizationUrl: authorization_url,
  accessTokenUrl: access_token_url,
  variables,
});
for (const { field, message } of lintProvider(provider)) console.log(`${field}: ${message}`);

const codeVerifier = codeVerifierOf(randomBytes(32));
const state = randomUUID();
console.log(buildAuthorizationUrl(provider, { redirectUri, state, codeVerifier }));
const answered = new URL(await terminal.question("Where the browser ended up: ")).searchParams;
if (answered.get("state") !== state) throw new Error("The state is not the one that was sent.");
const { code, tokenOrigin, captured } = parseCallback(provider, answered);
const assertionId = randomUUID();
const context = { nowMs: Date.now(), assertionId, redirectUri, tokenOrigin, captured };
const fetch = createFetch({ allow: parseConfig(process.env).outboundAllow });
const { tokens } = await runBoth(buildExchange(provider, { code, codeVerifier }, context));
await runBoth(buildRefresh(provider, tokens, context), tokens);
await fetch.close();
terminal.close();

/** A URL may hold an equals sign itself. */
function pairOf(text: string): [string, string] {
  const [name = ""] = text.split("=", 1);
  return [name, text.slice(name.length + 1)];
}

type Held = { accessToken: string; refreshToken?: string | undefined };

/** The request, and the second call where the profile has one. */
async function runBoth(request: ProviderRequest, previous?: Held): Promise<TokenAnswer> {
  const first = await run(request, previous);
  if (!hasUpgrade(provider, request.step)) return first;
  return joinedAnswer(
    first,
    await run(buildUpgrade(provider, first.tokens, context), first.tokens),
  );
}

async function run(
  request: ProviderRequest,
  previous: Held = { accessToken: "" },
): Promise<TokenAnswer> {
  const answer = await callProvider(fetch, request);
  const { curl, answer: shown } = traceOf(request, answer, [
    previous.accessToken,
    previous.refreshToken ?? "",
  ]);
  console.log(`\n${curl}\n${shown}`);
  const { step } = request;
  const parsed = parseTokenAnswer(provider, answer, { step, nowMs: Date.now(), previous });
  console.log(`tolerated: ${parsed.tolerances.join(", ") || "nothing"}`);
  return parsed;
}
