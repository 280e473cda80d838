import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a page of ours sent a request: what a browser says of itself, and no page can forge
 * [RFC 6819 §5.3.5]. The origin is the configured one, never what the Host header says.
 */

/** `unsaid`: no browser of today sent it, or a proxy took the headers away. */
export type Sender = "ours" | "others" | "unsaid";

export function senderOf(headers: IncomingHttpHeaders, publicUrl: string): Sender {
  const { origin, "sec-fetch-site": site } = headers;
  if (site !== undefined && site !== "same-origin" && site !== "none") return "others";
  if (origin !== undefined) return origin === publicUrl ? "ours" : "others";
  return site === "same-origin" ? "ours" : "unsaid";
}

/** Another site may link to us, but not read from us with the reader's cookies. */
export const isFromOtherSite = ({ "sec-fetch-site": site }: IncomingHttpHeaders): boolean =>
  site === "cross-site" || site === "same-site";

export const isUnsafe = (method: string | undefined): boolean =>
  method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
