import type { WholeAnswer } from "./answer-body.ts";
import { FetchRefused } from "./fetch-error.ts";
import type { OutgoingHeaders, WholeRequest } from "./outgoing-request.ts";

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/** All that another origin gets to see of a request. */
const harmless = new Set(["accept", "accept-language", "user-agent"]);

/**
 * The request that a redirect asks for, where the caller wants redirects followed; it is checked as
 * any other. Another origin gets no credentials, and our own CA vouches for nobody there
 * [RFC 9110 §15.4]. Throws `FetchRefused` for a step from TLS to none.
 */
export function redirectOf(asked: WholeRequest, answer: WholeAnswer): WholeRequest | undefined {
  const { redirectsMax = 0, method = "GET", headers = {} } = asked;
  const { location } = answer.headers;
  const isFollowed = redirectsMax > 0 && (method === "GET" || method === "HEAD");
  if (!isFollowed || !redirectStatuses.has(answer.status) || location === undefined) return;
  const from = new URL(answer.url);
  const url = URL.parse(String(location), from);
  if (url === null || (from.protocol === "https:" && url.protocol !== "https:")) {
    throw new FetchRefused("redirect");
  }
  if (url.origin === from.origin) return { ...asked, url };
  return { ...asked, url, headers: onlyHarmless(headers), certificateAuthority: undefined };
}

function onlyHarmless(headers: OutgoingHeaders): OutgoingHeaders {
  const kept = Object.entries(headers).filter(([name]) => harmless.has(name.toLowerCase()));
  return Object.fromEntries(kept);
}
