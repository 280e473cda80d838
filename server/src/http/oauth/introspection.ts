import { mayDo } from "../../access/rights.ts";
import type { AuthenticatedClient } from "../../clients/authentication.ts";
import { ClientRefused } from "../../clients/authentication.ts";
import { OAuthError } from "../../errors/oauth-error.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import { describeApiKey, describeToken } from "../../tokens/introspection.ts";
import { findLiveToken, type LiveTokenContext } from "../../tokens/live-token.ts";
import { jsonType, noStore, type Endpoint, type HttpAnswer, type HttpRequest } from "../message.ts";
import { parseForm } from "../parameters.ts";
import { authenticate, clientEndpoint, type ClientEndpointContext } from "./client-endpoint.ts";
import { handleOf, handleOfKey, isOwn, type Handle } from "./token-handle.ts";

/**
 * The introspection endpoint [RFC 7662 §2]: whether a token counts now. The store's head is compared
 * first, so what was taken back a moment ago, by whatever process, is inactive.
 */

export interface IntrospectionContext extends ClientEndpointContext, LiveTokenContext {
  issuer: string;
}

export function createIntrospectionEndpoint(context: IntrospectionContext): Endpoint {
  const expected = { tenantId: context.firstTenantId, issuer: context.issuer };
  return clientEndpoint(context, async (request) => {
    const parameters = parseForm(request);
    await context.revocations.catchUp();
    const caller = await authenticate(context, request, parameters);
    checkConfidential(caller);
    const token = parameters.get("token");
    if (token === undefined) throw new OAuthError("missing_token");
    const live = await findLiveToken(context, token, expected);
    if (live !== undefined) {
      return answer(mayIntrospect(caller, handleOf(live)) ? describeToken(live) : inactive);
    }
    const key = await context.apiKeys.find(token);
    const isShown = key?.enabled === true && mayIntrospect(caller, handleOfKey(key.apiKey));
    if (!isShown) return answer(inactive);
    noteUse(context, key.apiKey, request);
    return answer(describeApiKey(key));
  });
}

/** Who has no secret could be anybody: introspection is not for guessing tokens [RFC 7662 §2.1]. */
function checkConfidential({ client, credential }: AuthenticatedClient): void {
  if (credential !== undefined) return;
  throw new ClientRefused("no_client_authentication", client.clientId, client);
}

const inactive = { active: false };

/** Its own, or those of its account with the permission; all others are as if unknown. */
const mayIntrospect = ({ client }: AuthenticatedClient, handle: Handle): boolean =>
  isOwn(client, handle) ||
  (handle.tenantId === client.tenantId && mayDo(client.rights, "tokens:introspect"));

/** Whoever asks about a key has just been called with it. */
function noteUse(
  { usage }: IntrospectionContext,
  { id, tenantId }: ApiKeyRecord,
  { headers, sourceAddress }: HttpRequest,
): void {
  const userAgent = headers["user-agent"];
  usage.used({ tenantId, clientId: id, credentialId: id, sourceAddress, userAgent });
}

const answer = (body: object): HttpAnswer => ({
  status: 200,
  headers: { "content-type": jsonType, ...noStore },
  body: JSON.stringify(body),
});
