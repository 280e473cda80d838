import { badField } from "../errors/admin-error.ts";
import type { ClientRecord } from "../store/records.ts";

/** What the metadata of a client must fulfil, whoever sets it [RFC 7591 §2]. Each check throws 400. */

export function checkClient(client: ClientRecord): void {
  client.redirectUris.forEach(checkRedirectUri);
  checkGrantTypes(client);
  if (client.authenticationMethod === "none") checkPublic(client);
}

function checkGrantTypes({ grantTypes, redirectUris }: ClientRecord): void {
  if (grantTypes.includes("authorization_code") && redirectUris.length === 0) {
    throw badField("redirect_uris", "is needed for the grant authorization_code");
  }
  if (grantTypes.includes("refresh_token") && !grantTypes.includes("authorization_code")) {
    throw badField("grant_types", "refresh_token needs authorization_code beside it");
  }
}

/** A client that cannot keep a secret cannot act for itself [RFC 6749 §4.4]. */
function checkPublic({ grantTypes }: ClientRecord): void {
  if (grantTypes.includes("client_credentials")) {
    throw badField("token_endpoint_auth_method", "none does not go with client_credentials");
  }
}

const loopbackHosts = new Set(["127.0.0.1", "[::1]", "localhost"]);

/**
 * `https`, `http` on a loopback host, or a private-use scheme, which has a dot in it
 * [RFC 8252 §7.1, §7.3]. So `javascript:` and its like are out, in whatever case.
 */
function checkRedirectUri(text: string, index: number): void {
  const problem = redirectUriProblem(text);
  if (problem !== undefined) throw badField(`redirect_uris.${index}`, problem);
}

function redirectUriProblem(text: string): string | undefined {
  const uri = URL.parse(text);
  if (uri === null || !/^[!-~]+$/.test(text)) return "is not an absolute URI";
  if (text.includes("#")) return "must not have a fragment";
  if (text.includes("\\")) return "is ambiguous";
  const isLoopback = uri.protocol === "http:" && loopbackHosts.has(uri.hostname);
  if (uri.protocol === "https:" || isLoopback) {
    return hostAsWritten(text) === uri.hostname ? undefined : "is ambiguous";
  }
  if (/^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:\/(?!\/)/i.test(text)) return undefined;
  return "must be https, http on a loopback host, or a private-use scheme such as com.example.app:/";
}

/**
 * A browser mends what is written otherwise, each in its own way: it takes `https:example.com` for a
 * path of our own origin, and part of a user's name or a number for a host.
 */
function hostAsWritten(text: string): string | undefined {
  return /^https?:\/\/([^/?@]+?)(?::\d*)?(?:[/?]|$)/i.exec(text)?.[1]?.toLowerCase();
}

const shortLifetimeSeconds = 120;

/** What its owner should know though it is allowed. */
export function warningsOf({ tokenLifetimeSeconds }: ClientRecord): string[] {
  if (tokenLifetimeSeconds === undefined || tokenLifetimeSeconds > shortLifetimeSeconds) return [];
  return [
    `token_lifetime_seconds: with ${shortLifetimeSeconds} seconds or less, clients that refresh ` +
      "two minutes ahead ask for a token with every call.",
  ];
}
