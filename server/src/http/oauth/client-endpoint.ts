import type { Usage } from "../../audit/usage.ts";
import {
  authenticateClient,
  ClientRefused,
  type AuthenticatedClient,
} from "../../clients/authentication.ts";
import type { KnownClients } from "../../clients/known-clients.ts";
import { OAuthError } from "../../errors/oauth-error.ts";
import type { TokenParameters } from "../../grants/grant.ts";
import type { Log } from "../../log.ts";
import type { System } from "../../system.ts";
import type { FailureBudget } from "../failure-budget.ts";
import type { Endpoint, HttpAnswer, HttpRequest } from "../message.ts";
import { writeOAuthError } from "../oauth-error.ts";
import { parsePresentedClient } from "../presented-client.ts";

/**
 * What the endpoints share at which an app client proves itself: token [RFC 6749 §3.2],
 * introspection [RFC 7662 §2.1] and revocation [RFC 7009 §2.1].
 */

export interface ClientEndpointContext {
  system: System;
  log: Log;
  clients: KnownClients;
  failures: FailureBudget;
  usage: Usage;
  /** Under which tenant a refusal counts that names no client of ours. */
  firstTenantId: string;
}

/** An endpoint that takes POST, and whose every refusal is counted and written in one way. */
export function clientEndpoint(
  context: ClientEndpointContext,
  handle: (request: HttpRequest) => Promise<HttpAnswer>,
): Endpoint {
  return async (request) => {
    try {
      if (request.method !== "POST") throw new OAuthError("method_not_allowed");
      return await handle(request);
    } catch (error) {
      return refuse(context, request, error);
    }
  };
}

/** Throws `invalid_client`. */
export function authenticate(
  { clients, system }: ClientEndpointContext,
  request: HttpRequest,
  parameters: TokenParameters,
): Promise<AuthenticatedClient> {
  return authenticateClient(clients, parsePresentedClient(request, parameters), system.now());
}

/** Says to whom something was refused after the client had proved itself. */
export function refusedTo({ client, credential }: AuthenticatedClient, error: unknown): unknown {
  if (error instanceof OAuthError) {
    error.client ??= client;
    error.credentialId ??= credential?.id;
  }
  return error;
}

/** Only a failed authentication spends the budget; a right secret is never throttled. */
function refuse(context: ClientEndpointContext, request: HttpRequest, error: unknown): HttpAnswer {
  const { failures, usage, firstTenantId, log } = context;
  if (!(error instanceof OAuthError)) return writeOAuthError(request, error, log);
  const { client, credentialId } = error;
  const tenantId = client?.tenantId ?? firstTenantId;
  usage.refused({ tenantId, clientId: client?.clientId, credentialId }, error.refusal);
  if (!(error instanceof ClientRefused)) return writeOAuthError(request, error, log);
  const waitSeconds = failures.spend(error.clientId, request.sourceAddress);
  if (waitSeconds === undefined) return writeOAuthError(request, error, log);
  const throttled = new OAuthError("too_many_failures", error.refusal);
  throttled.client = client;
  return writeOAuthError(request, throttled, log, waitSeconds);
}
