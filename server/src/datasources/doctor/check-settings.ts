import { lintProvider } from "../describe-provider.ts";
import { profiles } from "../profiles/profiles.ts";
import type { Discovery } from "../protocol/discovery.ts";
import type { Profile, Provider } from "../provider.ts";
import { finding, type CheckFinding } from "./check-finding.ts";

/** What can be said about the settings without asking the provider. Pure. */

export function checkLint(provider: Provider): CheckFinding[] {
  return lintProvider(provider)
    .filter(({ message }) => !message.startsWith("Only https:"))
    .map(({ field, message, isFatal }) => {
      const { cause, severity, fix } = finding(
        field,
        isFatal ? "setting_wrong" : "setting_doubtful",
      );
      return { severity, field, cause, message, fix };
    });
}

const urlFields = {
  access_token_url: "accessTokenUrl",
  authorization_url: "authorizationUrl",
  refresh_url: "refreshUrl",
  revocation_url: "revocationUrl",
  introspection_url: "introspectionUrl",
  userinfo_url: "userinfoUrl",
  base_url: "baseUrl",
} as const;

export function checkHosts({ settings, profile }: Provider): CheckFinding[] {
  const plain = Object.entries(urlFields)
    .filter(([, name]) => settings[name]?.startsWith("http:"))
    .map(([field]) => finding(field, "plain_http"));
  const hasHost =
    settings.baseUrl !== undefined ||
    settings.allowedHosts.length > 0 ||
    (profile.upgrade?.answer ?? profile.answer)?.apiBase !== undefined;
  return hasHost ? plain : [...plain, finding("base_url", "no_host_for_token")];
}

/** What the provider itself publishes, where it publishes something. */
export function checkAgainstIssuer({ settings }: Provider, discovery: Discovery): CheckFinding[] {
  const { settings: published, scopesSupported } = discovery;
  const names = ["access_token_url", "authorization_url", "revocation_url"] as const;
  const differing = names.flatMap((field) => {
    const [own, theirs] = [settings[urlFields[field]], published[urlFields[field]]];
    const differs = own !== undefined && own !== "" && theirs !== undefined && own !== theirs;
    return differs ? [finding(field, "differs_from_issuer", { detail: theirs })] : [];
  });
  const unknown =
    scopesSupported.length === 0
      ? []
      : settings.scopes.filter((scope) => !scopesSupported.includes(scope));
  const needsPerson = settings.grantType === "authorization_code";
  const lacksOffline =
    needsPerson &&
    scopesSupported.includes("offline_access") &&
    !settings.scopes.includes("offline_access");
  return [
    ...differing,
    ...unknown.map((scope) => finding("scopes", "scope_unknown", { detail: scope })),
    ...(lacksOffline ? [finding("scopes", "offline_missing", { detail: "offline_access" })] : []),
  ];
}

/** What the profile wants, or the profile that should have been chosen. */
export function checkAgainstProfile(provider: Provider): CheckFinding[] {
  const { settings, profile } = provider;
  const isOther = profile.name === "standard";
  const known = isOther ? profileOf(provider) : profile;
  return [
    ...checkSeparator(provider, known),
    ...(known === undefined ? [] : checkOffline(provider, known)),
    ...(isOther && known !== undefined
      ? [finding("profile", "profile_exists", { fix: `Choose the profile ${known.name}.` })]
      : []),
    ...(settings.grantType === "authorization_code" && profile.refresh?.with === "nothing"
      ? [
          finding("profile", "setting_doubtful", {
            detail: profile.title,
            fix: "This provider gives no refresh tokens: somebody connects again when the token ends.",
          }),
        ]
      : []),
  ];
}

const hostOf = (url: string | undefined): string | undefined => URL.parse(url ?? "")?.hostname;

function profileOf({ settings }: Provider): Profile | undefined {
  const host = hostOf(settings.authorizationUrl);
  if (host === undefined) return undefined;
  return [...profiles.values()].find((one) => hostOf(one.settings.authorizationUrl) === host);
}

/** Those of the profile are sent by themselves, unless the settings say otherwise. */
function checkOffline({ settings, profile }: Provider, known: Profile): CheckFinding[] {
  const { offline } = known.authorize ?? {};
  if (offline === undefined || settings.grantType !== "authorization_code") return [];
  const sent = new Map([
    ...(URL.parse(settings.authorizationUrl ?? "")?.searchParams ?? []),
    ...Object.entries(known === profile ? (offline.parameters ?? {}) : {}),
    ...settings.customAuthenticationParameters.map(({ key, value }) => [key, value] as const),
  ]);
  const parameters = Object.entries(offline.parameters ?? {})
    .filter(([name, value]) => sent.get(name) !== value)
    .map(([name, value]) =>
      finding("custom_authentication_parameters", "offline_missing", {
        detail: `${name}=${value}`,
      }),
    );
  const { scope } = offline;
  const lacksScope = known !== profile && scope !== undefined && !settings.scopes.includes(scope);
  return lacksScope
    ? [...parameters, finding("scopes", "offline_missing", { detail: scope })]
    : parameters;
}

function checkSeparator({ settings }: Provider, known: Profile | undefined): CheckFinding[] {
  const { scopes, scopeSeparator } = settings;
  const [joined] = scopes.filter((scope) => /[\s,;]/.test(scope));
  if (joined !== undefined) return [finding("scopes", "scope_separator", { detail: joined })];
  if (known === undefined || known.name === "standard" || scopes.length < 2) return [];
  const wanted = known.settings.scopeSeparator ?? " ";
  if (wanted === scopeSeparator) return [];
  const fix = `Set scope_separator to ${JSON.stringify(wanted)}.`;
  return [finding("scope_separator", "scope_separator", { fix })];
}
