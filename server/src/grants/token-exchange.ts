import { tokenExchangeGrantType, tokenTypes } from "@countersign/protocol/oauth.ts";
import { principalOf } from "../api-keys/principal.ts";
import type { KnownApiKey } from "../api-keys/known-api-keys.ts";
import { OAuthError } from "../errors/oauth-error.ts";
import type { IssuedToken } from "../tokens/access-token.ts";
import { grantAskedRights } from "./asked-rights.ts";
import type { GrantContext, SubjectGrant, TokenParameters } from "./grant.ts";

/**
 * Token exchange [RFC 8693 §2.1]: an API key becomes a short access token, which any API can verify
 * offline. Who has the key can use it anywhere, so having it is proof enough; an app client that
 * proves itself besides adds nothing, and is not looked at.
 */
export const tokenExchange: SubjectGrant = {
  grantType: tokenExchangeGrantType,
  provenBy: "subject_token",

  async issue({ parameters }, context) {
    const key = await findKey(parameters, context);
    try {
      return await issueFor(key, parameters, context);
    } catch (error) {
      const { tenantId, id: clientId } = key.apiKey;
      if (error instanceof OAuthError) error.client ??= { tenantId, clientId };
      throw error;
    }
  },
};

/** It is to be used at once, and the key can be exchanged again at any time. */
const lifetimeSecondsMax = 600;

async function issueFor(
  { apiKey, rights, roles }: KnownApiKey,
  parameters: TokenParameters,
  context: GrantContext,
): Promise<IssuedToken> {
  const { id, tenantId, ownerId, expiresAtMs } = apiKey;
  const named = parameters.get("resource") ?? parameters.get("audience");
  const api = await context.apis.select(tenantId, named);
  const { scope, details } = grantAskedRights(parameters, api, rights);
  const lifetimeSeconds = Math.min(
    lifetimeSecondsMax,
    api.tokenLifetimeSeconds,
    context.lifetimeSecondsMax(),
    secondsUntil(expiresAtMs, context.system.now()),
  );
  // Revoking the key voids the token: the key is the credential that earned it.
  const subject = { subject: ownerId, clientId: id, tenantId, roles, credentialId: id };
  const grant = { api, scope, details, lifetimeSeconds };
  const issued = await context.accessTokens.issue(subject, grant);
  const holderId = principalOf(apiKey).id;
  return { ...issued, issuedTokenType: tokenTypes.accessToken, holderId };
}

/** A token that is not asked for what is known here is refused, never taken for another. */
async function findKey(
  parameters: TokenParameters,
  { apiKeys }: GrantContext,
): Promise<KnownApiKey> {
  const plainKey = parameters.get("subject_token");
  const requested = parameters.get("requested_token_type") ?? tokenTypes.accessToken;
  if (plainKey === undefined) throw new OAuthError("missing_subject_token");
  if (parameters.get("subject_token_type") !== tokenTypes.apiKey) {
    throw new OAuthError("unknown_subject_token_type");
  }
  if (requested !== tokenTypes.accessToken) throw new OAuthError("unknown_requested_token_type");
  if (parameters.has("actor_token")) throw new OAuthError("actor_token_not_taken");
  const known = await apiKeys.find(plainKey);
  if (known === undefined) throw new OAuthError("unknown_subject_token");
  if (known.enabled) return known;
  const refused = new OAuthError("disabled_subject_token");
  refused.client = { tenantId: known.apiKey.tenantId, clientId: known.apiKey.id };
  throw refused;
}

const secondsUntil = (expiresAtMs: number | undefined, atMs: number): number =>
  expiresAtMs === undefined ? Infinity : Math.max(1, Math.floor((expiresAtMs - atMs) / 1000));
