import type { OutgoingHeaders } from "../fetch/outgoing-request.ts";
import type { ConnectionRecord } from "../store/store.ts";
import { fillUrl } from "./describe-provider.ts";
import { ProviderError } from "./protocol/provider-error.ts";
import { addAccessToken } from "./protocol/token-use.ts";
import type { Provider } from "./provider.ts";

/** From a caller's request to the one that the API gets: where it goes, and what goes along. */

export interface AskedRequest {
  /** Path and query as they came, from the first slash on. */
  rest: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Another host than the base URL's, if the caller names one. */
  host: string | undefined;
}

/** Throws `ProviderError` where there is no such place, or it may not have the token. */
export function buildApiRequest(
  provider: Provider,
  connection: Pick<ConnectionRecord, "apiBaseUrl" | "captured">,
  accessToken: string,
  asked: AskedRequest,
): { url: URL; headers: OutgoingHeaders } {
  const { settings, profile } = provider;
  const template = connection.apiBaseUrl ?? settings.baseUrl;
  const values = { ...settings.variables, ...connection.captured };
  const baseUrl = template === undefined ? undefined : fillUrl(template, values);
  const base = baseUrl === undefined ? null : URL.parse(baseUrl);
  const target = asked.host === undefined ? below(base, asked.rest) : atHost(base, asked);
  const own = { ...settings, ...(baseUrl === undefined ? {} : { baseUrl }) };
  const { url, headers } = addAccessToken({ settings: own, profile }, target, accessToken);
  return { url, headers: { ...forwarded(asked.headers), ...headers } };
}

/** The host is never part of what is appended: dots, slashes and `@` stay within the path. */
function below(base: URL | null, rest: string): URL {
  if (base === null) throw new ProviderError("url_missing", { detail: "base_url" });
  const path = base.pathname.replace(/\/+$/, "");
  const url = URL.parse(`${base.origin}${path}${rest}`);
  const isBelow = url?.pathname === path || url?.pathname.startsWith(`${path}/`) === true;
  if (url === null || url.origin !== base.origin || !isBelow) {
    throw new ProviderError("address_refused", { detail: "not below the base URL" });
  }
  return url;
}

function atHost(base: URL | null, { host = "", rest }: AskedRequest): URL {
  if (host === base?.host) return new URL(`${base.origin}${rest === "" ? "/" : rest}`);
  const url = /^[A-Za-z0-9.-]{1,253}$/.test(host) ? URL.parse(`https://${host}${rest}`) : null;
  if (url === null) throw new ProviderError("address_refused", { detail: "not a host name" });
  return url;
}

/**
 * What is about the caller and us, and nothing that the API should see: the credentials that came are
 * for us, and the browser's cookies and origin are ours.
 */
const ours =
  /^(authorization|cookie2?|set-cookie2?|x-api-key|host|content-length|forwarded|via|origin|referer|x-real-ip|x-forwarded-.*|sec-.*|x-countersign-.*|cf-.*|true-client-ip)$/;

function forwarded(headers: AskedRequest["headers"]): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !ours.test(name)) kept[name] = value;
  }
  return kept;
}

/**
 * What an API may say to a browser is about its own origin, and this answer comes from ours; its
 * cookies belong to nobody here.
 */
const theirs =
  /^(set-cookie2?|clear-site-data|service-worker-allowed|strict-transport-security|content-security-policy.*|x-frame-options|x-content-type-options|cross-origin-.*|access-control-.*|origin-agent-cluster|alt-svc|report(ing-endpoints|-to)|nel|public-key-pins.*|refresh|x-request-id|x-countersign-.*|cache-control)$/;

/** Also without any header that repeats the token. */
export function returnedHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  accessToken: string,
): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || theirs.test(name)) continue;
    if (![value].flat().some((one) => one.includes(accessToken))) kept[name] = value;
  }
  return kept;
}
