import { setTimeout as sleep } from "node:timers/promises";
import { notFound } from "../errors/admin-error.ts";
import type { Feed } from "../store/feed.ts";
import type {
  ConnectionRecord,
  ConnectionStore,
  DatasourceRecord,
  DatasourceStore,
} from "../store/store.ts";
import { newId } from "../system.ts";
import { ConnectionRefused } from "./connection-refused.ts";
import { loadDatasource, providerOf, toShownProvider } from "./datasource.ts";
import { finishRefresh, type FinishContext } from "./finish-refresh.ts";
import { openTokens } from "./held-tokens.ts";
import { createKnownUsable, type UsableConnection } from "./known-connections.ts";
import type { Provider } from "./provider.ts";
import { createNotes, type Notes } from "./refresh-notes.ts";
import { judgeTokens, type Verdict } from "./token-due.ts";

/**
 * Tokens that can be used now, however many ask and in however many processes. A refresh writes down
 * what it is about to do, calls the provider, stores what came, and only then is it used: whoever is
 * killed in between leaves a note that says how often the present token was sent. No clocks are
 * compared: whoever sees the same note for longer than two calls can take takes it over.
 */

export interface RefreshContext extends FinishContext {
  store: ConnectionStore & DatasourceStore;
  feed: Feed;
}

export interface FreshTokens {
  /**
   * The caches must have caught up with the store before. A token that is good now, as far as anybody can tell; never `refusedToken`, which the API has just
   * refused. Throws 404, `ConnectionRefused` and `StoreUnavailable`.
   */
  use(tenantId: string, id: string, refusedToken?: string): Promise<UsableConnection>;
  /** The same at once, where nothing has to be read and nothing done; else `undefined`. */
  peek(tenantId: string, id: string): UsableConnection | undefined;
  /** Renews ahead of its time, in the background. */
  renewAhead(connection: Pick<ConnectionRecord, "tenantId" | "id">): Promise<void>;
  /** Renews what was got before then, though it is good still, unless it has to wait. */
  keepAlive(
    connection: Pick<ConnectionRecord, "tenantId" | "id">,
    gotBeforeMs: number,
  ): Promise<void>;
  /** Renews now, also where it was given up. Throws 404 and `ConnectionRefused`. */
  renewNow(tenantId: string, id: string): Promise<void>;
  /** Waits for what is under way: its result must be stored. */
  stop(): Promise<void>;
}

const pollMs = 50;

interface Need {
  refusedToken?: string | undefined;
  isByHand?: boolean;
  /** Somebody waited for these tokens, and got them a moment ago. */
  isNew?: boolean;
  /** Good tokens are renewed too when they were got before then. */
  gotBeforeMs?: number;
}

export function createFreshTokens(context: RefreshContext): FreshTokens {
  const { system, providerTimeoutMs, log } = context;
  const flights = new Map<string, Promise<void>>();
  // Two calls, and time to begin and to store.
  const leaseMs = 2.5 * providerTimeoutMs;
  const notes = createNotes(system, leaseMs);
  const usable = createKnownUsable(context);
  const waitMsMax = 2 * leaseMs;

  /** One for all who ask in this process. */
  function renew(whose: Pick<ConnectionRecord, "tenantId" | "id">, need: Need): Promise<void> {
    const known = flights.get(whose.id);
    if (known !== undefined) return known;
    const flight = renewOnce({ ...context, notes }, whose, need).finally(() =>
      flights.delete(whose.id),
    );
    flights.set(whose.id, flight);
    // Who waits hears of it; in the background nobody does.
    flight.catch((error: unknown) => {
      if (error instanceof ConnectionRefused) return;
      log.warn({ err: error, connection: whose.id }, "a connection was not renewed");
    });
    return flight;
  }

  async function use(
    tenantId: string,
    id: string,
    refusedToken?: string,
  ): Promise<UsableConnection> {
    const known = refusedToken === undefined ? await usable.find({ tenantId, id }) : undefined;
    if (known !== undefined) return known;
    const until = system.elapsedMs() + waitMsMax;
    let before: Pick<ConnectionRecord, "tokensAtMs"> | undefined;
    for (;;) {
      const state = await readState(context, tenantId, id);
      const { connection, provider } = state;
      // Some providers let the same token live on: what was renewed is good, whatever it looks like.
      const isNew = before !== undefined && connection.tokensAtMs !== before.tokensAtMs;
      const need = isNew ? { isNew } : { refusedToken };
      const verdict = judge(context, state, need);
      if (verdict.is === "refused") {
        throw new ConnectionRefused(verdict.code, connection, verdict.retryAfterMs);
      }
      if (verdict.is === "ending") void renew(connection, {}).catch(() => undefined);
      if (verdict.is !== "due") return { connection, provider, accessToken: verdict.accessToken };
      const leftMs = until - system.elapsedMs();
      if (leftMs <= 0) throw new ConnectionRefused("provider_unavailable", connection, 2_000);
      before ??= connection;
      await within(renew(connection, need), leftMs);
    }
  }

  return {
    use,
    peek: (tenantId, id) => usable.peek({ tenantId, id }),
    renewAhead: (whose) => renew(whose, {}),
    keepAlive: (whose, gotBeforeMs) => renew(whose, { gotBeforeMs }),
    async renewNow(tenantId, id) {
      const state = await readState(context, tenantId, id);
      checkRenewable(state);
      await renew(state.connection, { isByHand: true });
    },
    async stop() {
      await Promise.allSettled(flights.values());
    },
  };
}

/** Throws `ConnectionRefused`. */
function checkRenewable({ connection, provider }: State): void {
  const isMachine = provider.settings.grantType === "client_credentials";
  if (!connection.enabled) throw new ConnectionRefused("disabled", connection);
  if (!isMachine && connection.sealedTokens === undefined) {
    throw new ConnectionRefused("not_connected", connection);
  }
}

/** Resolves when the flight has ended well, or when the time is up. */
async function within(flight: Promise<void>, leftMs: number): Promise<void> {
  const end = new AbortController();
  try {
    await Promise.race([flight, sleep(leftMs, undefined, { signal: end.signal, ref: false })]);
  } finally {
    end.abort();
  }
}

interface State {
  connection: ConnectionRecord;
  datasource: DatasourceRecord;
  /** Without its secrets. */
  provider: Provider;
}

async function readState(
  { store }: Pick<RefreshContext, "store">,
  tenantId: string,
  id: string,
): Promise<State> {
  const connection = await store.findConnection(tenantId, id);
  if (connection === undefined) throw notFound(id);
  const datasource = await loadDatasource({ store }, tenantId, connection.datasourceId);
  return { connection, datasource, provider: toShownProvider(datasource) };
}

function judge(
  { sealer, system }: Pick<RefreshContext, "sealer" | "system">,
  { connection, provider }: Pick<State, "connection" | "provider">,
  { refusedToken, isNew = false }: Need,
): Verdict {
  const held = openTokens(sealer, connection);
  const verdict = judgeTokens(provider, connection, held, { nowMs: system.now(), refusedToken });
  // They are tried, however short their life is said to be: the next ones would be no better.
  const isTried = verdict.is === "due" && isNew && held !== undefined && held.accessToken !== "";
  return isTried ? { is: "usable", accessToken: held.accessToken } : verdict;
}

type Renewing = RefreshContext & { notes: Notes };

/** Until it has been renewed, by whomever, or failed. */
async function renewOnce(
  context: Renewing,
  whose: Pick<ConnectionRecord, "tenantId" | "id">,
  need: Need,
): Promise<void> {
  const { store, system, notes } = context;
  const { tenantId, id } = whose;
  for (;;) {
    const state = await readState(context, tenantId, id);
    const { connection, datasource } = state;
    if (!isStillNeeded(context, state, need)) return notes.forget(id);
    const { refreshId: seenId, tokenVersion } = connection;
    if (seenId !== undefined && !notes.isAbandoned(id, seenId)) {
      await sleep(pollMs);
      continue;
    }
    const refreshId = newId(system, "ref_");
    const refreshTries = triesBefore(connection, need) + 1;
    const change = { refreshId, refreshTries };
    const begin = { tenantId, id, tokenVersion, refreshId: { is: seenId }, change };
    if ((await store.moveTokens({ ...begin, atMs: system.now(), audit: undefined })) === "conflict")
      continue;
    notes.forget(id);
    const begun = { ...connection, ...change, tokenVersion: tokenVersion + 1 };
    return finishRefresh(context, begun, providerOf(context, datasource));
  }
}

/** By hand it may be tried as often as ever, but that an answer was lost is not forgotten. */
const triesBefore = ({ refreshTries }: ConnectionRecord, { isByHand = false }: Need): number =>
  isByHand ? Math.min(refreshTries, 1) : refreshTries;

function isStillNeeded(context: Renewing, state: State, need: Need): boolean {
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
