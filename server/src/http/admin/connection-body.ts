import type {
  Connection,
  ConnectionState,
  CreateConnection,
  UpdateConnection,
} from "@countersign/protocol/admin/connections.ts";
import type { ConnectionInput } from "../../datasources/connection.ts";
import type { Provider } from "../../datasources/provider.ts";
import type { ConnectionRecord } from "../../store/store.ts";
import { isoTime } from "../iso-time.ts";
import { changed, optional } from "./member.ts";

/** Connections on the wire and inside: the conversion between them happens here and nowhere else. */

export const toConnectionInput = (body: CreateConnection): ConnectionInput => ({
  owner: body.owner ?? "",
  plainRefreshToken: body.refresh_token,
  externalId: body.external_id,
  labels: body.labels ?? {},
});

export const applyConnection = (before: ConnectionRecord, body: UpdateConnection) => ({
  enabled: body.enabled ?? before.enabled,
  externalId: changed(body.external_id, before.externalId),
  labels: body.labels ?? before.labels,
});

/** As long as somebody has to come back from the provider. */
export const connectingMs = 10 * 60_000;

function stateOf(connection: ConnectionRecord, nowMs: number): ConnectionState {
  const { enabled, state, refreshId, sinceMs } = connection;
  if (!enabled) return "disabled";
  if (refreshId !== undefined) return "refreshing";
  const isLeft = state === "connecting" && nowMs - sinceMs > connectingMs;
  return isLeft ? "not_connected" : (state as ConnectionState);
}

const time = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : isoTime(ms);

export interface ConnectionView {
  provider: Provider;
  nowMs: number;
  connectUrl?: string | undefined;
  wordsOf(
    reason: string | undefined,
    isConnecting?: boolean,
  ): { message: string; fix: string } | undefined;
  toleranceWords: Readonly<Record<string, string>>;
}

export function toConnection(connection: ConnectionRecord, view: ConnectionView): Connection {
  const { settings } = view.provider;
  const { reason, reasonDetail, grantedScopes, requestedScopes, owner } = connection;
  const isMachine = settings.grantType === "client_credentials";
  const words = view.wordsOf(reason, connection.state === "not_connected" && !isMachine);
  const requested = isMachine ? settings.scopes : requestedScopes;
  const granted = grantedScopes ?? requested;
  return {
    id: connection.id,
    datasource_id: connection.datasourceId,
    ...optional("owner", owner === "" ? undefined : owner),
    enabled: connection.enabled,
    state: stateOf(connection, view.nowMs),
    since: isoTime(connection.sinceMs),
    ...(reason === undefined || words === undefined
      ? {}
      : { reason: { code: reason, ...words, ...optional("provider", reasonDetail) } }),
    ...optional("connect_url", view.connectUrl),
    ...optional("account", connection.account),
    requested_scopes: [...requested],
    ...optional("granted_scopes", grantedScopes),
    missing_scopes: settings.scopes.filter((scope) => !granted.includes(scope)),
    tolerances: connection.tolerances.map((code) => ({
      code,
      message: view.toleranceWords[code] ?? "",
    })),
    ...optional("obtained_at", time(connection.tokensAtMs)),
    ...optional("expires_at", time(connection.expiresAtMs)),
    ...optional("refresh_token_expires_at", time(connection.refreshTokenExpiresAtMs)),
    ...optional("next_try_at", time(connection.nextTryAtMs)),
    ...optional("external_id", connection.externalId),
    labels: connection.labels,
    created_at: isoTime(connection.createdAtMs),
    updated_at: isoTime(connection.updatedAtMs),
  };
}
