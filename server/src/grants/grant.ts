import type { GrantType } from "@countersign/protocol/oauth.ts";
import type { Apis } from "../access/apis.ts";
import type { AuthenticatedClient } from "../clients/authentication.ts";
import { OAuthError } from "../errors/oauth-error.ts";
import type { AccessTokens, IssuedToken } from "../tokens/access-token.ts";
import { clientCredentials } from "./client-credentials.ts";

/**
 * A grant: one way to earn a token [RFC 6749 §1.3]. The token endpoint owns every step that grants
 * share, so that none can forget one; a grant decides what is earned.
 */
export interface Grant {
  grantType: GrantType;
  issue(request: GrantRequest, context: GrantContext): Promise<IssuedToken>;
}

/** The parameters of a token request, parsed: no duplicates, no empty values. */
export type TokenParameters = ReadonlyMap<string, string>;

export interface GrantRequest extends AuthenticatedClient {
  parameters: TokenParameters;
}

export interface GrantContext {
  apis: Apis;
  accessTokens: AccessTokens;
  /** The longest life of a token now; shorter while changes cannot be followed. */
  lifetimeSecondsMax(): number;
}

const grants: ReadonlyMap<string, Grant> = new Map<string, Grant>(
  [clientCredentials].map((grant) => [grant.grantType, grant]),
);

/** What metadata announces. */
export const supportedGrantTypes = [...grants.values()].map(({ grantType }) => grantType);

/** Throws `invalid_request` or `unsupported_grant_type`. */
export function findGrant(parameters: TokenParameters): Grant {
  const grantType = parameters.get("grant_type");
  if (grantType === undefined) throw new OAuthError("missing_grant_type");
  const grant = grants.get(grantType);
  if (grant === undefined) throw new OAuthError("unsupported_grant_type");
  return grant;
}

/** Throws `unauthorized_client`. */
export function checkMayUseGrant({ client }: AuthenticatedClient, grant: Grant): void {
  if (!client.grantTypes.includes(grant.grantType)) {
    throw new OAuthError("grant_not_allowed", client.clientId);
  }
}
