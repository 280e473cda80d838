import type { FastifyInstance } from "fastify";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { registerApiKeys, type ApiKeyRoutes } from "./api-keys.ts";
import { registerApiReference, type ApiReferenceRoutes } from "./api-reference.ts";
import { registerApis, type ApiRoutes } from "./apis.ts";
import { registerAppClients, type AppClientRoutes } from "./app-clients.ts";
import { registerAuditEvents, type AuditEventRoutes } from "./audit-events.ts";
import { registerCredentials, type CredentialRoutes } from "./credentials.ts";
import type { ConnectionRoutes } from "./connection-acts.ts";
import {
  registerConnectionExchanges,
  type ConnectionExchangeRoutes,
} from "./connection-exchanges.ts";
import { registerConnectionProxy, type ProxyRoutes } from "./connection-proxy.ts";
import { registerConnections } from "./connections.ts";
import { registerDatasourceChecks } from "./datasource-checks.ts";
import { registerDatasourceImport } from "./datasource-import.ts";
import { registerDatasourceProfiles } from "./datasource-profiles.ts";
import { registerDatasources, type DatasourceRoutes } from "./datasources.ts";
import { registerExplain, type ExplainRoutes } from "./explain.ts";
import { registerFindings, type FindingRoutes } from "./findings.ts";
import { finish, identify, type IdentifyContext } from "./identify.ts";
import { registerLeaks, type LeakRoutes } from "./leaks.ts";
import { registerRefusals, type RefusalRoutes } from "./refusals.ts";
import { registerRoleImpact, type RoleImpactRoutes } from "./role-impact.ts";
import { registerRoles, type RoleRoutes } from "./roles.ts";
import { registerSession, type SessionRoutes } from "./session.ts";
import { registerSigningKeys, type SigningKeyRoutes } from "./signing-keys.ts";
import { registerUsage, type UsageRoutes } from "./usage.ts";
import { registerUsers, type UserRoutes } from "./users.ts";
import { registerWebhookDeliveries } from "./webhook-deliveries.ts";
import { registerWebhooks, type WebhookRoutes } from "./webhooks.ts";

/**
 * The administration under `/v2`: who calls is found out in `identify.ts`, before anything else.
 */

export interface AdminContext
  extends
    ApiKeyRoutes,
    ApiReferenceRoutes,
    ApiRoutes,
    AppClientRoutes,
    AuditEventRoutes,
    CredentialRoutes,
    ConnectionRoutes,
    DatasourceRoutes,
    ExplainRoutes,
    FindingRoutes,
    LeakRoutes,
    ProxyRoutes,
    RefusalRoutes,
    RoleImpactRoutes,
    RoleRoutes,
    SessionRoutes,
    SigningKeyRoutes,
    UsageRoutes,
    UserRoutes,
    WebhookRoutes {
  callers: IdentifyContext["callers"];
  sourceAddressOf: IdentifyContext["sourceAddressOf"];
  feed: IdentifyContext["feed"];
  store: ApiKeyRoutes["store"] &
    ApiReferenceRoutes["store"] &
    ApiRoutes["store"] &
    AppClientRoutes["store"] &
    AuditEventRoutes["store"] &
    CredentialRoutes["store"] &
    ConnectionExchangeRoutes["store"] &
    ConnectionRoutes["store"] &
    DatasourceRoutes["store"] &
    ExplainRoutes["store"] &
    LeakRoutes["store"] &
    RoleImpactRoutes["store"] &
    RoleRoutes["store"] &
    SessionRoutes["store"] &
    SigningKeyRoutes["store"] &
    UsageRoutes["store"] &
    UserRoutes["store"] &
    WebhookRoutes["store"];
}

export function registerAdminApi(server: FastifyInstance, context: AdminContext): void {
  const typed = server.withTypeProvider<TypeBoxTypeProvider>();

  typed.decorateRequest("caller");
  typed.addHook("onRequest", async (request) => identify(context, request));
  typed.addHook("onSend", async (request, reply) => finish(context, request, reply));

  registerAppClients(typed, context);
  registerCredentials(typed, context);
  registerAuditEvents(typed, context);
  registerRefusals(typed, context);
  registerUsage(typed, context);
  registerFindings(typed, context);
  registerApiKeys(typed, context);
  registerUsers(typed, context);
  registerSession(typed, context);
  registerSigningKeys(typed, context);
  registerApis(typed, context);
  registerApiReference(typed, context);
  registerRoles(typed, context);
  registerRoleImpact(typed, context);
  registerExplain(typed, context);
  registerLeaks(typed, context);
  registerDatasources(typed, context);
  registerDatasourceProfiles(typed, context);
  registerDatasourceChecks(typed, context);
  registerDatasourceImport(typed, context);
  registerConnections(typed, context);
  registerConnectionProxy(typed, context);
  registerConnectionExchanges(typed, context);
  registerWebhooks(typed, context);
  registerWebhookDeliveries(typed, context);
}
