import { mayDo } from "../../access/rights.ts";
import { auditOf, type Actor } from "../../audit/audit.ts";
import type { AuthenticatedClient } from "../../clients/authentication.ts";
import { OAuthError } from "../../errors/oauth-error.ts";
import type { RevocationStore } from "../../store/store.ts";
import { findLiveToken, type LiveToken } from "../../tokens/live-token.ts";
import { tokenRevocationsMax } from "../../tokens/revocation.ts";
import { jsonType, noStore, type Endpoint, type HttpRequest } from "../message.ts";
import { parseForm } from "../parameters.ts";
import { authenticate, clientEndpoint } from "./client-endpoint.ts";
import type { IntrospectionContext } from "./introspection.ts";

/**
 * The revocation endpoint [RFC 7009 §2]: takes one token back. Whatever the token was, the answer is
 * the same, but only when nothing failed: a store that cannot write is never "revoked".
 */

export interface RevocationContext extends IntrospectionContext {
  store: RevocationStore;
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
    if (live !== undefined && mayRevoke(caller, live)) await revoke(context, request, caller, live);
    return { status: 200, headers: { "content-type": jsonType, ...noStore }, body: "{}" };
  });
}

/** Its own tokens, or those of its account with the permission [RFC 7009 §2.1]. */
function mayRevoke({ client }: AuthenticatedClient, { claims }: LiveToken): boolean {
  if (claims.client_id === client.clientId) return true;
  return claims.tenant === client.tenantId && mayDo(client.rights, "tokens:revoke");
}

async function revoke(
  { store, system, revocations }: RevocationContext,
  { requestId, sourceAddress }: HttpRequest,
  { client }: AuthenticatedClient,
  { claims }: LiveToken,
): Promise<void> {
  const { tenantId } = client;
  const actor: Actor = { type: "client", id: client.clientId, tenantId, requestId, sourceAddress };
  const act = { action: "token.revoked", subjectType: "token", subjectId: claims.jti };
  const outcome = await store.revokeToken({
    tenantId,
    clientId: claims.client_id,
    tokenId: claims.jti,
    perClientMax: tokenRevocationsMax,
    audit: auditOf(system, actor, { ...act, after: { client_id: claims.client_id } }),
  });
  if (outcome === "conflict") throw new OAuthError("too_many_revoked_tokens");
  // The revocation is stored already; other processes hear of it in any case.
  await revocations.catchUp().catch(() => undefined);
}
