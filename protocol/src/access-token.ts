import type { AuthorizationDetail } from "./oauth.ts";

/** The `typ` of an access token [RFC 9068 §2.1]. */
export const accessTokenType = "at+jwt";

/**
 * The claims of an access token [RFC 9068 §2.2]. `scope` holds account-wide permissions only;
 * rights on named resources are in `authorization_details`.
 */
export interface AccessTokenClaims {
  iss: string;
  /** For a machine token the client id; a person's `sub` begins with `usr_`. */
  sub: string;
  aud: string;
  /** Seconds since the epoch. */
  exp: number;
  iat: number;
  jti: string;
  client_id: string;
  scope?: string | undefined;
  roles?: string[] | undefined;
  /** The tenant that the client belongs to; `iss` is the issuer of the API's tenant. */
  tenant: string;
  /** The change position that the issuing process had applied: revocations compare it. */
  pos: number;
  /** The credential that earned this token. */
  cred: string;
  authorization_details?: AuthorizationDetail[];
  /**
   * `true` when the rights on named resources were too many for a token. None of them is in it;
   * ask for the needed ones with the `authorization_details` parameter.
   */
  authorization_details_omitted?: true;
}

/** Above this size, in bytes of JSON, `authorization_details` does not travel in a token. */
export const authorizationDetailsBytesMax = 4096;
