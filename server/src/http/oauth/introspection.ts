import { mayDo, rightsOn } from "../../access/rights.ts";
import type { KnownApiKey } from "../../api-keys/known-api-keys.ts";
import type { AuthenticatedClient } from "../../clients/authentication.ts";
import { ClientRefused } from "../../clients/authentication.ts";
import { authenticateVerifier, isVerifier } from "../../clients/verifier-authentication.ts";
import { OAuthError } from "../../errors/oauth-error.ts";
import type { TokenParameters } from "../../grants/grant.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import { describeApiKey, describeToken } from "../../tokens/introspection.ts";
import { findLiveToken, type LiveToken, type LiveTokenContext } from "../../tokens/live-token.ts";
import { jsonType, noStore, type Endpoint, type HttpAnswer, type HttpRequest } from "../message.ts";
import { parseForm } from "../parameters.ts";
import { parsePresentedClient } from "../presented-client.ts";
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
    const viewer = await findViewer(context, request, parameters);
    const token = parameters.get("token");
    if (token === undefined) throw new OAuthError("missing_token");
    const live = await findLiveToken(context, token, expected);
    if (live !== undefined) return answer(viewer.sees(live) ? describeToken(live) : inactive);
    const key = await context.apiKeys.find(token);
    const shown = key?.enabled === true ? viewer.viewOf(key) : undefined;
    if (shown === undefined) return answer(inactive);
    noteUse(context, shown.apiKey, request);
    return answer(describeApiKey(shown));
  });
}

interface Viewer {
  sees(live: LiveToken): boolean;
  /** What it may know of an API key: nothing, or what the key may do where it asks. */
  viewOf(key: KnownApiKey): KnownApiKey | undefined;
}

/** An API sees the tokens that are for it, and of the keys of its account what they may do there. */
async function findViewer(
  context: IntrospectionContext,
  request: HttpRequest,
  parameters: TokenParameters,
): Promise<Viewer> {
  const presented = parsePresentedClient(request, parameters);
  if (isVerifier(presented)) {
    const api = await authenticateVerifier(context.apis, presented, context.system.now());
    return {
      sees: (live) => live.api.id === api.id,
      viewOf: (key) =>
        key.apiKey.tenantId === api.tenantId
          ? { ...key, rights: rightsOn(api.catalogue, key.rights) }
          : undefined,
    };
  }
  const caller = await authenticate(context, request, parameters);
  checkConfidential(caller);
  return {
    sees: (live) => mayIntrospect(caller, handleOf(live)),
    viewOf: (key) => (mayIntrospect(caller, handleOfKey(key.apiKey)) ? key : undefined),
  };
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
