import type { System } from "../../system.ts";
import { callProvider } from "../protocol/provider-call.ts";
import type { CauseName } from "../protocol/provider-causes.ts";
import { ProviderError } from "../protocol/provider-error.ts";
import { parseTokenAnswer } from "../protocol/token-answer.ts";
import { buildClientCredentials, buildExchange } from "../protocol/token-request.ts";
import type { ClientAuthentication, Provider } from "../provider.ts";
import { redirectUrlOf } from "../redirect-url.ts";
import { finding, type CheckFinding } from "./check-finding.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import type { Ask } from "./probe-url.ts";

/**
 * Finds out how a provider wants the client to prove itself, by asking. A machine asks for a token; for
 * people a code is presented that cannot exist: who refuses the code has accepted the client
 * [RFC 6749 §5.2]. The secret goes to the token URL that the administrator gave, and nowhere else.
 */

export interface Way {
  clientAuthentication: ClientAuthentication;
  bodyFormat: "form" | "json" | "query";
}

export interface Detection {
  accepted?: Way;
  tried: readonly (Way & { outcome: "accepted" | "refused" | "unclear" })[];
  findings: CheckFinding[];
}

interface DetectContext {
  system: System;
  fetch: Ask;
  publicUrl: string;
}

type Outcome = Detection["tried"][number]["outcome"];

/** Requests at most, one after the other: each one that fails may count at the provider. */
export const detectCallsMax = 6;

/** Causes by which a provider shows that it took the client for who it says it is. */
const accepting = new Set<CauseName>([
  "code_refused",
  "scope_refused",
  "redirect_uri_refused",
  "client_not_allowed",
]);
/** After these nothing is learned by asking on, or it does harm. */
const ending = new Set<CauseName>([
  "rate_limited",
  "unreachable",
  "provider_failing",
  "answer_lost",
  "token_url_wrong",
  "address_refused",
  "tls_failed",
  "url_missing",
  "variable_missing",
  "private_key_wrong",
]);

/** For all of them together. */
const detectMsMax = 20_000;

const field = "client_authentication";

export async function detectClientAuthentication(
  { fetch, ...rest }: DetectContext,
  provider: Provider,
): Promise<Detection> {
  const context = { ...rest, fetch: boundedFetch(fetch, AbortSignal.timeout(detectMsMax)) };
  const tried: (Way & { outcome: Outcome })[] = [];
  for (const way of waysFor(provider).slice(0, detectCallsMax - 1)) {
    const { outcome, cause } = await tryWay(context, provider, way);
    tried.push({ ...way, outcome });
    if (cause !== undefined && ending.has(cause)) break;
    if (outcome !== "accepted") continue;
    if (!(await isProof(context, provider, way))) return unclear(tried, way);
    return { accepted: way, tried, findings: [foundFinding(provider, way)] };
  }
  const isRefused = tried.length > 0 && tried.every(({ outcome }) => outcome === "refused");
  if (!isRefused) return unclear(tried);
  return { tried, findings: [finding(field, "client_refused")] };
}

/** The present setting first, then in the order of how usual they are. */
function waysFor({ settings, profile }: Provider): Way[] {
  const { clientSecret, privateKey, clientAuthentication, bodyFormat, clientId } = settings;
  // What the profile says of this step wins over any setting.
  const isFixed = profile.exchange?.clientAuthentication !== undefined;
  const present = { clientAuthentication, bodyFormat };
  const isEncoded = /[^\w.-]/.test(clientId + (clientSecret ?? ""));
  const withSecret: Way[] = [
    { clientAuthentication: "basic", bodyFormat: "form" },
    { clientAuthentication: "body", bodyFormat: "form" },
    ...(isEncoded ? [{ clientAuthentication: "basic_raw", bodyFormat: "form" } as const] : []),
    { clientAuthentication: "json", bodyFormat: "json" },
    { clientAuthentication: "basic", bodyFormat: "json" },
  ];
  const withKey: Way[] = [{ clientAuthentication: "private_key_jwt", bodyFormat: "form" }];
  const all = [
    ...(privateKey === undefined ? [] : withKey),
    ...(clientSecret === undefined ? [] : withSecret),
    ...((clientSecret ?? privateKey)
      ? []
      : [{ ...present, clientAuthentication: "none" } as const]),
  ];
  if (isFixed) return [];
  const isPresent = (way: Way): boolean =>
    way.clientAuthentication === clientAuthentication &&
    (way.bodyFormat === bodyFormat || clientAuthentication === "json");
  return [...all.filter(isPresent), ...all.filter((way) => !isPresent(way))];
}

async function tryWay(
  { system, fetch, publicUrl }: DetectContext,
  { settings, profile }: Provider,
  way: Way,
): Promise<{ outcome: Outcome; cause?: CauseName }> {
  const provider = { settings: { ...settings, ...way }, profile };
  const redirectUri = redirectUrlOf({ publicUrl });
  const context = { nowMs: system.now(), assertionId: system.randomUuid(), redirectUri };
  const code = `check-${system.randomBytes(16).toString("base64url")}`;
  const codeVerifier = system.randomBytes(32).toString("base64url");
  try {
    const request =
      settings.grantType === "client_credentials"
        ? buildClientCredentials(provider, context)
        : buildExchange(provider, { code, codeVerifier }, context);
    const answer = await callProvider(fetch, request);
    const { step } = request;
    parseTokenAnswer(provider, answer, { step, nowMs: system.now() });
    return { outcome: "accepted" };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { causeName: cause, providerCode } = error;
    // Without a code of the standard a status says little about what was refused.
    const isAccepted = accepting.has(cause) && providerCode !== undefined;
    const outcome = isAccepted ? "accepted" : cause === "client_refused" ? "refused" : "unclear";
    return { outcome, cause };
  }
}

/** A provider that looks at the code before the client says the same of a secret that is wrong. */
async function isProof(context: DetectContext, provider: Provider, way: Way): Promise<boolean> {
  const { settings, profile } = provider;
  if (settings.clientSecret === undefined || way.clientAuthentication === "private_key_jwt") {
    return true;
  }
  const clientSecret = context.system.randomBytes(24).toString("base64url");
  const wrong = { settings: { ...settings, clientSecret }, profile };
  return (await tryWay(context, wrong, way)).outcome !== "accepted";
}

function foundFinding({ settings }: Provider, way: Way): CheckFinding {
  const { clientAuthentication, bodyFormat } = way;
  const isSet =
    settings.clientAuthentication === clientAuthentication &&
    (settings.bodyFormat === bodyFormat || clientAuthentication === "json");
  const detail = `${clientAuthentication}, ${bodyFormat}`;
  if (isSet) return finding(field, "client_authentication_found", { detail });
  const fix = `Set client_authentication to ${clientAuthentication} and body_format to ${bodyFormat}.`;
  return finding(field, "client_authentication_differs", { detail, fix });
}

const unclear = (tried: Detection["tried"], doubted?: Way): Detection => ({
  tried: tried.map((one) =>
    one.clientAuthentication === doubted?.clientAuthentication &&
    one.bodyFormat === doubted.bodyFormat
      ? { ...one, outcome: "unclear" }
      : one,
  ),
  findings: [finding(field, "client_authentication_unknown")],
});
