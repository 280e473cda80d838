import { isFetchError } from "../../fetch/fetch-error.ts";
import type { GuardedFetch } from "../../fetch/fetch.ts";
import type { ClientAuthentication, DatasourceSettings } from "../provider.ts";
import { readDocument, textAt, type Members } from "./answer-document.ts";
import { ProviderError } from "./provider-error.ts";
import { isHostOf } from "./token-answer.ts";

/** From an issuer's URL to the settings of a datasource [RFC 8414 §3], [OpenID Connect Discovery §4]. */

export type DiscoveredSettings = Partial<
  Pick<
    DatasourceSettings,
    | "issuer"
    | "accessTokenUrl"
    | "authorizationUrl"
    | "revocationUrl"
    | "introspectionUrl"
    | "userinfoUrl"
    | "clientAuthentication"
    | "pkce"
  >
>;

export interface Discovery {
  settings: DiscoveredSettings;
  scopesSupported: readonly string[];
  /** Whether callbacks name the issuer [RFC 9207 §3]. */
  namesIssuer: boolean;
}

/**
 * Reads what is published at the issuer. It must name exactly this issuer, and its endpoints must be
 * on the issuer's own origin or on a host that the administrator has listed: whoever can change that
 * document would otherwise get the client's secret. Throws `ProviderError`.
 */
export async function discover(
  fetch: Pick<GuardedFetch, "request">,
  issuer: string,
  options: { allowedHosts?: readonly string[]; certificateAuthority?: string } = {},
): Promise<Discovery> {
  const base = URL.parse(issuer);
  if (base === null || base.search !== "" || base.hash !== "") {
    throw new ProviderError("discovery_refused", { detail: "issuer" });
  }
  for (const url of metadataUrls(base)) {
    const members = await readMetadata(fetch, url, options.certificateAuthority);
    if (members !== undefined) return describe(members, { issuer, base, ...options });
  }
  throw new ProviderError("discovery_refused", { detail: "nothing is published there" });
}

/** Before the path for OAuth, after it for OpenID Connect. */
function metadataUrls(issuer: URL): string[] {
  const path = issuer.pathname.replace(/\/$/, "");
  return [
    `${issuer.origin}/.well-known/oauth-authorization-server${path}`,
    `${issuer.origin}${path}/.well-known/openid-configuration`,
  ];
}

async function readMetadata(
  fetch: Pick<GuardedFetch, "request">,
  url: string,
  certificateAuthority: string | undefined,
): Promise<Members | undefined> {
  try {
    const headers = { accept: "application/json" };
    const answer = await fetch.request({ url, headers, certificateAuthority, totalMs: 10_000 });
    return answer.status === 200 ? readDocument(answer)?.members : undefined;
  } catch (error) {
    if (!isFetchError(error)) throw error;
    const cause = error.name === "FetchRefused" ? "address_refused" : "unreachable";
    throw new ProviderError(cause, { detail: error.reason, cause: error });
  }
}

interface Trust {
  issuer: string;
  base: URL;
  allowedHosts?: readonly string[];
}

function describe(members: Members, trust: Trust): Discovery {
  if (members["issuer"] !== trust.issuer) throw new ProviderError("issuer_mismatch");
  const endpoint = (name: string): string | undefined => checkedEndpoint(members, name, trust);
  const found = {
    issuer: trust.issuer,
    accessTokenUrl: endpoint("token_endpoint"),
    authorizationUrl: endpoint("authorization_endpoint"),
    revocationUrl: endpoint("revocation_endpoint"),
    introspectionUrl: endpoint("introspection_endpoint"),
    userinfoUrl: endpoint("userinfo_endpoint"),
    clientAuthentication: preferredAuthentication(members),
    pkce: "S256" as const,
  };
  const settings = Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined),
  );
  return {
    settings,
    scopesSupported: texts(members["scopes_supported"]),
    namesIssuer: members["authorization_response_iss_parameter_supported"] === true,
  };
}

function checkedEndpoint(members: Members, name: string, trust: Trust): string | undefined {
  const text = textAt(members, name);
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const isOwn = url?.origin === trust.base.origin;
  const isListed =
    url?.protocol === "https:" &&
    (trust.allowedHosts ?? []).some((pattern) => isHostOf(url.hostname, pattern));
  if (url === null || url.username !== "" || !(isOwn || isListed)) {
    throw new ProviderError("discovery_refused", { detail: name });
  }
  return text;
}

const authenticationNames: readonly [string, ClientAuthentication][] = [
  ["client_secret_basic", "basic"],
  ["client_secret_post", "body"],
  ["private_key_jwt", "private_key_jwt"],
  ["none", "none"],
];

/** Basic where nothing is said [RFC 8414 §2]. */
function preferredAuthentication(members: Members): ClientAuthentication {
  const supported = texts(members["token_endpoint_auth_methods_supported"]);
  return authenticationNames.find(([name]) => supported.includes(name))?.[1] ?? "basic";
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
