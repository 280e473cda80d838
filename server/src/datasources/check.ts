import type { GuardedFetch } from "../fetch/fetch.ts";
import type { System } from "../system.ts";
import { discover } from "./protocol/discovery.ts";
import { buildAuthorizationUrl } from "./protocol/authorization-request.ts";
import { lintProvider } from "./describe-provider.ts";
import { profiles } from "./profiles/profiles.ts";
import {
  detectAuthentication,
  probePage,
  probeTokenUrl,
  type ProbeContext,
  type TriedAuthentication,
} from "./protocol/probe.ts";
import { ProviderError } from "./protocol/provider-error.ts";
import type { Provider } from "./provider.ts";

/**
 * What is wrong with a datasource, before anybody is sent to the provider: its addresses are called, its
 * issuer is asked, and what is known of providers is compared with what was said.
 */

export interface CheckFinding {
  severity: "error" | "warning";
  field: string;
  code: string;
  message: string;
  fix: string;
}

export interface Checked {
  findings: CheckFinding[];
  /** What was tried, where that was asked for. */
  tried: TriedAuthentication[];
}

export interface CheckContext {
  system: System;
  fetch: Pick<GuardedFetch, "request">;
  redirectUri: string;
}

/** `isDetecting`: also try which client authentication the provider takes, which sends the secret. */
export async function checkProvider(
  { system, fetch, redirectUri }: CheckContext,
  provider: Provider,
  { isDetecting }: { isDetecting: boolean },
): Promise<Checked> {
  const linted = lintProvider(provider).map(({ field, message, isFatal }): CheckFinding => ({
    severity: isFatal ? "error" : "warning",
    field,
    code: "settings",
    message,
    fix: isFatal ? "Fill it in." : "See whether this is meant.",
  }));
  // What cannot be called need not be called.
  const bad = new Set(linted.filter((one) => one.severity === "error").map(({ field }) => field));
  const context = { fetch, redirectUri, nowMs: system.now(), assertionId: system.randomUuid() };
  const [token, page, issuer, tried] = await Promise.all([
    bad.has("access_token_url") ? [] : checkTokenUrl(context, provider, !isDetecting),
    bad.has("authorization_url") ? [] : checkAuthorizationUrl(context, provider),
    checkIssuer(context, provider),
    isDetecting && bad.size === 0 ? triedOf(context, provider) : [],
  ]);
  const known = checkProfile(provider);
  return {
    findings: [...linted, ...known, ...token, ...page, ...issuer, ...wrongWay(provider, tried)],
    tried,
  };
}

/** Without the secret: a token URL that is one says `invalid_client`, and that is good. */
async function checkTokenUrl(
  context: ProbeContext,
  { profile, settings }: Provider,
  isAlone: boolean,
): Promise<CheckFinding[]> {
  if (!isAlone) return [];
  const { clientSecret: _, ...open } = settings;
  const bare = { profile, settings: { ...open, clientAuthentication: "none" as const } };
  const about = { field: "access_token_url", severity: "error" as const };
  try {
    const { status, error, isPage, hasToken } = await probeTokenUrl(context, bare);
    if (error !== undefined || hasToken) return [];
    if (status === 404 || status === 405 || status === 410) {
      const message = `This address answers ${status}: there is no token endpoint.`;
      return [
        {
          ...about,
          code: "token_url_wrong",
          message,
          fix: "Compare it with the provider's documentation.",
        },
      ];
    }
    if (isPage || (status >= 300 && status < 400)) {
      const message = "This address leads to a page for people.";
      return [
        {
          ...about,
          code: "token_url_is_page",
          message,
          fix: "It may be the authorization URL: the token URL is called by servers.",
        },
      ];
    }
    if (status >= 500) {
      const message = `The provider answers ${status}.`;
      return [
        {
          ...about,
          severity: "warning",
          code: "provider_failing",
          message,
          fix: "Try again later.",
        },
      ];
    }
    return [];
  } catch (error) {
    return [findingOf(error, about)];
  }
}

async function checkAuthorizationUrl(
  context: ProbeContext,
  provider: Provider,
): Promise<CheckFinding[]> {
  const { settings } = provider;
  if (settings.grantType !== "authorization_code") return [];
  const about = { field: "authorization_url", severity: "error" as const };
  try {
    const asked = {
      redirectUri: context.redirectUri,
      state: "check",
      codeVerifier: "0".repeat(43),
    };
    const url = buildAuthorizationUrl(provider, asked);
    const status = await probePage(context, url, settings.certificateAuthority);
    if (status === 404 || status === 410 || status === 405) {
      const message = `This address answers ${status}: nobody can sign in there.`;
      return [
        {
          ...about,
          code: "authorization_url_wrong",
          message,
          fix: "Compare it with the provider's documentation.",
        },
      ];
    }
    if (status === 400 || status === 403) {
      const message = `The provider refuses to ask anybody: it answers ${status}.`;
      return [
        {
          ...about,
          severity: "warning",
          code: "authorization_refused",
          message,
          fix: "Compare client ID, scopes and the registered redirect URL.",
        },
      ];
    }
    return [];
  } catch (error) {
    return [findingOf(error, about)];
  }
}

async function checkIssuer(context: ProbeContext, { settings }: Provider): Promise<CheckFinding[]> {
  const { issuer, allowedHosts, certificateAuthority, scopes } = settings;
  if (issuer === undefined) return [];
  const about = { field: "issuer", severity: "error" as const };
  try {
    const { settings: found, scopesSupported } = await discover(context.fetch, issuer, {
      allowedHosts,
      ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    });
    const unknown =
      scopesSupported.length === 0 ? [] : scopes.filter((one) => !scopesSupported.includes(one));
    const isOfflineMissing =
      scopesSupported.includes("offline_access") && !scopes.includes("offline_access");
    const isOtherUrl =
      found.accessTokenUrl !== undefined && found.accessTokenUrl !== settings.accessTokenUrl;
    const findings: (CheckFinding | false)[] = [
      unknown.length > 0 && {
        severity: "warning",
        field: "scopes",
        code: "scope_unknown",
        message: `The issuer does not list: ${unknown.join(", ")}.`,
        fix: "Some issuers list only a part of their scopes; otherwise look for typing errors.",
      },
      settings.grantType === "authorization_code" &&
        isOfflineMissing && {
          severity: "warning",
          field: "scopes",
          code: "offline_missing",
          message: "Without the scope offline_access there will be no refresh token.",
          fix: "Add offline_access to the scopes.",
        },
      isOtherUrl && {
        severity: "warning",
        field: "access_token_url",
        code: "differs_from_issuer",
        message: `The issuer publishes another one: ${found.accessTokenUrl}.`,
        fix: "Take the issuer's, unless it is meant.",
      },
    ];
    return findings.filter((one) => one !== false);
  } catch (error) {
    return [findingOf(error, about)];
  }
}

/** A provider that is known, and was not chosen. */
function checkProfile({ settings, profile }: Provider): CheckFinding[] {
  if (profile.name !== "standard") return [];
  const host = URL.parse(settings.accessTokenUrl)?.host;
  const known = [...profiles.values()].find((one) => {
    const own = URL.parse(one.settings.accessTokenUrl?.replace(/\{[\w:-]+\}/g, "x") ?? "")?.host;
    return own !== undefined && own === host;
  });
  if (known === undefined) return [];
  return [
    {
      severity: "warning",
      field: "profile",
      code: "profile_known",
      message: `${known.title} is known here, with what it does other than the standard.`,
      fix: `Choose ${known.title} as the provider.`,
    },
  ];
}

async function triedOf(context: ProbeContext, provider: Provider): Promise<TriedAuthentication[]> {
  try {
    return await detectAuthentication(context, provider);
  } catch (error) {
    if (error instanceof ProviderError) return [];
    throw error;
  }
}

function wrongWay({ settings }: Provider, tried: TriedAuthentication[]): CheckFinding[] {
  if (tried.length === 0) return [];
  const about = { severity: "error" as const, field: "client_authentication" };
  const accepted = tried.find(({ isAccepted }) => isAccepted);
  if (accepted === undefined) {
    const message = "The provider accepts client ID and secret in no way that was tried.";
    const fix = "Compare both with the provider's page: a secret may have been replaced.";
    return [{ ...about, field: "client_secret", code: "client_refused", message, fix }];
  }
  if (accepted.method === settings.clientAuthentication) return [];
  const message = `The provider does not take ${settings.clientAuthentication}, but it takes ${accepted.method}.`;
  return [
    { ...about, code: "client_authentication_wrong", message, fix: `Choose ${accepted.method}.` },
  ];
}

function findingOf(error: unknown, about: Pick<CheckFinding, "field" | "severity">): CheckFinding {
  if (!(error instanceof ProviderError)) throw error;
  const { causeName: code, message, fix, detail } = error;
  return {
    ...about,
    code,
    message: detail === undefined ? message : `${message} (${detail})`,
    fix,
  };
}
