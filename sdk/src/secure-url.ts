/**
 * Parses an address that secrets or keys travel to or from: https, or http on this very machine
 * [RFC 6749 §3.2, RFC 8414 §2]. `undefined` when it is anything else.
 */
export function parseSecureUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return undefined;
  if (url.protocol === "https:") return url;
  return url.protocol === "http:" && isLoopback(url.hostname) ? url : undefined;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}

/** Checks the address of an issuer: no query, no fragment [RFC 8414 §2]. Throws `TypeError`. */
export function checkIssuer(issuer: string): void {
  const url = parseSecureUrl(issuer);
  if (url === undefined || /[?#]/.test(issuer)) {
    throw new TypeError('"issuer" must be an https URL (or http on loopback) without a query');
  }
}

/**
 * Where the metadata of an issuer or an API stands: the well-known part comes between the host and
 * the path [RFC 8414 §3.1, RFC 9728 §3.1].
 */
export function wellKnownUrl(identifier: string, wellKnownPath: string): string {
  const { origin, pathname } = new URL(identifier);
  return origin + wellKnownPath + pathname.replace(/\/$/, "");
}
