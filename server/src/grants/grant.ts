import type { GrantType, tokenExchangeGrantType } from "@countersign/protocol/oauth.ts";
import type { Apis } from "../access/apis.ts";
import type { KnownApiKeys } from "../api-keys/known-api-keys.ts";
import type { AuthenticatedClient } from "../clients/authentication.ts";
import { OAuthError } from "../errors/oauth-error.ts";
import type { AccessTokens, IssuedToken } from "../tokens/access-token.ts";
import type { System } from "../system.ts";
import { clientCredentials } from "./client-credentials.ts";
import { tokenExchange } from "./token-exchange.ts";

/**
 * A grant: one way to earn a token [RFC 6749 §1.3]. The token endpoint owns every step that grants
 * share, so that none can forget one; a grant decides what is earned.
 */
export type Grant = ClientGrant | SubjectGrant;

/** Earned by an app client that has proved itself [RFC 6749 §3.2.1]. */
export interface ClientGrant {
  grantType: GrantType;
  provenBy: "client";
  issue(request: ClientGrantRequest, context: GrantContext): Promise<IssuedToken>;
}

/** Earned by what is exchanged: whoever has it may use it [RFC 8693 §2.1]. */
export interface SubjectGrant {
  grantType: typeof tokenExchangeGrantType;
  provenBy: "subject_token";
  issue(request: GrantRequest, context: GrantContext): Promise<IssuedToken>;
}

/** The parameters of a token request, parsed: no duplicates, no empty values. */
export type TokenParameters = ReadonlyMap<string, string>;

export interface GrantRequest {
  parameters: TokenParameters;
}

export interface ClientGrantRequest extends GrantRequest, AuthenticatedClient {}

export interface GrantContext {
  system: System;
  apis: Apis;
  apiKeys: KnownApiKeys;
  accessTokens: AccessTokens;
  /** The longest life of a token now; shorter while changes cannot be followed. */
  lifetimeSecondsMax(): number;
}

const grants: ReadonlyMap<string, Grant> = new Map<string, Grant>(
  [clientCredentials, tokenExchange].map((grant) => [grant.grantType, grant]),
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
export function checkMayUseGrant({ client }: AuthenticatedClient, grant: ClientGrant): void {
  if (!client.grantTypes.includes(grant.grantType)) {
    throw new OAuthError("grant_not_allowed", client.clientId);
  }
}
