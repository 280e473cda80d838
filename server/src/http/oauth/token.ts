import type { TokenResponse } from "@countersign/protocol/oauth.ts";
import {
  checkMayUseGrant,
  findGrant,
  type Grant,
  type GrantContext,
  type TokenParameters,
} from "../../grants/grant.ts";
import type { IssuedToken } from "../../tokens/access-token.ts";
import { jsonType, noStore, type Endpoint, type HttpAnswer, type HttpRequest } from "../message.ts";
import {
  authenticate,
  clientEndpoint,
  refusedTo,
  type ClientEndpointContext,
} from "./client-endpoint.ts";

/** The token endpoint [RFC 6749 §3.2]: the steps that all grants share, in their order. */

export type TokenContext = GrantContext & ClientEndpointContext;

export function createTokenEndpoint(
  context: TokenContext,
  parse: (request: HttpRequest) => TokenParameters,
): Endpoint {
  return clientEndpoint(context, async (request) => {
    const parameters = parse(request);
    const grant = findGrant(parameters);
    const issued = await issue(context, request, { grant, parameters });
    countIssued(context, request, issued);
    if (parameters.get("scope") !== undefined) noteAsked(context, issued);
    return answer(issued);
  });
}

/** A client proves itself and that it may; what is exchanged is its own proof. */
async function issue(
  context: TokenContext,
  request: HttpRequest,
  { grant, parameters }: { grant: Grant; parameters: TokenParameters },
): Promise<IssuedToken> {
  if (grant.provenBy === "subject_token") return grant.issue({ parameters }, context);
  const authenticated = await authenticate(context, request, parameters);
  try {
    checkMayUseGrant(authenticated, grant);
    return await grant.issue({ ...authenticated, parameters }, context);
  } catch (error) {
    throw refusedTo(authenticated, error);
  }
}

/** RFC 6749 §5.1; the scope is always said, so that nobody has to guess what was granted. */
function answer(issued: IssuedToken): HttpAnswer {
  const { accessToken, issuedTokenType, lifetimeSeconds, scope, details } = issued;
  const response: TokenResponse = {
    access_token: accessToken,
    issued_token_type: issuedTokenType,
    token_type: "Bearer",
    expires_in: lifetimeSeconds,
    scope,
    authorization_details: details.length > 0 ? details : undefined,
  };
  return {
    status: 200,
    headers: { "content-type": jsonType, ...noStore },
    body: JSON.stringify(response),
  };
}

/** A secret that arrives with a browser's `Origin` is in the hands of everybody who opens the page. */
function countIssued(
  { usage }: TokenContext,
  { headers, sourceAddress }: HttpRequest,
  { subject: { tenantId, clientId, credentialId }, api }: IssuedToken,
): void {
  const use = { tenantId, clientId, credentialId, sourceAddress, userAgent: headers["user-agent"] };
  usage.issued(use);
  if (credentialId !== "" && headers.origin !== undefined) {
    usage.seenFromBrowser(use, headers.origin);
  }
  if (api.signingAlgorithm === "RS256") usage.signedForOldVerifiers(use, api.audience);
}

/** Who asks for a permission by name is going to use it, on whatever API. */
function noteAsked({ usage }: TokenContext, { subject, holderId, scope }: IssuedToken): void {
  const { tenantId } = subject;
  const principalId = holderId ?? subject.subject;
  for (const permission of scope?.split(" ") ?? []) {
    usage.exercised({ tenantId, principalId, permission });
  }
}
