import type { DatasourceSettings, Profile, Provider } from "./provider.ts";
import { ProviderError } from "./protocol/provider-error.ts";

/** What holds where neither the datasource nor its profile says anything. */
const standardSettings: DatasourceSettings = {
  grantType: "authorization_code",
  addAccessTokenTo: "header",
  headerPrefix: "Bearer",
  queryParameterName: "access_token",
  accessTokenUrl: "",
  clientId: "",
  scopes: [],
  scopeSeparator: " ",
  clientAuthentication: "basic",
  bodyFormat: "form",
  pkce: "S256",
  resource: [],
  customAuthenticationParameters: [],
  customTokenParameters: [],
  customTokenHeaders: [],
  customRefreshParameters: [],
  customRefreshHeaders: [],
  sendScopeWithRefresh: false,
  expiryMatchers: [{ status: 401 }],
  allowedHosts: [],
  variables: {},
  profile: "standard",
};

export type SaidSettings = {
  [Name in keyof DatasourceSettings]?: DatasourceSettings[Name] | null | undefined;
};

/**
 * The datasource's word counts first, then the profile's, then the standard's. `null` is a word too: the
 * profile's does not count then.
 */
export function describeProvider(
  profile: Profile,
  own: SaidSettings & Pick<DatasourceSettings, "clientId">,
): Provider {
  const proposed = Object.entries(profile.settings).filter(
    ([name]) => own[name as keyof SaidSettings] !== null,
  );
  const said = Object.entries(own).filter(([, value]) => value !== undefined && value !== null);
  const settings = {
    ...standardSettings,
    ...Object.fromEntries([...proposed, ...said]),
    profile: profile.name,
  };
  return { settings, profile };
}

/** One piece of a host name or path, so that a value cannot lead to another host. */
const variableForm = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;
const variableInUrl = /\{([\w:-]+)\}/g;

/**
 * A URL with its variables filled in. A variable is one label or path segment: dots only where the
 * template does not go on with a host name. Throws `ProviderError`.
 */
export function fillUrl(template: string, values: Readonly<Record<string, string>>): string {
  const filled = template.replace(variableInUrl, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name]! : "";
    if (!variableForm.test(value) || value.includes("..")) {
      throw new ProviderError("variable_missing", { detail: name });
    }
    return value;
  });
  if (URL.canParse(filled) && hostOf(template) === undefined) return filled;
  if (URL.canParse(filled) && new URL(filled).host.endsWith(hostOf(template)!)) return filled;
  throw new ProviderError("url_missing");
}

/** The fixed end of a template's host, which filling in must not change. */
function hostOf(template: string): string | undefined {
  return /^https?:\/\/[^/]*\}([^/{}]+)(?:[/?#]|$)/.exec(template)?.[1]?.toLowerCase();
}

/** What is known to be missing or doubtful before anybody is sent to the provider. */
export interface Finding {
  field: string;
  message: string;
  isFatal: boolean;
}

/** The lint of the form: pure, so it can run while somebody types. */
export function lintProvider({ settings, profile }: Provider): Finding[] {
  const needsAuthorize = settings.grantType === "authorization_code";
  const needsSecret = !["none", "private_key_jwt"].includes(settings.clientAuthentication);
  const { offline } = profile.authorize ?? {};
  const findings: (Finding | false)[] = [
    settings.clientId === "" && fatal("client_id", "The client ID is missing."),
    ...lintUrl("access_token_url", settings.accessTokenUrl),
    ...(needsAuthorize ? lintUrl("authorization_url", settings.authorizationUrl ?? "") : []),
    needsSecret &&
      !settings.clientSecret &&
      fatal("client_secret", "The client secret is missing."),
    settings.clientAuthentication === "private_key_jwt" &&
      !settings.privateKey &&
      fatal("private_key", "The private key is missing."),
    settings.pkce === "plain" && doubt("pkce", "Plain PKCE protects less than S256."),
    needsAuthorize &&
      offline?.scope !== undefined &&
      !settings.scopes.includes(offline.scope) &&
      doubt("scopes", `Without the scope ${offline.scope} there will be no refresh token.`),
    settings.addAccessTokenTo === "query" &&
      doubt(
        "add_access_token_to",
        "A token in the URL ends up in logs; use the header if you can.",
      ),
  ];
  return findings.filter((finding) => finding !== false);
}

function lintUrl(field: string, text: string): Finding[] {
  const plain = text.replace(variableInUrl, "x");
  if (text === "") return [fatal(field, "The URL is missing.")];
  const url = URL.parse(plain);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    return [fatal(field, "This is not a URL that can be called.")];
  }
  return url.protocol === "http:"
    ? [doubt(field, "Only https: works, except in networks that the operator has permitted.")]
    : [];
}

const fatal = (field: string, message: string): Finding => ({ field, message, isFatal: true });
const doubt = (field: string, message: string): Finding => ({ field, message, isFatal: false });
