import { auditOf, type Actor } from "../audit/audit.ts";
import type { GuardedFetch } from "../fetch/fetch.ts";
import type { Sealer } from "../keys/sealing.ts";
import type { Log } from "../log.ts";
import type { ConnectionRecord, ConnectionStore, ConnectionTokens } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import type { ExchangeNotes } from "./exchange-notes.ts";
import { connectedWith, openTokens, sealTokens, type HeldTokens } from "./held-tokens.ts";
import { insist } from "./insist.ts";
import { joinedAnswer } from "./protocol/joined-answer.ts";
import { callProvider } from "./protocol/provider-call.ts";
import { ProviderError } from "./protocol/provider-error.ts";
import type { ProviderRequest } from "./protocol/step-request.ts";
import { parseTokenAnswer, type TokenAnswer } from "./protocol/token-answer.ts";
import {
  buildRefresh,
  buildUpgrade,
  hasUpgrade,
  type RequestContext,
} from "./protocol/token-request.ts";
import type { Provider } from "./provider.ts";
import type { Asking } from "./provider-pauses.ts";
import { redirectUrlOf } from "./redirect-url.ts";
import { failedWith, lostTriesMax, spendsToken } from "./refresh-outcome.ts";

/**
 * A refresh that was noted, to its end: the call, or two where the provider wants two, and what came of
 * it in the store. What a refresh token was spent for is stored before anything else is done with it.
 */

export interface FinishContext {
  system: System;
  store: Pick<ConnectionStore, "findConnection" | "moveTokens">;
  sealer: Sealer;
  fetch: GuardedFetch;
  log: Log;
  /** The origin that people use. */
  publicUrl: string;
  /** How long a provider may take to answer. */
  providerTimeoutMs: number;
  exchanges: ExchangeNotes;
}

type Finishing = FinishContext & { asking: Asking };

/** `begun`: with the note of this refresh. What fails is stored too. Throws `StoreUnavailable`. */
export async function finishRefresh(
  context: Finishing,
  begun: ConnectionRecord,
  provider: Provider,
): Promise<void> {
  const now: Now = { provider, connection: begun };
  for (;;) {
    try {
      checkTries(now);
      return await callAndStore(context, now);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const again = await tryOnceMore(context, now, error);
      if (again === undefined) return storeFailure(context, now, error);
      now.connection = again;
    }
  }
}

interface Now {
  provider: Provider;
  /** As it is stored by now, as far as this refresh knows. */
  connection: ConnectionRecord;
}

async function callAndStore(context: Finishing, now: Now): Promise<void> {
  const got = await context.asking.watching((heard) => askForTokens(context, now, heard));
  if (got !== undefined) await storeTokens(context, now, got.answer, got.how);
}

/** `undefined` when somebody else's word is newer. */
async function askForTokens(
  context: FinishContext,
  now: Now,
  heard: () => void,
): Promise<{ answer: TokenAnswer; how?: { isSpent: boolean } } | undefined> {
  const { provider } = now;
  const held = openTokens(context.sealer, now.connection) ?? { accessToken: "" };
  const request = buildRefresh(provider, held, requestContext(context, now));
  const first = await ask(context, { now, held: [held], previous: held, heard }, request);
  if (!hasUpgrade(provider, request.step)) return { answer: first };
  const kept = await storeBetween(context, now, { held, first });
  if (kept === undefined) return undefined;
  now.connection = kept;
  const upgrade = buildUpgrade(provider, first.tokens, requestContext(context, now));
  const second = await ask(context, { now, held: [held, first.tokens], heard }, upgrade);
  // Whoever took over meanwhile has sent the refresh token that is kept here: its word is newer.
  return { answer: joinedAnswer(first, second), how: { isSpent: false } };
}

/** At once, while somebody waits. */
const triesAtOnceMax = 2;

/** What others began counts too: nobody knows what became of it. */
function checkTries({ provider, connection }: Now): void {
  if (connection.refreshTries > lostTriesMax && spendsToken(provider, connection)) {
    throw new ProviderError("answer_lost", { detail: "it was tried before" });
  }
}

function requestContext(context: FinishContext, { connection }: Now): RequestContext {
  const { system } = context;
  const { tokenOrigin, captured } = connection;
  return {
    nowMs: system.now(),
    assertionId: system.randomUuid(),
    redirectUri: redirectUrlOf(context),
    tokenOrigin,
    captured,
  };
}

function ask(
  { fetch, system, exchanges, providerTimeoutMs: totalMs }: FinishContext,
  about: { now: Now; held: readonly HeldTokens[]; previous?: HeldTokens; heard: () => void },
  request: ProviderRequest,
): Promise<TokenAnswer> {
  const { now, held, previous, heard } = about;
  return exchanges.noting({ ...now, held }, request, async (answered) => {
    const answer = await callProvider(fetch, request, { totalMs });
    heard();
    answered(answer);
    const parsing = { step: request.step, nowMs: system.now(), previous };
    return parseTokenAnswer(now.provider, answer, parsing);
  });
}

/** After a lost answer, once: some providers take the same token again for a while. */
async function tryOnceMore(
  { store, system }: FinishContext,
  { connection, provider }: Now,
  error: ProviderError,
): Promise<ConnectionRecord | undefined> {
  const { tenantId, id, tokenVersion, refreshId, refreshTries } = connection;
  const isLost = error.kind === "outcome_unknown" && spendsToken(provider, connection);
  if (!isLost || refreshTries >= triesAtOnceMax) return undefined;
  const change = { refreshTries: refreshTries + 1 };
  const next = { tenantId, id, tokenVersion, refreshId: { is: refreshId }, change };
  if ((await store.moveTokens({ ...next, atMs: system.now(), audit: undefined })) === "conflict")
    return undefined;
  return { ...connection, ...change, tokenVersion: tokenVersion + 1 };
}

/**
 * After the first call of two: the new refresh token, beside the tokens that are used until there are
 * others. Whoever is killed from here on has sent it to nobody, and the next refresh begins with it.
 * `undefined` when somebody else's word is newer.
 */
async function storeBetween(
  context: FinishContext,
  now: Now,
  { held, first }: { held: HeldTokens; first: TokenAnswer },
): Promise<ConnectionRecord | undefined> {
  const { system, sealer } = context;
  const { connection } = now;
  const { tokens, tolerances } = first;
  const { refreshToken, refreshTokenExpiresAtMs, hasNewRefreshToken } = tokens;
  // The client alone was asked for: there is nothing that the next one could not get again.
  if (refreshToken === undefined) return connection;
  return store(context, now, {
    isSpent: spendsToken(now.provider, connection),
    change: {
      sealedTokens: sealTokens(sealer, connection, { ...held, refreshToken }),
      refreshTokenExpiresAtMs:
        refreshTokenExpiresAtMs ??
        (hasNewRefreshToken ? undefined : connection.refreshTokenExpiresAtMs),
      tolerances: [...tolerances],
      refreshTries: 0,
      // A note of its own: whoever waits for it to be abandoned begins anew.
      refreshId: newId(system, "ref_"),
    },
  });
}

async function storeTokens(
  context: FinishContext,
  now: Now,
  answer: TokenAnswer,
  { isSpent = spendsToken(now.provider, now.connection) } = {},
): Promise<void> {
  const { system, sealer } = context;
  const change = connectedWith(sealer, now.connection, answer, system.now());
  await store(context, now, { change, isSpent });
}

/**
 * Where the old refresh token may be void by now, this is not given up while the store is away, nor when
 * somebody else took the refresh over: who has tokens that are newer than the stored ones stores them.
 * `undefined` when they are not.
 */
async function store(
  context: FinishContext,
  { connection }: Now,
  { change, isSpent }: { change: Partial<ConnectionTokens>; isSpent: boolean },
): Promise<ConnectionRecord | undefined> {
  const { store: stored, system } = context;
  const { tenantId, id, sealedTokens, refreshId } = connection;
  const isBack = change.state !== undefined && change.state !== connection.state;
  const audit = isBack ? auditOf(system, ownActor(tenantId), actOf(connection, change)) : undefined;
  let { tokenVersion } = connection;
  for (;;) {
    const move = { tenantId, id, tokenVersion, change, atMs: system.now(), audit };
    const outcome = await insist(context, () => stored.moveTokens(move));
    if (outcome === "written") return { ...connection, ...change, tokenVersion: tokenVersion + 1 };
    const found = await insist(context, () => stored.findConnection(tenantId, id));
    const isReplaced = found?.sealedTokens !== sealedTokens || found?.reason === "settings_changed";
    const isOthers = found?.refreshId !== refreshId && !isSpent;
    if (found === undefined || isReplaced || isOthers) return undefined;
    tokenVersion = found.tokenVersion;
  }
}

async function storeFailure(
  context: FinishContext,
  { provider, connection }: Now,
  error: ProviderError,
): Promise<void> {
  const { system, log } = context;
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
  await insist(context, () => context.store.moveTokens(move));
}

/** Nobody asked for it: it was due. */
const ownActor = (tenantId: string): Actor => ({
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
