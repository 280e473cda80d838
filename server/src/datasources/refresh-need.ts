import { notFound } from "../errors/admin-error.ts";
import type { ConnectionRecord, DatasourceRecord } from "../store/store.ts";
import { ConnectionRefused } from "./connection-refused.ts";
import { loadDatasource, toShownProvider } from "./datasource.ts";
import { openTokens } from "./held-tokens.ts";
import type { Provider } from "./provider.ts";
import type { ProviderPauses } from "./provider-pauses.ts";
import { mayBeSpent } from "./refresh-outcome.ts";
import type { RefreshContext } from "./refresh.ts";
import { judgeTokens, type Verdict } from "./token-due.ts";

/** Whether a connection needs other tokens, as it stands in the store now, and for whom. */

export interface Need {
  refusedToken?: string | undefined;
  isByHand?: boolean;
  /** Somebody waited for these tokens, and got them a moment ago. */
  isNew?: boolean;
  /** Good tokens are renewed too when they were got before then. */
  gotBeforeMs?: number;
  /** The provider is to be left alone for so long, because of what others were told. */
  pauseMs?: number;
}

export interface State {
  connection: ConnectionRecord;
  datasource: DatasourceRecord;
  /** Without its secrets. */
  provider: Provider;
}

export async function readState(
  { store }: Pick<RefreshContext, "store">,
  tenantId: string,
  id: string,
): Promise<State> {
  const connection = await store.findConnection(tenantId, id);
  if (connection === undefined) throw notFound(id);
  const datasource = await loadDatasource({ store }, tenantId, connection.datasourceId);
  return { connection, datasource, provider: toShownProvider(datasource) };
}

export function judge(
  { sealer, system }: Pick<RefreshContext, "sealer" | "system">,
  { connection, provider }: Pick<State, "connection" | "provider">,
  { refusedToken, isNew = false, pauseMs = 0 }: Need,
): Verdict {
  const held = openTokens(sealer, connection);
  const verdict = judgeTokens(provider, connection, held, {
    nowMs: system.now(),
    refusedToken,
    pauseMs,
  });
  // They are tried, however short their life is said to be: the next ones would be no better.
  const isTried = verdict.is === "due" && isNew && held !== undefined && held.accessToken !== "";
  return isTried ? { is: "usable", accessToken: held.accessToken } : verdict;
}

/** Throws `ConnectionRefused` when it cannot be renewed. */
export function isStillNeeded(
  context: Pick<RefreshContext, "sealer" | "system">,
  state: State,
  need: Need,
): boolean {
  const { connection } = state;
  if (need.isByHand === true) return true;
  const verdict = judge(context, state, need);
  if (verdict.is === "usable") return isLeftAlone(connection, need, context.system.now());
  if (verdict.is !== "refused") return true;
  throw new ConnectionRefused(verdict.code, connection, verdict.retryAfterMs);
}

function isLeftAlone(
  { tokensAtMs = 0, nextTryAtMs = 0 }: ConnectionRecord,
  { gotBeforeMs = 0 }: Need,
  nowMs: number,
): boolean {
  return tokensAtMs < gotBeforeMs && nextTryAtMs <= nowMs;
}

/** Throws `ConnectionRefused`. */
export function checkRenewable({ connection, provider }: State): void {
  const isMachine = provider.settings.grantType === "client_credentials";
  if (!connection.enabled) throw new ConnectionRefused("disabled", connection);
  if (!isMachine && connection.sealedTokens === undefined) {
    throw new ConnectionRefused("not_connected", connection);
  }
}

/** How long a renewal has to wait for others; what may be spent already does not. */
export const pauseMsOf = (
  pauses: Pick<ProviderPauses, "waitMs">,
  endpoint: { connection: ConnectionRecord; datasource: DatasourceRecord },
): number => (mayBeSpent(endpoint.connection) ? 0 : pauses.waitMs(endpoint));
