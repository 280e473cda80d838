import type { AuthorizationDetail } from "@countersign/protocol/oauth.ts";
import { basicCredentials, type ClientAuthentication } from "./client-authentication.ts";
import { loadEndpoint } from "./issuer-metadata.ts";
import { requestJson } from "./json-document.ts";
import { withRetries } from "./retry.ts";
import { checkIssuer, parseSecureUrl } from "./secure-url.ts";
import { parseTokenResponse } from "./token-response.ts";
import { createTokenSource, type MintedToken, type TokenSource } from "./token-source.ts";

/** Where tokens come from: the issuer, whose metadata names the endpoint, or the endpoint itself. */
export type TokenServer =
  | { issuer: string; tokenEndpoint?: undefined }
  | { tokenEndpoint: string; issuer?: undefined };

export type ClientCredentialsOptions = TokenServer & {
  clientId: string;
  clientSecret: string;
  /** The permissions to ask for; all that the client has when left out. */
  scope?: string | readonly string[] | undefined;
  /** The audience of the API to call; the client's default API when left out [RFC 8707 §2]. */
  resource?: string | undefined;
  /** Rights on named resources to ask for [RFC 9396 §2]. */
  authorizationDetails?: readonly AuthorizationDetail[] | undefined;
  /** How the client proves itself: in the `Authorization` header, by default, or in the form. */
  clientAuthentication?: ClientAuthentication | undefined;
  fetch?: typeof fetch | undefined;
  /** Milliseconds since the epoch. */
  now?: (() => number) | undefined;
};

const timeoutMs = 10_000;
const bodyBytesMax = 262_144;

/**
 * A source of tokens for a machine: the client credentials grant [RFC 6749 §4.4]. Throws
 * `TypeError` when an option is not usable; nothing is fetched before a token is asked for. The
 * secret is not readable from what is returned.
 *
 * `token()` and `fetch()` reject with `OAuthError`, `TransportError` or `UnexpectedResponseError`.
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  checkNotBrowser();
  checkOptions(options);
  const now = options.now ?? (() => Date.now());
  const fetchNow: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const init = tokenRequest(options);
  let endpoint = options.tokenEndpoint;

  async function ask(): Promise<MintedToken> {
    endpoint ??= await loadTokenEndpoint(options, fetchNow);
    const request = { fetch: fetchNow, url: endpoint, init, timeoutMs, bodyBytesMax };
    return parseTokenResponse(await requestJson(request), now());
  }

  return createTokenSource({ mint: () => withRetries(ask), fetch: fetchNow, now });
}

function loadTokenEndpoint({ issuer = "" }: TokenServer, fetchNow: typeof fetch): Promise<string> {
  return loadEndpoint(issuer, "token_endpoint", { fetch: fetchNow, timeoutMs });
}

/** The same for every token, so it is made once [RFC 6749 §4.4.2]. */
function tokenRequest(options: ClientCredentialsOptions): RequestInit {
  const { clientId, clientSecret, scope, resource, authorizationDetails } = options;
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (scope !== undefined) form.set("scope", typeof scope === "string" ? scope : scope.join(" "));
  if (resource !== undefined) form.set("resource", resource);
  if (authorizationDetails !== undefined) {
    form.set("authorization_details", JSON.stringify(authorizationDetails));
  }
  const headers = new Headers({
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
  });
  // One way at a time: a request with two of them is refused [RFC 6749 §2.3].
  if (options.clientAuthentication === "post") {
    form.set("client_id", clientId);
    form.set("client_secret", clientSecret);
  } else {
    headers.set("authorization", basicCredentials(options));
  }
  return { method: "POST", headers, body: form.toString() };
}

/** Whoever opens the page could read the secret [RFC 6749 §2.1]. */
function checkNotBrowser(): void {
  if ("window" in globalThis && "document" in globalThis) {
    throw new TypeError(
      "A client secret must not be in a web page: whoever opens it can read the secret. " +
        "Get tokens on your server, or use the authorization code grant.",
    );
  }
}

function checkOptions(options: ClientCredentialsOptions): void {
  const { issuer, tokenEndpoint, clientId, clientSecret, clientAuthentication = "basic" } = options;
  if ((issuer === undefined) === (tokenEndpoint === undefined)) {
    throw new TypeError('either "issuer" or "tokenEndpoint" must be given');
  }
  if (issuer !== undefined) checkIssuer(issuer);
  if (tokenEndpoint !== undefined && parseSecureUrl(tokenEndpoint) === undefined) {
    throw new TypeError('"tokenEndpoint" must be an https URL (or http on loopback)');
  }
  if (typeof clientId !== "string" || clientId === "") throw new TypeError('"clientId" is missing');
  if (typeof clientSecret !== "string" || clientSecret === "") {
    throw new TypeError('"clientSecret" is missing');
  }
  if (clientAuthentication !== "basic" && clientAuthentication !== "post") {
    throw new TypeError('"clientAuthentication" must be "basic" or "post"');
  }
}
