import {
  accessTokenType,
  authorizationDetailsBytesMax,
  type AccessTokenClaims,
} from "@countersign/protocol/access-token.ts";
import type { AuthorizationDetail, SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import type { SigningKey } from "../keys/signing-key.ts";
import type { SigningKeys } from "../keys/signing.ts";
import type { ApiRecord } from "../store/records.ts";
import type { System } from "../system.ts";

/**
 * Access tokens: JWTs of the profile in RFC 9068. Making one costs one signature and touches memory
 * only. It holds no personal data: who created the client is nowhere in it.
 */

export interface TokenSubject {
  /** For a machine its client id; no person's id looks like one. */
  subject: string;
  clientId: string;
  tenantId: string;
  roles: string[];
  credentialId: string;
}

export interface TokenGrant {
  api: ApiRecord;
  /** Account-wide permissions, as the token states them. */
  scope: string | undefined;
  details: AuthorizationDetail[];
  lifetimeSeconds: number;
}

export interface IssuedToken extends TokenGrant {
  subject: TokenSubject;
  accessToken: string;
  /** Said where something was exchanged [RFC 8693 §2.2.1]. */
  issuedTokenType?: string;
  /** Who holds the roles that it states, where that is not the subject. */
  holderId?: string;
}

export interface AccessTokens {
  issue(subject: TokenSubject, grant: TokenGrant): Promise<IssuedToken>;
}

export interface AccessTokensOptions {
  system: System;
  keys: SigningKeys;
  /** The issuer of an API's tenant: whoever sells an API trusts one issuer for all customers. */
  issuerOf(tenantId: string): string;
  /** The change position that this process has applied: what `pos` says. */
  position(): number;
}

export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { system, keys, issuerOf, position } = options;
  return {
    async issue(subject, grant) {
      const { api, scope, details, lifetimeSeconds } = grant;
      const found = keys.current(api.tenantId, api.signingAlgorithm as SigningAlgorithm);
      const key = found instanceof Promise ? await found : found;
      const issuedAt = Math.floor(system.now() / 1000);
      const claims: AccessTokenClaims = {
        iss: issuerOf(api.tenantId),
        sub: subject.subject,
        aud: api.audience,
        exp: issuedAt + lifetimeSeconds,
        iat: issuedAt,
        jti: system.randomUuid(),
        client_id: subject.clientId,
        scope,
        roles: subject.roles.length > 0 ? subject.roles : undefined,
        tenant: subject.tenantId,
        pos: position(),
        cred: subject.credentialId,
      };
      const all = details.length === 0 ? claims : { ...claims, ...detailsClaim(details) };
      return { ...grant, subject, accessToken: signToken(key, all) };
    },
  };
}

/** Rights on very many resources would make a token that no header carries. */
function detailsClaim(details: AuthorizationDetail[]) {
  const isSmall = JSON.stringify(details).length <= authorizationDetailsBytesMax;
  return isSmall
    ? { authorization_details: details }
    : { authorization_details_omitted: true as const };
}

/** JWS compact serialization [RFC 7515 §7.1]. */
function signToken(key: SigningKey, claims: AccessTokenClaims): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const signingInput = `${headerOf(key)}.${payload}`;
  return `${signingInput}.${key.sign(signingInput)}`;
}

const headers = new WeakMap<SigningKey, string>();

function headerOf(key: SigningKey): string {
  let header = headers.get(key);
  if (header === undefined) {
    const json = JSON.stringify({ alg: key.algorithm, typ: accessTokenType, kid: key.id });
    headers.set(key, (header = Buffer.from(json).toString("base64url")));
  }
  return header;
}
