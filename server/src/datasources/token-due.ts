import type { ConnectionRecord } from "../store/store.ts";
import type { RefusedUse } from "./connection-refused.ts";
import type { HeldTokens } from "./held-tokens.ts";
import type { Provider } from "./provider.ts";

/**
 * Whether what is held can be used, should be renewed on the side, must be renewed before, or cannot
 * be renewed by anybody but a person. Pure: decides, and does nothing.
 */

export type Verdict =
  | { is: "usable"; accessToken: string }
  | { is: "ending"; accessToken: string }
  | { is: "due" }
  | { is: "refused"; code: RefusedUse; retryAfterMs?: number };

export interface JudgedAt {
  nowMs: number;
  /** The API has just refused it. */
  refusedToken?: string | undefined;
  /** How long the provider is to be left alone in any case. */
  pauseMs?: number;
}

/** No longer than this, and no more than a part of the token's life. */
const aheadMsMax = 5 * 60_000;
const aheadPart = 0.2;
/** A token that ends within this would not survive the request that carries it. */
const lastMsMax = 20_000;
const lastPart = 0.05;

export function judgeTokens(
  { settings, profile }: Provider,
  connection: ConnectionRecord,
  held: HeldTokens | undefined,
  at: JudgedAt,
): Verdict {
  const { enabled, state, nextTryAtMs = 0 } = connection;
  if (!enabled) return { is: "refused", code: "disabled" };
  const isMachine = settings.grantType === "client_credentials";
  const ownWaitMs = nextTryAtMs - at.nowMs;
  const waitMs = Math.max(ownWaitMs, at.pauseMs ?? 0);
  if (state === "uncertain") return { is: "refused", code: "uncertain" };
  if (state === "reconnect_required") {
    // What only an administrator can mend may have been mended.
    const isTriedAgain = connection.nextTryAtMs !== undefined && ownWaitMs <= 0;
    if (!isTriedAgain) return { is: "refused", code: "reconnect_required" };
    return waitMs <= 0 ? { is: "due" } : unavailable(waitMs);
  }
  if (state !== "connected") {
    if (!isMachine) return { is: "refused", code: "not_connected" };
    return waitMs <= 0 ? { is: "due" } : unavailable(waitMs);
  }
  const phase = phaseOf(connection, at.nowMs);
  const isSpent = held === undefined || held.accessToken === "" || phase === "over";
  if (isSpent || held.accessToken === at.refusedToken) {
    return waitMs <= 0 ? { is: "due" } : unavailable(waitMs);
  }
  const { accessToken } = held;
  const canRenew = isRenewable({ settings, profile }, held);
  if (phase === "last" && canRenew && waitMs <= 0) return { is: "due" };
  const isEnding = phase !== "fresh" && canRenew && waitMs <= 0;
  return { is: isEnding ? "ending" : "usable", accessToken };
}

/** Whether a token that is good still can be exchanged for a new one. */
export function isRenewable({ settings, profile }: Provider, held: HeldTokens): boolean {
  if (settings.grantType === "client_credentials" || profile.callback?.hasCode === false) {
    return true;
  }
  const { with: presented = "refresh_token" } = profile.refresh ?? {};
  return presented === "refresh_token" ? held.refreshToken !== undefined : presented !== "nothing";
}

const unavailable = (retryAfterMs: number): Verdict => ({
  is: "refused",
  code: "provider_unavailable",
  retryAfterMs,
});

function phaseOf(
  { expiresAtMs, tokensAtMs = 0 }: ConnectionRecord,
  nowMs: number,
): "fresh" | "ahead" | "last" | "over" {
  // Without an expiry the API's refusal tells.
  if (expiresAtMs === undefined) return "fresh";
  const lifeMs = Math.max(expiresAtMs - tokensAtMs, 0);
  const leftMs = expiresAtMs - nowMs;
  if (leftMs <= 0) return "over";
  if (leftMs <= Math.min(lastMsMax, lifeMs * lastPart)) return "last";
  return leftMs <= Math.min(aheadMsMax, lifeMs * aheadPart) ? "ahead" : "fresh";
}

/** When the background job should look at it. */
export const aheadMs = aheadMsMax;
