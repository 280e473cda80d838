import type { Provider } from "../provider.ts";
import { ProviderError } from "./provider-error.ts";
import { isHostOf } from "./token-answer.ts";

/** Putting the token on a request to the API, and only to a host that may have it. */

/**
 * The URL and the header that carry the token [RFC 6750 §2.1, §2.3]. Throws `ProviderError` when the
 * datasource does not list the host: a token never goes anywhere else.
 */
export function addAccessToken(
  { settings }: Provider,
  target: URL,
  accessToken: string,
): { url: URL; headers: Record<string, string> } {
  checkTokenHost({ settings }, target);
  const url = new URL(target);
  if (settings.addAccessTokenTo === "query") {
    url.search = withParameter(url.search, settings.queryParameterName, accessToken);
    return { url, headers: {} };
  }
  const { headerPrefix } = settings;
  const value = headerPrefix === "" ? accessToken : `${headerPrefix} ${accessToken}`;
  return { url, headers: { authorization: value } };
}

/** What else is there stays as it is written: a plus and `%20`, `a` and `a=` are not the same to every API. */
function withParameter(search: string, name: string, value: string): string {
  const others = search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && !isNamed(pair, name));
  return [...others, String(new URLSearchParams({ [name]: value }))].join("&");
}

const isNamed = (pair: string, name: string): boolean => new URLSearchParams(pair).has(name);

/** The base URL's own host counts; so do the hosts that are listed. */
export function checkTokenHost({ settings }: Pick<Provider, "settings">, target: URL): void {
  const base = URL.parse(settings.baseUrl ?? "");
  const isBase = base !== null && base.origin === target.origin;
  const isListed = settings.allowedHosts.some((pattern) => isHostOf(target.hostname, pattern));
  const isEncrypted = target.protocol === "https:" || base?.protocol === target.protocol;
  if (isBase || (isListed && isEncrypted)) return;
  throw new ProviderError("address_refused", { detail: "the host is not listed" });
}
