import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { Feed } from "../../store/feed.ts";
import { checkMay, identifyCaller, type CallerContext } from "../caller.ts";
import { registerApiKeys, type ApiKeyRoutes } from "./api-keys.ts";
import { registerApis, type ApiRoutes } from "./apis.ts";
import { registerAppClients, type AppClientRoutes } from "./app-clients.ts";
import { registerAuditEvents, type AuditEventRoutes } from "./audit-events.ts";
import { registerCredentials, type CredentialRoutes } from "./credentials.ts";
import { registerExplain, type ExplainRoutes } from "./explain.ts";
import { registerFindings, type FindingRoutes } from "./findings.ts";
import { registerRefusals, type RefusalRoutes } from "./refusals.ts";
import { registerRoles, type RoleRoutes } from "./roles.ts";
import { registerSigningKeys, type SigningKeyRoutes } from "./signing-keys.ts";
import { registerUsage, type UsageRoutes } from "./usage.ts";
import { registerUsers, type UserRoutes } from "./users.ts";

/**
 * The administration under `/v2`. Before every call the caches are compared with the store's head,
 * and after every change too: what one process answers, every other one obeys.
 */

export interface AdminContext
  extends
    ApiKeyRoutes,
    ApiRoutes,
    AppClientRoutes,
    AuditEventRoutes,
    CredentialRoutes,
    ExplainRoutes,
    FindingRoutes,
    RefusalRoutes,
    RoleRoutes,
    SigningKeyRoutes,
    UsageRoutes,
    UserRoutes {
  store: ApiKeyRoutes["store"] &
    ApiRoutes["store"] &
    AppClientRoutes["store"] &
    AuditEventRoutes["store"] &
    CredentialRoutes["store"] &
    ExplainRoutes["store"] &
    RoleRoutes["store"] &
    SigningKeyRoutes["store"] &
    UsageRoutes["store"] &
    UserRoutes["store"];
  callers: CallerContext;
  feed: Feed;
  sourceAddressOf: CallerSource;
}

type CallerSource = (request: IncomingMessage) => string;

export function registerAdminApi(server: FastifyInstance, context: AdminContext): void {
  const { callers, feed, sourceAddressOf } = context;
  const typed = server.withTypeProvider<TypeBoxTypeProvider>();

  typed.decorateRequest("caller");
  typed.addHook("onRequest", async (request) => {
    await callers.revocations.catchUp();
    request.caller = await identifyCaller(callers, request.raw, {
      requestId: request.id,
      sourceAddress: sourceAddressOf(request.raw),
    });
    const { permission } = request.routeOptions.config;
    if (permission !== undefined) checkMay(request.caller, permission);
  });
  typed.addHook("onSend", async (request, reply) => {
    reply.header("cache-control", "no-store");
    // The change is stored already: an answer that says so must not fail for want of an echo.
    if (request.method !== "GET") await feed.catchUp().catch(() => undefined);
  });

  registerAppClients(typed, context);
  registerCredentials(typed, context);
  registerAuditEvents(typed, context);
  registerRefusals(typed, context);
  registerUsage(typed, context);
  registerFindings(typed, context);
  registerApiKeys(typed, context);
  registerUsers(typed, context);
  registerSigningKeys(typed, context);
  registerApis(typed, context);
  registerRoles(typed, context);
  registerExplain(typed, context);
}
