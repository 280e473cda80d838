import { mayDo } from "../../access/rights.ts";
import { revokeApiKey } from "../../api-keys/api-key.ts";
import { auditOf, type Actor } from "../../audit/audit.ts";
import type { AuthenticatedClient } from "../../clients/authentication.ts";
import { OAuthError } from "../../errors/oauth-error.ts";
import type { ApiKeyStore, RevocationStore } from "../../store/store.ts";
import { findLiveToken, type LiveToken } from "../../tokens/live-token.ts";
import { tokenRevocationsMax } from "../../tokens/revocation.ts";
import { jsonType, noStore, type Endpoint, type HttpRequest } from "../message.ts";
import { parseForm } from "../parameters.ts";
import { authenticate, clientEndpoint } from "./client-endpoint.ts";
import type { IntrospectionContext } from "./introspection.ts";
import { handleOf, handleOfKey, isOwn, type Handle } from "./token-handle.ts";

/**
 * The revocation endpoint [RFC 7009 §2]: takes one token back, or disables an API key for good. Whatever
 * it was, the answer is the same, but only when nothing failed: a store that cannot write is never
 * "revoked".
 */

export interface RevocationContext extends IntrospectionContext {
  store: RevocationStore & ApiKeyStore;
}

export function createRevocationEndpoint(context: RevocationContext): Endpoint {
  const expected = { tenantId: context.firstTenantId, issuer: context.issuer };
  return clientEndpoint(context, async (request) => {
    const parameters = parseForm(request);
    await context.revocations.catchUp();
    const caller = await authenticate(context, request, parameters);
    const token = parameters.get("token");
    if (token === undefined) throw new OAuthError("missing_token");
    const live = await findLiveToken(context, token, expected);
    const key = live === undefined ? await context.apiKeys.find(token) : undefined;
    if (live !== undefined && mayRevoke(caller, handleOf(live))) {
      await revokeToken(context, actorOf(caller, request), live);
    } else if (key !== undefined && mayRevoke(caller, handleOfKey(key.apiKey))) {
      await revokeApiKey(context, { actor: actorOf(caller, request) }, key.apiKey.id);
    }
    // What was taken back is stored already; other processes hear of it in any case.
    await context.revocations.catchUp().catch(() => undefined);
    return { status: 200, headers: { "content-type": jsonType, ...noStore }, body: "{}" };
  });
}

/** Its own, or those of its account with the permission [RFC 7009 §2.1]. */
const mayRevoke = ({ client }: AuthenticatedClient, handle: Handle): boolean =>
  isOwn(client, handle) ||
  (handle.tenantId === client.tenantId && mayDo(client.rights, "tokens:revoke"));

function actorOf({ client }: AuthenticatedClient, request: HttpRequest): Actor {
  const { requestId, sourceAddress } = request;
  const { clientId: id, tenantId } = client;
  return { type: "client", id, tenantId, requestId, sourceAddress };
}

async function revokeToken(
  { store, system }: RevocationContext,
  actor: Actor,
  { claims }: LiveToken,
): Promise<void> {
  const act = { action: "token.revoked" as const, subjectType: "token", subjectId: claims.jti };
  const outcome = await store.revokeToken({
    tenantId: actor.tenantId,
    clientId: claims.client_id,
    tokenId: claims.jti,
    perClientMax: tokenRevocationsMax,
    audit: auditOf(system, actor, { ...act, after: { client_id: claims.client_id } }),
  });
  if (outcome === "conflict") throw new OAuthError("too_many_revoked_tokens");
}
