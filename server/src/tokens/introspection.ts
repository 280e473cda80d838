import { detailsOfRights } from "../access/rights.ts";
import type { KnownApiKey } from "../api-keys/known-api-keys.ts";
import type { LiveToken } from "./live-token.ts";

/**
 * What introspection tells of a token that counts [RFC 7662 §2.2]: what it may do now, which is less
 * than it says when something was taken away since, and by which handles it can be taken back.
 */
export function describeToken({ claims, rights }: LiveToken): object {
  const details = detailsOfRights(rights);
  const { scope: _scope, authorization_details: _details, ...rest } = claims;
  return {
    active: true,
    token_type: "Bearer",
    ...(rights.account.size > 0 ? { scope: [...rights.account].join(" ") } : {}),
    ...(details.length > 0 ? { authorization_details: details } : {}),
    ...rest,
  };
}

/**
 * What is told of an API key: a `token_type` of its own, so that nobody takes it for an access token,
 * and what it may do at this moment.
 */
export function describeApiKey(known: KnownApiKey): object {
  const { createdAtMs, expiresAtMs } = known.apiKey;
  return {
    active: true,
    token_type: "api_key",
    ...claimsOfApiKey(known),
    iat: Math.floor(createdAtMs / 1000),
    ...(expiresAtMs === undefined ? {} : { exp: Math.floor(expiresAtMs / 1000) }),
  };
}

/** As the claims of a token say it: the key is the client, and whoever made it the subject. */
export function claimsOfApiKey({ apiKey, rights }: KnownApiKey) {
  const details = detailsOfRights(rights);
  return {
    sub: apiKey.ownerId,
    client_id: apiKey.id,
    tenant: apiKey.tenantId,
    cred: apiKey.id,
    ...(rights.account.size > 0 ? { scope: [...rights.account].join(" ") } : {}),
    ...(details.length > 0 ? { authorization_details: details } : {}),
  };
}
