import { setTimeout as sleep } from "node:timers/promises";
import { auditOf, type Actor } from "../audit/audit.ts";
import type { GuardedFetch } from "../fetch/fetch.ts";
import type { Sealer } from "../keys/sealing.ts";
import type { Log } from "../log.ts";
import { createSeenNotes, type SeenNotes } from "../seen-notes.ts";
import type { Feed } from "../store/feed.ts";
import {
  type ConnectionRecord,
  type ConnectionStore,
  type ConnectionTokens,
  type DatasourceStore,
} from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { ConnectionRefused, ProviderPaused } from "./connection-refused.ts";
import { providerOf } from "./datasource.ts";
import type { ExchangeNotes } from "./exchange-notes.ts";
import { connectedWith, openTokens, type HeldTokens } from "./held-tokens.ts";
import { createFlights, isTried } from "./flights.ts";
import { createFindUsable } from "./known-connections.ts";
import { insist } from "./insist.ts";
import { callProvider } from "./protocol/provider-call.ts";
import { ProviderError } from "./protocol/provider-error.ts";
import { parseTokenAnswer, type TokenAnswer } from "./protocol/token-answer.ts";
import { buildRefresh } from "./protocol/token-request.ts";
import type { Provider } from "./provider.ts";
import type { Asking, ProviderPauses } from "./provider-pauses.ts";
import { redirectUrlOf } from "./redirect-url.ts";
import {
  checkRenewable,
  isStillNeeded,
  judge,
  pauseMsOf,
  readState,
  type Need,
} from "./refresh-need.ts";
import { failedWith, lostTriesMax, mayBeSpent, spendsToken } from "./refresh-outcome.ts";

/**
 * Tokens that can be used now, however many ask and in however many processes. A refresh writes down
 * what it is about to do, calls the provider, stores what came, and only then is it used: whoever is
 * killed in between leaves a note that says how often the present token was sent. No clocks are
 * compared: whoever sees the same note for longer than two calls can take takes it over.
 */

export interface RefreshContext {
  system: System;
  store: ConnectionStore & DatasourceStore;
  sealer: Sealer;
  fetch: GuardedFetch;
  log: Log;
  /** The origin that people use. */
  publicUrl: string;
  /** How long a provider may take to answer. */
  providerTimeoutMs: number;
  exchanges: ExchangeNotes;
  feed: Feed;
  pauses: ProviderPauses;
}

type Whose = Pick<ConnectionRecord, "tenantId" | "id">;

export interface UsableConnection {
  connection: ConnectionRecord;
  /** Without its secrets. */
  provider: Provider;
  accessToken: string;
}

export interface FreshTokens {
  /**
   * The caches must have caught up with the store before. A token that is good now, as far as anybody can tell; never `refusedToken`, which the API has just
   * refused. Throws 404, `ConnectionRefused` and `StoreUnavailable`.
   */
  use(tenantId: string, id: string, refusedToken?: string): Promise<UsableConnection>;
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
  const findUsable = createFindUsable(context);
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
    const known = refusedToken === undefined ? await findUsable({ tenantId, id }) : undefined;
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
type Calling = Renewing & { asking: Asking };

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
      return await callAndStore({ ...context, asking }, begun, providerOf(context, datasource));
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

async function callAndStore(
  context: Calling,
  begun: ConnectionRecord,
  provider: Provider,
): Promise<void> {
  const { system, sealer } = context;
  const held = openTokens(sealer, begun) ?? { accessToken: "" };
  let connection = begun;
  for (;;) {
    try {
      checkTries(provider, connection);
      const answer = await requestTokens(context, { provider, connection, held });
      const change = connectedWith(sealer, connection, answer, system.now());
      return await storeTokens(context, { provider, connection, change });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const again = await tryOnceMore(context, { provider, connection, error });
      if (again === undefined) return storeFailure(context, { provider, connection, error });
      connection = again;
    }
  }
}

/** At once, while somebody waits. */
const triesAtOnceMax = 2;

/** What others began counts too: nobody knows what became of it. */
function checkTries(provider: Provider, connection: ConnectionRecord): void {
  if (connection.refreshTries > lostTriesMax && spendsToken(provider, connection)) {
    throw new ProviderError("answer_lost", { detail: "it was tried before" });
  }
}

async function requestTokens(
  context: Calling,
  about: { provider: Provider; connection: ConnectionRecord; held: HeldTokens },
): Promise<TokenAnswer> {
  const { fetch, system, exchanges, asking, providerTimeoutMs: totalMs } = context;
  const { provider, connection, held } = about;
  const { tokenOrigin, captured } = connection;
  const request = buildRefresh(provider, held, {
    nowMs: system.now(),
    assertionId: system.randomUuid(),
    redirectUri: redirectUrlOf(context),
    tokenOrigin,
    captured,
  });
  return asking.watching((heard) =>
    exchanges.noting(about, request, async (answered) => {
      const answer = await callProvider(fetch, request, { totalMs });
      heard();
      answered(answer);
      const parsing = { step: request.step, nowMs: system.now(), previous: held };
      return parseTokenAnswer(provider, answer, parsing);
    }),
  );
}

/** After a lost answer, once: some providers take the same token again for a while. */
async function tryOnceMore(
  { store, system }: Renewing,
  about: { provider: Provider; connection: ConnectionRecord; error: ProviderError },
): Promise<ConnectionRecord | undefined> {
  const { connection, error, provider } = about;
  const { tenantId, id, tokenVersion, refreshId, refreshTries } = connection;
  const isLost = error.kind === "outcome_unknown" && spendsToken(provider, connection);
  if (!isLost || refreshTries >= triesAtOnceMax) return undefined;
  const change = { refreshTries: refreshTries + 1 };
  const next = { tenantId, id, tokenVersion, refreshId: { is: refreshId }, change };
  if ((await store.moveTokens({ ...next, atMs: system.now(), audit: undefined })) === "conflict")
    return undefined;
  return { ...connection, ...change, tokenVersion: tokenVersion + 1 };
}

interface Result {
  provider: Provider;
  connection: ConnectionRecord;
  change: Partial<ConnectionTokens>;
}

/**
 * The old refresh token may be void by now, so this is not given up while the store is away, nor when
 * somebody else took the refresh over: who has tokens that are newer than the stored ones stores them.
 */
async function storeTokens(context: Renewing, result: Result): Promise<void> {
  const { store, system } = context;
  const { connection, change, provider } = result;
  const { tenantId, id, sealedTokens, refreshId } = connection;
  const isBack = change.state !== undefined && change.state !== connection.state;
  const audit = isBack ? auditOf(system, ownActor(tenantId), actOf(connection, change)) : undefined;
  let { tokenVersion } = connection;
  for (;;) {
    const move = { tenantId, id, tokenVersion, change, atMs: system.now(), audit };
    const outcome = await insist(context, () => store.moveTokens(move));
    if (outcome === "written") return;
    const found = await insist(context, () => store.findConnection(tenantId, id));
    const isReplaced = found?.sealedTokens !== sealedTokens || found?.reason === "settings_changed";
    const isOthers = found?.refreshId !== refreshId && !spendsToken(provider, connection);
    if (found === undefined || isReplaced || isOthers) return;
    tokenVersion = found.tokenVersion;
  }
}

async function storeFailure(
  context: Renewing,
  about: { provider: Provider; connection: ConnectionRecord; error: ProviderError },
): Promise<void> {
  const { store, system, log } = context;
  const { provider, connection, error } = about;
  const { tenantId, id, tokenVersion, refreshId, refreshTries: tries, state } = connection;
  const change = failedWith(provider, connection, error, { nowMs: system.now(), tries });
  log.info(
    { connection: id, cause: error.causeName, detail: error.detail, state: change.state ?? state },
    "a connection could not be renewed",
  );
  const isEnd = change.state !== undefined && change.state !== state;
  const audit = isEnd ? auditOf(system, ownActor(tenantId), actOf(connection, change)) : undefined;
  const refresh = { refreshId: { is: refreshId }, change, atMs: system.now(), audit };
  const move = { tenantId, id, tokenVersion, ...refresh };
  // Somebody else's word is newer, then.
  await insist(context, () => store.moveTokens(move));
}

/** Nobody asked for it: it was due. */
export const ownActor = (tenantId: string): Actor => ({
  type: "system",
  id: "connections",
  tenantId,
  requestId: "",
  sourceAddress: undefined,
});

const actOf = (connection: ConnectionRecord, { state, reason }: Partial<ConnectionTokens>) => ({
  action: `connection.${state}` as const,
  subjectType: "connection",
  subjectId: connection.id,
  before: { state: connection.state },
  after: { state, reason, datasourceId: connection.datasourceId, owner: connection.owner },
});
