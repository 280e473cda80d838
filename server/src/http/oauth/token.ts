import type { TokenResponse } from "@countersign/protocol/oauth.ts";
import type { Usage } from "../../audit/usage.ts";
import {
  authenticateClient,
  ClientRefused,
  type AuthenticatedClient,
} from "../../clients/authentication.ts";
import type { KnownClients } from "../../clients/known-clients.ts";
import { OAuthError } from "../../errors/oauth-error.ts";
import {
  checkMayUseGrant,
  findGrant,
  type GrantContext,
  type TokenParameters,
} from "../../grants/grant.ts";
import type { Log } from "../../log.ts";
import type { System } from "../../system.ts";
import type { IssuedToken } from "../../tokens/access-token.ts";
import type { FailureBudget } from "../failure-budget.ts";
import { jsonType, noStore, type Endpoint, type HttpAnswer, type HttpRequest } from "../message.ts";
import { writeOAuthError } from "../oauth-error.ts";
import { parsePresentedClient } from "../presented-client.ts";

/** The token endpoint [RFC 6749 §3.2]: the steps that all grants share, in their order. */

export interface TokenContext extends GrantContext {
  system: System;
  log: Log;
  clients: KnownClients;
  failures: FailureBudget;
  usage: Usage;
  /** Under which tenant a refusal counts that names no client of ours. */
  firstTenantId: string;
}

export function createTokenEndpoint(
  context: TokenContext,
  parse: (request: HttpRequest) => TokenParameters,
): Endpoint {
  return async (request) => {
    try {
      if (request.method !== "POST") throw new OAuthError("method_not_allowed");
      const parameters = parse(request);
      const grant = findGrant(parameters);
      const authenticated = await authenticate(context, request, parameters);
      checkMayUseGrant(authenticated, grant);
      const issued = await grant.issue({ ...authenticated, parameters }, context);
      countIssued(context, request, authenticated);
      return answer(issued);
    } catch (error) {
      return refuse(context, request, error);
    }
  };
}

function authenticate(
  { clients, system }: TokenContext,
  request: HttpRequest,
  parameters: TokenParameters,
): Promise<AuthenticatedClient> {
  return authenticateClient(clients, parsePresentedClient(request, parameters), system.now());
}

/** RFC 6749 §5.1; the scope is always said, so that nobody has to guess what was granted. */
function answer({ accessToken, lifetimeSeconds, scope, details }: IssuedToken): HttpAnswer {
  const response: TokenResponse = {
    access_token: accessToken,
    token_type: "Bearer",
    expires_in: lifetimeSeconds,
    ...(scope.size > 0 ? { scope: [...scope].join(" ") } : undefined),
    ...(details.length > 0 ? { authorization_details: details } : undefined),
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
  { client, credential }: AuthenticatedClient,
): void {
  const { tenantId, clientId } = client;
  const credentialId = credential?.id ?? "";
  const use = { tenantId, clientId, credentialId, sourceAddress, userAgent: headers["user-agent"] };
  usage.issued(use);
  if (credential !== undefined && headers.origin !== undefined) {
    usage.seenFromBrowser(use, headers.origin);
  }
}

/** Only a failed authentication spends the budget; a right secret is never throttled. */
function refuse(context: TokenContext, request: HttpRequest, error: unknown): HttpAnswer {
  const { failures, usage, firstTenantId, log } = context;
  if (!(error instanceof OAuthError)) return writeOAuthError(request, error, log);
  const client = error instanceof ClientRefused ? error.client : undefined;
  usage.refused(client?.tenantId ?? firstTenantId, client?.clientId, error.refusal);
  if (!(error instanceof ClientRefused)) return writeOAuthError(request, error, log);
  const waitSeconds = failures.spend(error.clientId, request.sourceAddress);
  const refusal = waitSeconds === undefined ? error : new OAuthError("too_many_failures");
  return writeOAuthError(request, refusal, log, waitSeconds);
}
