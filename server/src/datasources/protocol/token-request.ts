import type { ClientAuthentication, NamedValue, Provider, Step, StepRules } from "../provider.ts";
import { clientCredentials } from "./client-authentication.ts";
import { ProviderError } from "./provider-error.ts";
import { buildStep, type Parameter, type ProviderRequest } from "./step-request.ts";

/** The requests for tokens, and those that are made with them. All throw `ProviderError`. */

/** What every request needs from outside, as nothing here reads clock or randomness. */
export interface RequestContext {
  nowMs: number;
  /** A fresh random id, for assertions of the client. */
  assertionId: string;
  /** What is registered at the provider, also where a step does not send it: assertions name it. */
  redirectUri: string;
  /** Where the callback said that tokens are, see `Callback.tokenOrigin`. */
  tokenOrigin?: string | undefined;
  /** What was captured with the connection: `{name}` in the profile. */
  captured?: Readonly<Record<string, string>>;
}

/** A code for tokens [RFC 6749 §4.1.3]. Without a code where consent alone is what came back. */
export function buildExchange(
  provider: Provider,
  input: { code: string | undefined; codeVerifier: string },
  context: RequestContext,
): ProviderRequest {
  const { settings, profile } = provider;
  if (input.code === undefined) return buildClientCredentials(provider, context);
  return build(provider, {
    step: "exchange",
    url: settings.accessTokenUrl,
    rules: profile.exchange,
    parameters: [
      ["grant_type", "authorization_code"],
      ["code", input.code],
      ["redirect_uri", context.redirectUri],
      settings.pkce === "off" ? undefined : ["code_verifier", input.codeVerifier],
      ...targets(provider),
    ],
    values: { code: input.code, redirect_uri: context.redirectUri },
    context,
  });
}

/** [RFC 6749 §4.4.2] */
export function buildClientCredentials(
  provider: Provider,
  context: RequestContext,
): ProviderRequest {
  const { settings, profile } = provider;
  return build(provider, {
    step: "client_credentials",
    url: settings.accessTokenUrl,
    rules: profile.clientCredentials ?? profile.exchange,
    parameters: [
      ["grant_type", "client_credentials"],
      scopeParameter(provider),
      ...targets(provider),
    ],
    values: {},
    context,
  });
}

/**
 * New tokens for old ones [RFC 6749 §6]. Providers that know no refresh tokens get the access token
 * where the profile says so; a machine's tokens are asked for again.
 */
export function buildRefresh(
  provider: Provider,
  tokens: { refreshToken?: string | undefined; accessToken: string },
  context: RequestContext,
): ProviderRequest {
  const { settings, profile } = provider;
  const isMachine = settings.grantType === "client_credentials";
  // Where consent gave no code, the tokens are the machine's own.
  if (isMachine || profile.callback?.hasCode === false) {
    return buildClientCredentials(provider, context);
  }
  const { refreshToken, accessToken } = tokens;
  const presented = profile.refresh?.with ?? "refresh_token";
  const isMissing = presented === "refresh_token" && refreshToken === undefined;
  if (presented === "nothing" || isMissing) throw new ProviderError("no_refresh_token");
  return build(provider, {
    step: "refresh",
    url: settings.refreshUrl ?? settings.accessTokenUrl,
    rules: profile.refresh,
    parameters: [
      ["grant_type", "refresh_token"],
      presented === "refresh_token" ? ["refresh_token", refreshToken!] : undefined,
      settings.sendScopeWithRefresh ? scopeParameter(provider) : undefined,
      ...targets(provider),
    ],
    values: { refresh_token: refreshToken, access_token: accessToken },
    context,
  });
}

/**
 * Whether a second call follows one that gave tokens: not where a refresh presents the second call's own
 * token, and so renews just that.
 */
export function hasUpgrade({ profile }: Provider, after: Step): boolean {
  const isRenewedItself = after === "refresh" && profile.refresh?.with === "access_token";
  return profile.upgrade !== undefined && !isRenewedItself;
}

/** The second call, with what the first one gave. */
export function buildUpgrade(
  provider: Provider,
  first: { accessToken: string },
  context: RequestContext,
): ProviderRequest {
  const { upgrade: rules } = provider.profile;
  const values = { access_token: first.accessToken };
  const url = rules?.url ?? "";
  return build(provider, { step: "upgrade", url, rules, parameters: [], values, context });
}

/** [RFC 7009 §2.1]; `undefined` where the provider has no such endpoint. */
export function buildRevocation(
  provider: Provider,
  token: { value: string; hint: "access_token" | "refresh_token" },
  context: RequestContext,
): ProviderRequest | undefined {
  const { settings, profile } = provider;
  const url = profile.revoke?.url ?? settings.revocationUrl;
  if (url === undefined) return undefined;
  return build(provider, {
    step: "revoke",
    url,
    rules: profile.revoke,
    parameters: [
      ["token", token.value],
      ["token_type_hint", token.hint],
    ],
    values: { token: token.value },
    context,
  });
}

/** [RFC 7662 §2.1]; `undefined` where the provider has no such endpoint. */
export function buildIntrospection(
  provider: Provider,
  accessToken: string,
  context: RequestContext,
): ProviderRequest | undefined {
  const url = provider.settings.introspectionUrl;
  if (url === undefined) return undefined;
  const parameters: Parameter[] = [
    ["token", accessToken],
    ["token_type_hint", "access_token"],
  ];
  const values = { token: accessToken };
  return build(provider, { step: "introspect", url, rules: {}, parameters, values, context });
}

/** Who has connected [OpenID Connect Core §5.3]; `undefined` where there is no such endpoint. */
export function buildUserinfo(
  provider: Provider,
  accessToken: string,
): ProviderRequest | undefined {
  const { settings, profile } = provider;
  if (settings.userinfoUrl === undefined) return undefined;
  const headers = { authorization: `Bearer ${accessToken}` };
  return buildStep(provider, {
    step: "userinfo",
    url: settings.userinfoUrl,
    rules: { ...profile.userinfo, method: "GET" },
    parameters: [],
    credentials: { parameters: [] },
    customParameters: [],
    customHeaders: Object.entries(headers).map(([key, value]) => ({ key, value })),
    values: {},
  });
}

interface TokenStep {
  step: Step;
  url: string;
  rules: StepRules | undefined;
  parameters: readonly (Parameter | undefined)[];
  values: Readonly<Record<string, string | undefined>>;
  context: RequestContext;
}

function build(provider: Provider, input: TokenStep): ProviderRequest {
  const { settings } = provider;
  const { step, rules, context } = input;
  const url = movedTo(context.tokenOrigin, rules?.url ?? input.url);
  const assertion = { ...context, tokenUrl: url };
  const isRefresh = step === "refresh";
  return buildStep(provider, {
    step,
    url,
    rules: rules && { ...rules, url },
    parameters: input.parameters,
    credentials: clientCredentials(provider, authenticationOf(provider, step, rules), assertion),
    customParameters: customParameters(provider, step),
    customHeaders: isRefresh ? settings.customRefreshHeaders : settings.customTokenHeaders,
    values: {
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      timestamp: String(context.nowMs),
      ...settings.variables,
      ...context.captured,
      ...input.values,
    },
  });
}

/** Who refreshes proves itself as at the exchange, unless something else was said for it. */
function authenticationOf(
  { settings }: Provider,
  step: Step,
  rules: StepRules | undefined,
): ClientAuthentication {
  const forRefresh = step === "refresh" ? settings.refreshClientAuthentication : undefined;
  return forRefresh ?? rules?.clientAuthentication ?? settings.clientAuthentication;
}

function customParameters({ settings }: Provider, step: Step): readonly NamedValue[] {
  if (step === "refresh") return settings.customRefreshParameters;
  const isToken = step === "exchange" || step === "client_credentials";
  return isToken ? settings.customTokenParameters : [];
}

/** Audience and resource belong to every request for a token, however the client proves itself. */
function targets({ settings }: Provider): Parameter[] {
  const { audience, resource } = settings;
  return [
    ...(audience === undefined ? [] : [["audience", audience] as const]),
    ...resource.map((one) => ["resource", one] as const),
  ];
}

function scopeParameter({ settings }: Provider): Parameter | undefined {
  const { scopes, scopeSeparator } = settings;
  return scopes.length === 0 ? undefined : ["scope", scopes.join(scopeSeparator)];
}

function movedTo(origin: string | undefined, url: string): string {
  const parsed = URL.parse(url);
  if (origin === undefined || parsed === null) return url;
  return origin + parsed.pathname + parsed.search;
}
