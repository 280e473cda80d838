import type { Connection, ConnectionToken } from "@countersign/protocol/admin/connections.ts";
import { mayDo } from "../../access/rights.ts";
import { auditOf } from "../../audit/audit.ts";
import type { ConnectionContext } from "../../datasources/connection.ts";
import type { Outbound } from "../../datasources/outbound.ts";
import type { FreshTokens } from "../../datasources/refresh.ts";
import type { AuditStore, ConnectionRecord } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import { isoTime } from "../iso-time.ts";
import type { PageKeys } from "../page-key.ts";
import { toConnection } from "./connection-body.ts";

/** What the routes of connections have in common. */

export interface ConnectionRoutes extends ConnectionContext {
  store: ConnectionContext["store"] & AuditStore;
  pageKeys: PageKeys;
  outbound(): Promise<Outbound>;
  freshTokens(): Promise<FreshTokens>;
}

/** `caller`: with the permission to connect, the answer has a link. */
export async function showConnection(
  context: ConnectionRoutes,
  connection: ConnectionRecord,
  caller?: Caller,
): Promise<Connection> {
  const machinery = await context.outbound();
  const { loadDatasource, toShownProvider, wordsOf, toleranceWords, connectUrlOf } = machinery;
  const { tenantId, datasourceId } = connection;
  const provider = toShownProvider(await loadDatasource(context, tenantId, datasourceId));
  const isLinked =
    caller !== undefined &&
    mayDo(caller.rights, "connections:write") &&
    provider.settings.grantType === "authorization_code";
  const connectUrl = isLinked ? connectUrlOf(context, connection) : undefined;
  const nowMs = context.system.now();
  return toConnection(connection, { provider, nowMs, connectUrl, wordsOf, toleranceWords });
}

/** Runs `act`; what keeps the connection from being used becomes an answer with the link. */
export async function usingConnection<Result>(
  context: ConnectionRoutes,
  act: (freshTokens: FreshTokens) => Promise<Result>,
): Promise<Result> {
  try {
    return await act(await context.freshTokens());
  } catch (error) {
    throw await refusalOf(context, error);
  }
}

/** What keeps a connection from being used, as an answer. */
export async function refusalOf(context: ConnectionRoutes, error: unknown): Promise<unknown> {
  const { toAdminError } = await import("./connection-errors.ts");
  const { connectUrlOf } = await context.outbound();
  return toAdminError(error, (connection) => connectUrlOf(context, connection));
}

export async function refreshNow(
  context: ConnectionRoutes,
  caller: Caller,
  id: string,
): Promise<ConnectionRecord> {
  const { loadConnection } = await context.outbound();
  const { system, store } = context;
  const { tenantId } = caller.actor;
  const { id: subjectId } = await loadConnection(context, tenantId, id);
  const act = { action: "connection.refresh_asked" as const, subjectType: "connection", subjectId };
  // Before it is done: what came of it is written with the tokens, and a provider may have heard of it.
  await store.insertAudit({ audit: auditOf(system, caller.actor, act) });
  await usingConnection(context, (freshTokens) => freshTokens.renewNow(tenantId, id));
  return loadConnection(context, tenantId, id);
}

export async function readTokenOf(
  context: ConnectionRoutes,
  caller: Caller,
  id: string,
): Promise<ConnectionToken> {
  const { system, store } = context;
  const { actor } = caller;
  const { connection, accessToken } = await usingConnection(context, (freshTokens) =>
    freshTokens.use(actor.tenantId, id),
  );
  const act = {
    action: "connection.token_read" as const,
    subjectType: "connection",
    subjectId: id,
  };
  await store.insertAudit({ audit: auditOf(system, actor, act) });
  const { expiresAtMs, grantedScopes } = connection;
  return {
    access_token: accessToken,
    token_type: "Bearer",
    ...(expiresAtMs === undefined
      ? {}
      : {
          expires_in: Math.max(0, Math.floor((expiresAtMs - system.now()) / 1_000)),
          expires_at: isoTime(expiresAtMs),
        }),
    ...(grantedScopes === undefined ? {} : { scope: grantedScopes.join(" ") }),
  };
}
