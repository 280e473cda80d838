import { setTimeout as sleep } from "node:timers/promises";
import type { Feed } from "../store/feed.ts";
import type { ConnectionRecord, ConnectionStore, DatasourceStore } from "../store/store.ts";
import { newId } from "../system.ts";
import { createSeenNotes, type SeenNotes } from "../seen-notes.ts";
import { ConnectionRefused, ProviderPaused } from "./connection-refused.ts";
import { providerOf } from "./datasource.ts";
import { finishRefresh, type FinishContext } from "./finish-refresh.ts";
import { createFlights, isTried } from "./flights.ts";
import { createKnownUsable, type UsableConnection } from "./known-connections.ts";
import type { ProviderPauses } from "./provider-pauses.ts";
import {
  checkRenewable,
  isStillNeeded,
  judge,
  pauseMsOf,
  readState,
  type Need,
} from "./refresh-need.ts";
import { mayBeSpent } from "./refresh-outcome.ts";

/**
 * Tokens that can be used now, however many ask and in however many processes. A refresh writes down
 * what it is about to do, calls the provider, stores what came, and only then is it used: whoever is
 * killed in between leaves a note that says how often the present token was sent. No clocks are
 * compared: whoever sees the same note for longer than two calls can take takes it over.
 */

export interface RefreshContext extends FinishContext {
  store: ConnectionStore & DatasourceStore;
  feed: Feed;
  pauses: ProviderPauses;
}

type Whose = Pick<ConnectionRecord, "tenantId" | "id">;

export interface FreshTokens {
  /**
   * The caches must have caught up with the store before. A token that is good now, as far as anybody can tell; never `refusedToken`, which the API has just
   * refused. Throws 404, `ConnectionRefused` and `StoreUnavailable`.
   */
  use(tenantId: string, id: string, refusedToken?: string): Promise<UsableConnection>;
  /** The same at once, where nothing has to be read and nothing done; else `undefined`. */
  peek(tenantId: string, id: string): UsableConnection | undefined;
  /** Renews ahead of its time, in the background. */
  renewAhead(connection: Whose): Promise<void>;
  /** Renews what was got before then, though it is good still, unless it has to wait. */
  keepAlive(connection: Whose, gotBeforeMs: number): Promise<void>;
  /** Renews now, also where it was given up. Throws 404 and `ConnectionRefused`. */
  renewNow(tenantId: string, id: string): Promise<void>;
  /** Waits for what is under way: its result must be stored. */
  stop(): Promise<void>;
}

const pollMs = 50;

export function createFreshTokens(context: RefreshContext): FreshTokens {
  const { system, providerTimeoutMs, log, pauses } = context;
  const flights = createFlights(log);
  // Two calls, and time to begin and to store.
  const leaseMs = 2.5 * providerTimeoutMs;
  const notes = createSeenNotes(system, { workMs: leaseMs, entriesMax: 100_000 });
  const usable = createKnownUsable(context);
  const waitMsMax = 2 * leaseMs;

  const renewing = (whose: Whose, need: Need) => () =>
    renewOnce({ ...context, notes }, whose, need);
  const renew = (whose: Whose, need: Need): Promise<void> =>
    flights.join(whose.id, renewing(whose, need));

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
      const verdict = judge(context, state, { ...need, pauseMs: pauseMsOf(pauses, state) });
      if (verdict.is === "refused") {
        throw new ConnectionRefused(verdict.code, connection, verdict.retryAfterMs);
      }
      if (verdict.is === "ending") void renew(connection, {}).catch(() => undefined);
      if (verdict.is !== "due") return { connection, provider, accessToken: verdict.accessToken };
      const leftMs = until - system.elapsedMs();
      if (leftMs <= 0) throw new ConnectionRefused("provider_unavailable", connection, 2_000);
      before ??= connection;
      // What is held back meanwhile is judged anew: the present token may be good still.
      await within(isTried(renew(connection, need)), leftMs);
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
      const byHand = renewing(state.connection, { isByHand: true });
      await flights.insist(state.connection.id, byHand);
    },
    stop: () => flights.settle(),
  };
}

/** Resolves when the flight has ended well, or when the time is up. */
async function within(flight: Promise<unknown>, leftMs: number): Promise<void> {
  const end = new AbortController();
  try {
    await Promise.race([flight, sleep(leftMs, undefined, { signal: end.signal, ref: false })]);
  } finally {
    end.abort();
  }
}

type Renewing = RefreshContext & { notes: SeenNotes };

/** Until it has been renewed, by whomever, or failed. */
async function renewOnce(context: Renewing, whose: Whose, need: Need): Promise<void> {
  const { notes, pauses } = context;
  const { tenantId, id } = whose;
  for (;;) {
    const state = await readState(context, tenantId, id);
    const { connection, datasource } = state;
    if (!isStillNeeded(context, state, need)) return notes.forget(id);
    const { refreshId: seenId } = connection;
    if (seenId !== undefined && !notes.isAbandoned(id, seenId)) {
      await sleep(pollMs);
      continue;
    }
    const isForced = need.isByHand === true || mayBeSpent(connection);
    const asking = pauses.ask(state, { isForced });
    if ("waitMs" in asking) throw new ProviderPaused(connection, asking.waitMs);
    try {
      const begun = await begin(context, connection, need);
      if (begun === undefined) continue;
      notes.forget(id);
      return await finishRefresh({ ...context, asking }, begun, providerOf(context, datasource));
    } finally {
      asking.end();
    }
  }
}

/** Nothing when somebody else was faster. */
async function begin(
  { store, system }: Renewing,
  connection: ConnectionRecord,
  need: Need,
): Promise<ConnectionRecord | undefined> {
  const { tenantId, id, tokenVersion, refreshId: seenId } = connection;
  const change = {
    refreshId: newId(system, "ref_"),
    refreshTries: triesBefore(connection, need) + 1,
  };
  const move = { tenantId, id, tokenVersion, refreshId: { is: seenId }, change };
  const outcome = await store.moveTokens({ ...move, atMs: system.now(), audit: undefined });
  if (outcome === "conflict") return undefined;
  return { ...connection, ...change, tokenVersion: tokenVersion + 1 };
}

/** By hand it may be tried as often as ever, but that an answer was lost is not forgotten. */
const triesBefore = ({ refreshTries }: ConnectionRecord, { isByHand = false }: Need): number =>
  isByHand ? Math.min(refreshTries, 1) : refreshTries;
