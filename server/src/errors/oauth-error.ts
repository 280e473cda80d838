import type { OAuthErrorCode } from "@countersign/protocol/oauth.ts";

/**
 * Every refusal of a protocol endpoint: its cause, the code and the words for strangers. Causes that
 * must not be told apart outside share code and words [RFC 6749 §5.2]; inside, the cause is what
 * is counted, logged and explained. `http/oauth-error.ts` puts them on the wire.
 */
export const oauthRefusals = {
  method_not_allowed: ["invalid_request", "Use POST."],
  wrong_content_type: [
    "invalid_request",
    "Send the parameters as application/x-www-form-urlencoded.",
  ],
  body_too_large: ["invalid_request", "The request is too large."],
  malformed_body: ["invalid_request", "The body is not well-formed."],
  too_many_parameters: ["invalid_request", "There are too many parameters."],
  duplicate_parameter: ["invalid_request", "A parameter occurs more than once."],
  parameter_in_query: ["invalid_request", "Send the parameters in the body, not in the URL."],
  missing_grant_type: ["invalid_request", "The parameter grant_type is missing."],
  unsupported_grant_type: ["unsupported_grant_type", "This grant type is not supported."],
  grant_not_allowed: ["unauthorized_client", "This client may not use this grant type."],
  malformed_authorization_header: ["invalid_client", "Client authentication failed."],
  several_authorization_headers: [
    "invalid_request",
    "There is more than one Authorization header.",
  ],
  several_authentication_methods: [
    "invalid_request",
    "Use one client authentication method: the Authorization header or the body.",
  ],
  no_client_authentication: ["invalid_client", "Client authentication failed."],
  client_id_mismatch: ["invalid_client", "Client authentication failed."],
  unknown_client: ["invalid_client", "Client authentication failed."],
  wrong_secret: ["invalid_client", "Client authentication failed."],
  secret_plus_decoded_as_space: ["invalid_client", "Client authentication failed."],
  secret_with_white_space: ["invalid_client", "Client authentication failed."],
  wrong_authentication_method: ["invalid_client", "Client authentication failed."],
  client_disabled: ["invalid_client", "Client authentication failed."],
  credential_disabled: ["invalid_client", "Client authentication failed."],
  credential_expired: ["invalid_client", "Client authentication failed."],
  credential_revoked: ["invalid_client", "Client authentication failed."],
  too_many_failures: ["temporarily_unavailable", "Too many failed attempts. Try again later."],
  malformed_scope: ["invalid_scope", "The scope is not well-formed."],
  scope_not_allowed: ["invalid_scope", "The scope exceeds what this client may have."],
  scope_unknown: ["invalid_scope", "The scope exceeds what this client may have."],
  malformed_resource: [
    "invalid_target",
    "The resource must be an absolute URI without a fragment.",
  ],
  unknown_resource: ["invalid_target", "The resource is unknown."],
  several_resources: ["invalid_target", "Ask for one resource at a time."],
  malformed_authorization_details: [
    "invalid_authorization_details",
    "The authorization_details are not well-formed.",
  ],
  authorization_details_not_allowed: [
    "invalid_authorization_details",
    "The authorization_details exceed what this client may have.",
  ],
  authorization_details_too_large: [
    "invalid_authorization_details",
    "The authorization_details are too many for one token.",
  ],
  missing_subject_token: ["invalid_request", "The parameter subject_token is missing."],
  unknown_subject_token_type: ["invalid_request", "This subject_token_type cannot be exchanged."],
  unknown_requested_token_type: ["invalid_request", "This requested_token_type is not issued."],
  actor_token_not_taken: ["invalid_request", "An actor_token is not taken."],
  unknown_subject_token: ["invalid_request", "The subject token is not valid, or no longer."],
  disabled_subject_token: ["invalid_request", "The subject token is not valid, or no longer."],
  missing_token: ["invalid_request", "The parameter token is missing."],
  too_many_revoked_tokens: [
    "invalid_request",
    "Too many tokens of this client were revoked one by one. Revoke its credential instead.",
  ],
  store_unavailable: ["temporarily_unavailable", "The service is not available. Try again soon."],
  internal_error: ["server_error", "Something went wrong here. It is not your request."],
} as const satisfies Record<string, readonly [OAuthErrorCode, string]>;

export type OAuthRefusal = keyof typeof oauthRefusals;

/** A client of ours that was refused. */
export interface RefusedClient {
  tenantId: string;
  clientId: string;
}

/**
 * A refusal of a protocol endpoint. `detail` is private: it never leaves the server. Nor does it hold
 * what a stranger sent: people put secrets into the wrong field.
 */
export class OAuthError extends Error {
  override name = "OAuthError";
  readonly refusal: OAuthRefusal;
  readonly code: OAuthErrorCode;
  /** Safe for strangers; only the characters that RFC 6749 §5.2 allows. */
  readonly description: string;
  readonly detail: string | undefined;
  /** Whose request it was, as soon as that is known. */
  client: RefusedClient | undefined;
  /** What the client had proved itself with. */
  credentialId: string | undefined;

  constructor(refusal: OAuthRefusal, detail?: string) {
    const [code, description] = oauthRefusals[refusal];
    super(refusal);
    this.refusal = refusal;
    this.code = code;
    this.description = description;
    this.detail = detail;
  }
}
