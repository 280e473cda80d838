import type { IncomingHttpHeaders } from "node:http";
import type { OAuthError } from "../errors/oauth-error.ts";

/**
 * A request and its answer as protocol endpoints see them: no framework, so that an endpoint can be
 * mounted the fastest way there is.
 */

export interface HttpRequest {
  method: string;
  /** What follows the `?`, undecoded. */
  query: string;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came: tells repeated headers. */
  rawHeaders: readonly string[];
  body: string;
  sourceAddress: string;
  requestId: string;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Why it is a refusal: for our own notes, and not a part of what is sent. */
  refused?: OAuthError;
}

export type Endpoint = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;

/** For everything that holds a token or a secret, and for refusals beside it [RFC 6749 §5.1]. */
export const noStore = { "cache-control": "no-store" } as const;

export const jsonType = "application/json";

/** A public document that anybody's page may read. */
export function publicDocument(document: object, maxAgeSeconds: number): HttpAnswer {
  return {
    status: 200,
    headers: {
      "content-type": jsonType,
      "cache-control": `public, max-age=${maxAgeSeconds}`,
      "access-control-allow-origin": "*",
    },
    body: JSON.stringify(document),
  };
}
