/**
 * The words of OAuth 2.0 that more than one part speaks: grant types, client authentication
 * methods, error codes, and the shapes of the token endpoint's answers.
 */

/** RFC 7591 §2, `grant_types`. */
export const grantTypes = ["client_credentials", "authorization_code", "refresh_token"] as const;
export type GrantType = (typeof grantTypes)[number];

/** The grant that needs no client: an API key is exchanged for an access token [RFC 8693 §2.1]. */
export const tokenExchangeGrantType = "urn:ietf:params:oauth:grant-type:token-exchange";

/** What can be exchanged, and for what [RFC 8693 §3]. The first is our own. */
export const tokenTypes = {
  apiKey: "urn:countersign:params:oauth:token-type:api-key",
  accessToken: "urn:ietf:params:oauth:token-type:access_token",
} as const;

/** RFC 7591 §2, `token_endpoint_auth_method`. */
export const clientAuthenticationMethods = [
  "client_secret_basic",
  "client_secret_post",
  "none",
] as const;
export type ClientAuthenticationMethod = (typeof clientAuthenticationMethods)[number];

/** Signature algorithms an access token may carry [RFC 7518 §3.1, RFC 9864 §2.2]. */
export const signingAlgorithms = ["ES256", "RS256", "EdDSA"] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/**
 * Every `error` a protocol endpoint answers. RFC 6749 §5.2, RFC 8707 §2, RFC 9396 §5,
 * RFC 6750 §3.1; `server_error` and `temporarily_unavailable` as in RFC 6749 §4.1.2.1.
 */
export const oauthErrorCodes = [
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "invalid_target",
  "invalid_authorization_details",
  "invalid_token",
  "insufficient_scope",
  "server_error",
  "temporarily_unavailable",
] as const;
export type OAuthErrorCode = (typeof oauthErrorCodes)[number];

/** RFC 6749 §5.2, with the reference id under which the refusal can be looked up. */
export interface OAuthErrorBody {
  error: OAuthErrorCode;
  error_description?: string;
  request_id?: string;
}

/** RFC 6749 §5.1 and RFC 9396 §7. */
export interface TokenResponse {
  access_token: string;
  /** Said where something was exchanged [RFC 8693 §2.2.1]. */
  issued_token_type?: string | undefined;
  token_type: "Bearer";
  /** Seconds from now. */
  expires_in: number;
  /** The account-wide permissions that were granted; absent when there are none. */
  scope?: string | undefined;
  authorization_details?: AuthorizationDetail[] | undefined;
}

/** Rights on one named resource [RFC 9396 §2]. */
export interface AuthorizationDetail {
  /** The resource type, for example `corpus`. */
  type: string;
  /** The name of the resource, for example a corpus key. */
  identifier: string;
  /** Permissions, for example `documents:read`. */
  actions: string[];
}
