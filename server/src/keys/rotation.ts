import type { SigningKeyRecord, SigningKeyStage } from "../store/records.ts";

/**
 * When a signing key changes its stage: `next → current → previous → retired`. A key is published
 * before it signs for at least as long as key sets are cached, and stays published until the last
 * token it signed has expired, so no valid token is ever refused.
 */

export interface RotationSchedule {
  /** How long a key signs. */
  lifetimeMs: number;
  /** How long a key is published before it signs: longer than any cache of the key set. */
  publishAheadMs: number;
  /** How long a key stays published after it signed: longer than any token lives. */
  keepPublishedMs: number;
}

/** What a client or proxy may keep the key set for. */
export const keySetCacheSeconds = 300;

export function scheduleOf(
  lifetimeDays: number,
  tokenLifetimeSecondsMax: number,
): RotationSchedule {
  const slackMs = 300_000;
  return {
    lifetimeMs: lifetimeDays * 86_400_000,
    publishAheadMs: keySetCacheSeconds * 1000 + slackMs,
    keepPublishedMs: tokenLifetimeSecondsMax * 1000 + slackMs,
  };
}

export interface RotationPlan {
  moves: { id: string; from: SigningKeyStage; to: SigningKeyStage }[];
  /** Stages for which a new key is to be made. */
  missing: SigningKeyStage[];
}

/**
 * What is due for the keys of one algorithm. With `now` as the reason the current key is replaced
 * whatever its age, as soon as the next one has been published for long enough.
 */
export function planRotation(
  keys: SigningKeyRecord[],
  atMs: number,
  schedule: RotationSchedule,
  reason: "schedule" | "now" = "schedule",
): RotationPlan {
  const current = keys.find(({ stage }) => stage === "current");
  const next = keys.find(({ stage }) => stage === "next");
  const moves: RotationPlan["moves"] = keys
    .filter(
      ({ stage, stageSinceMs }) =>
        stage === "previous" && atMs - stageSinceMs >= schedule.keepPublishedMs,
    )
    .map(({ id }) => ({ id, from: "previous", to: "retired" }));
  if (current === undefined) {
    // Nothing was ever signed: nobody can hold a cached key set without this key.
    return { moves, missing: next === undefined ? ["current", "next"] : ["current"] };
  }
  if (next === undefined) return { moves, missing: ["next"] };
  const isDue = reason === "now" || atMs - current.stageSinceMs >= schedule.lifetimeMs;
  if (!isDue || atMs - next.stageSinceMs < schedule.publishAheadMs) return { moves, missing: [] };
  moves.push({ id: current.id, from: "current", to: "previous" });
  moves.push({ id: next.id, from: "next", to: "current" });
  return { moves, missing: ["next"] };
}

/** When a key of one algorithm moves on by itself, as far as is known now. */
export function nextStageAtMs(
  key: SigningKeyRecord,
  keys: SigningKeyRecord[],
  schedule: RotationSchedule,
): number {
  if (key.stage === "previous") return key.stageSinceMs + schedule.keepPublishedMs;
  const current = keys.find(({ stage }) => stage === "current");
  const next = keys.find(({ stage }) => stage === "next");
  return Math.max(
    (current ?? key).stageSinceMs + schedule.lifetimeMs,
    (next ?? key).stageSinceMs + schedule.publishAheadMs,
  );
}
