import type { System } from "../../system.ts";
import { codeVerifierOf } from "../protocol/authorization-request.ts";
import { discover, type Discovery } from "../protocol/discovery.ts";
import { ProviderError } from "../protocol/provider-error.ts";
import type { DatasourceSettings, Provider } from "../provider.ts";
import { redirectUrlOf } from "../redirect-url.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import { finding, type CheckFinding } from "./check-finding.ts";
import {
  checkAgainstIssuer,
  checkAgainstProfile,
  checkHosts,
  checkLint,
} from "./check-settings.ts";
import { probeAuthorization, probeEndpoint, probeHost, type Ask } from "./probe-url.ts";

/**
 * Looks at a datasource before it is saved: at its settings, at what the provider publishes, and at
 * whether somebody answers at its URLs. Nothing here sends a secret.
 */

export interface CheckContext {
  system: System;
  fetch: Ask;
  publicUrl: string;
}

/** For all of it. */
const checkMsMax = 15_000;

const severities = ["error", "warning", "ok"];

/** The worst first. Throws nothing that a provider could cause. */
export async function checkDatasource(
  context: CheckContext,
  provider: Provider,
): Promise<CheckFinding[]> {
  const ask = boundedFetch(context.fetch, AbortSignal.timeout(checkMsMax));
  const issuerFindings = checkIssuer(ask, provider);
  const [{ discovery, findings: ofIssuer }, probed] = await Promise.all([
    issuerFindings,
    // What the issuer fills in is asked for as if it had been given.
    issuerFindings.then((found) => probeAll(context, ask, filledIn(provider, found.discovery))),
  ]);
  const filled = filledIn(provider, discovery);
  const all = [
    ...checkLint(filled),
    ...checkHosts(filled),
    ...checkAgainstProfile(filled),
    ...ofIssuer,
    ...(discovery === undefined ? [] : checkAgainstIssuer(provider, discovery)),
    ...probed,
  ];
  return withoutRepetitions(all).toSorted(
    (a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity),
  );
}

function filledIn(provider: Provider, discovery: Discovery | undefined): Provider {
  if (discovery === undefined || provider.settings.accessTokenUrl !== "") return provider;
  const { settings: own } = provider;
  const given = Object.entries(own).filter(([, value]) => value !== "");
  const settings: DatasourceSettings = {
    ...own,
    ...discovery.settings,
    ...Object.fromEntries(given),
  };
  return { ...provider, settings };
}

async function checkIssuer(
  ask: Ask,
  { settings }: Provider,
): Promise<{ discovery?: Discovery; findings: CheckFinding[] }> {
  const { issuer, allowedHosts, certificateAuthority } = settings;
  if (issuer === undefined) return { findings: [] };
  const options = {
    allowedHosts,
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
  };
  try {
    return { discovery: await discover(ask, issuer, options), findings: [] };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const isOther = error.causeName === "issuer_mismatch";
    const { message: detail } = error;
    const found = isOther
      ? finding("issuer", "issuer_mismatch")
      : finding("issuer", "issuer_unreadable", { detail });
    return { findings: [found] };
  }
}

async function probeAll(
  { system, publicUrl }: CheckContext,
  ask: Ask,
  provider: Provider,
): Promise<CheckFinding[]> {
  const { settings } = provider;
  const { accessTokenUrl, refreshUrl, revocationUrl, introspectionUrl, baseUrl } = settings;
  const endpoints = [
    { field: "access_token_url", template: accessTokenUrl, isToken: true },
    { field: "refresh_url", template: refreshUrl, isToken: true },
    { field: "revocation_url", template: revocationUrl, isToken: false },
    { field: "introspection_url", template: introspectionUrl, isToken: false },
  ];
  const given = endpoints.flatMap(({ template, ...rest }) =>
    template === undefined || template === "" ? [] : [{ ...rest, template }],
  );
  const asksPerson = settings.grantType === "authorization_code" && settings.authorizationUrl;
  const about = {
    redirectUri: redirectUrlOf({ publicUrl }),
    state: system.randomBytes(32).toString("base64url"),
    codeVerifier: codeVerifierOf(system.randomBytes(32)),
  };
  const found = await Promise.all([
    ...given.map((one) => probeEndpoint(ask, provider, one)),
    ...(asksPerson ? [probeAuthorization(ask, provider, about)] : []),
    ...(baseUrl === undefined
      ? []
      : [probeHost(ask, provider, { field: "base_url", template: baseUrl })]),
  ]);
  return found.flat();
}

const keyOf = ({ field, cause, message }: CheckFinding): string => `${field} ${cause} ${message}`;

const withoutRepetitions = (findings: readonly CheckFinding[]): CheckFinding[] => [
  ...new Map(findings.map((one) => [keyOf(one), one])).values(),
];
