import { createHash } from "node:crypto";
import { fillUrl } from "../describe-provider.ts";
import type { Pkce, Provider } from "../provider.ts";
import { ProviderError } from "./provider-error.ts";
import { stateNameOf } from "./state-parameter.ts";
import { fillValue, replaceParameters, type Parameter } from "./step-request.ts";

/** Where a person is sent to allow access. */

export interface AuthorizationInput {
  redirectUri: string;
  /** Random, known to nobody else, used once: made and checked by whoever keeps the flow. */
  state: string;
  /** From `codeVerifierOf`; unused where PKCE is off. */
  codeVerifier: string;
}

/** What nobody may replace: each of them is what protects the flow. */
const reserved = ["state", "redirect_uri", "code_challenge", "code_challenge_method"];

/** 32 random bytes make the 43 characters that a verifier has at least [RFC 7636 §4.1]. */
export const codeVerifierOf = (random: Buffer): string => random.toString("base64url");

/** Throws `ProviderError` with `config_error`. */
export function buildAuthorizationUrl(provider: Provider, input: AuthorizationInput): string {
  const { settings, profile } = provider;
  const rules = profile.authorize ?? {};
  const base = checkedUrl(provider);
  const custom = settings.customAuthenticationParameters.map(({ key, value }): Parameter => {
    if (isReserved(provider, key)) throw new ProviderError("parameter_reserved", { detail: key });
    return [key, value];
  });
  const values = { client_id: settings.clientId, ...settings.variables };
  const fixed = { ...rules.offline?.parameters, ...rules.parameters };
  const profiled = Object.entries(fixed).map(([name, template]): Parameter => [
    name,
    fillValue(template, values),
  ]);
  const own = replaceParameters(standardParameters(provider, input), [...profiled, ...custom]);
  const sent = replaceParameters([...base.searchParams], own)
    .filter(([name]) => !(rules.omit?.includes(name) ?? false))
    .map(([name, value]): Parameter => [rules.renames?.[name] ?? name, value]);
  base.search = "";
  if (rules.isInFragment !== true) base.hash = "";
  return `${base.href}?${encodeQuery(sent, provider)}`;
}

/** Also under the provider's own names for them. */
function isReserved(provider: Provider, key: string): boolean {
  const { renames = {} } = provider.profile.authorize ?? {};
  const names = [...reserved, ...reserved.map((name) => renames[name]), stateNameOf(provider)];
  return names.includes(key);
}

/** Never anything that a browser would run, nor another program [RFC 9700 §4.1]. */
function checkedUrl({ settings }: Provider): URL {
  const url = URL.parse(fillUrl(settings.authorizationUrl ?? "", settings.variables));
  if (url === null || !["https:", "http:"].includes(url.protocol) || url.username !== "") {
    throw new ProviderError("url_missing", { detail: "authorization_url" });
  }
  return url;
}

/** [RFC 6749 §4.1.1], [RFC 7636 §4.3], [RFC 8707 §2.1]. */
function standardParameters(provider: Provider, input: AuthorizationInput): Parameter[] {
  const { settings } = provider;
  const { scopes, scopeSeparator, audience, resource, pkce } = settings;
  return [
    ["response_type", "code"],
    ["client_id", settings.clientId],
    ["redirect_uri", input.redirectUri],
    ...(scopes.length > 0 ? [["scope", scopes.join(scopeSeparator)] as const] : []),
    [stateNameOf(provider), input.state],
    ...challenge(pkce, input.codeVerifier),
    ...(audience === undefined ? [] : [["audience", audience] as const]),
    ...resource.map((one) => ["resource", one] as const),
  ];
}

function challenge(pkce: Pkce, verifier: string): Parameter[] {
  if (pkce === "off") return [];
  const value =
    pkce === "plain" ? verifier : createHash("sha256").update(verifier).digest("base64url");
  return [
    ["code_challenge", value],
    ["code_challenge_method", pkce],
  ];
}

function encodeQuery(parameters: readonly Parameter[], { settings, profile }: Provider): string {
  const { encoding = "percent", isScopeSeparatorRaw = false } = profile.authorize ?? {};
  // A space is `%20`: not every provider reads `+` as one.
  const encode = encoding === "minimal" ? encodeMinimally : encodeURIComponent;
  const encodeValue = ([name, value]: Parameter): string =>
    name === "scope" && isScopeSeparatorRaw
      ? settings.scopes.map(encode).join(settings.scopeSeparator)
      : encode(value);
  return parameters
    .map((parameter) => `${encodeURIComponent(parameter[0])}=${encodeValue(parameter)}`)
    .join("&");
}

/** What would end the value or change it is encoded all the same. */
function encodeMinimally(value: string): string {
  return encodeURI(value).replace(/[&#+=?]/g, encodeURIComponent);
}
