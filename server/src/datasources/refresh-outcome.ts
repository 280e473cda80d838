import type { ConnectionRecord, ConnectionTokens } from "../store/store.ts";
import type { ProviderError } from "./protocol/provider-error.ts";
import type { Provider } from "./provider.ts";

/** What a failed refresh means for a connection, and when it is tried again. Pure. */

const transientMs = { first: 1_000, max: 5 * 60_000 };
const configMs = { first: 30_000, max: 3_600_000 };
/** After so long a row of failures nobody believes in the next try. */
const giveUpAfterMs = 4 * 24 * 3_600_000;
const giveUpAfterFailures = 10;

/**
 * How often a token is sent whose answers are lost. It costs nothing: if the provider used it up, the
 * new one is lost already, and the next try says so; if the network was cut before the provider had
 * seen anything, it is as good as ever.
 */
export const lostTriesMax = 10;
const lostMs = { first: 2_000, max: 5 * 60_000 };

/** Whether the provider may have used up what was sent, so that another try is another risk. */
export function spendsToken(
  { settings, profile }: Provider,
  { tolerances }: Pick<ConnectionRecord, "tolerances">,
): boolean {
  const isClientOnly =
    settings.grantType === "client_credentials" ||
    profile.callback?.hasCode === false ||
    profile.refresh?.with === "client";
  if (isClientOnly) return false;
  // A provider that did not replace the token the last time keeps it.
  return profile.rotatesRefreshToken === true || !tolerances.includes("refresh_token_kept");
}

/**
 * Whether it was sent and nobody knows what became of it. The next try cannot wait for others: providers
 * that take the same token again do so for a while only.
 */
export const mayBeSpent = ({ refreshTries }: Pick<ConnectionRecord, "refreshTries">): boolean =>
  refreshTries > 0;

/**
 * `tries`: how often the present refresh token was sent by then without an answer that was seen, this
 * time with them; none when it came in this refresh, before what failed. A refusal after a lost answer
 * does not say that the token was bad: the provider may have used it up when nobody heard.
 */
export function failedWith(
  provider: Provider,
  connection: ConnectionRecord,
  error: ProviderError,
  { nowMs, tries }: { nowMs: number; tries: number },
): Partial<ConnectionTokens> {
  const failures = connection.failures + 1;
  const failingSinceMs = connection.failingSinceMs ?? nowMs;
  const about = {
    refreshId: undefined,
    reason: error.causeName as string,
    reasonDetail: [error.providerCode, error.providerText].filter(Boolean).join(": ") || undefined,
  };
  const inState = (state: string) => ({
    state,
    sinceMs: state === connection.state ? connection.sinceMs : nowMs,
  });
  const ended = { failures: 0, failingSinceMs: undefined, nextTryAtMs: undefined };
  const spends = spendsToken(provider, connection);
  const isLost = error.kind === "outcome_unknown" && spends;
  if (isLost && error.causeName === "answer_lost" && tries < lostTriesMax) {
    const nextTryAtMs = nowMs + pauseMs(lostMs, tries);
    return { ...about, failures, failingSinceMs, refreshTries: tries, nextTryAtMs };
  }
  if (isLost || (spends && tries > 1 && error.kind === "reconnect_required")) {
    return { ...about, ...ended, ...inState("uncertain"), reason: "answer_lost" };
  }
  const isMachine = provider.settings.grantType === "client_credentials";
  if (error.kind === "reconnect_required" && !isMachine) {
    return { ...about, ...ended, ...inState("reconnect_required"), refreshTries: 0 };
  }
  // This try was answered, or never sent; what became of those before it nobody knows still, also
  // where a process was killed before it could say so.
  const refreshTries = spends ? Math.max(tries - 1, 0) : 0;
  const counted = { ...about, failures, failingSinceMs, refreshTries };
  if (error.kind === "reconnect_required" || error.kind === "config_error") {
    const isOver = connection.expiresAtMs === undefined || connection.expiresAtMs <= nowMs;
    const nextTryAtMs = nowMs + pauseMs(configMs, failures);
    const state = isOver ? "reconnect_required" : connection.state;
    return { ...counted, ...inState(state), nextTryAtMs };
  }
  const isGivenUp = failures >= giveUpAfterFailures && nowMs - failingSinceMs > giveUpAfterMs;
  if (isGivenUp) return { ...counted, ...inState("reconnect_required"), nextTryAtMs: undefined };
  const nextTryAtMs = nowMs + Math.max(pauseMs(transientMs, failures), error.retryAfterMs ?? 0);
  return { ...counted, nextTryAtMs };
}

const pauseMs = ({ first, max }: typeof transientMs, failures: number): number =>
  Math.min(first * 2 ** Math.min(failures - 1, 30), max);
