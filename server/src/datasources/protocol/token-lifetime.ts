import type { Provider } from "../provider.ts";
import { at, type Members } from "./answer-document.ts";
import type { Tolerance } from "./tolerance.ts";

/** When a token ends: the best of several sources, and how far each is to be believed. */

export type LifetimeSource =
  | "override"
  | "expires_at"
  | "expires_in"
  | "token"
  | "default"
  | "unknown";

export interface Clocks {
  nowMs: number;
  /** What the provider's clock said when it answered, if it told. */
  providerNowMs?: number | undefined;
}

export interface Lifetime {
  /** Epoch milliseconds; `undefined`: nobody knows, so only the API's refusal will tell. */
  expiresAtMs: number | undefined;
  source: LifetimeSource;
}

const absoluteNames = ["expires_at", "expiresAt", "access_token_expiration", "expires_on"];
const relativeNames = ["expires_in", "expiresIn"];
const lifetimeSecondsMax = 10 * 366 * 86_400;

/** Ranked: the administrator, the answer, the token, the profile. */
export function lifetimeOf(
  { settings, profile }: Provider,
  { members, accessToken, ...clocks }: { members: Members; accessToken: string } & Clocks,
  tolerances: Set<Tolerance>,
): Lifetime {
  const rules = profile.answer ?? {};
  const { nowMs } = clocks;
  const afterSeconds = (seconds: number): number => nowMs + Math.floor(seconds * 1000);
  if (settings.lifetimeSeconds !== undefined) {
    return { expiresAtMs: afterSeconds(settings.lifetimeSeconds), source: "override" };
  }
  const absolute = first(members, rules.expiresAt, absoluteNames) ?? absoluteExpires(members);
  const atMs = absolute === undefined ? undefined : endOf(absolute, clocks, tolerances);
  if (atMs !== undefined) {
    tolerances.add("lifetime_absolute");
    return { expiresAtMs: atMs, source: "expires_at" };
  }
  const relative = first(members, rules.expiresIn, relativeNames) ?? members["expires"];
  const endMs = rules.expiresInUnit === undefined ? endInsteadOf(relative, nowMs) : undefined;
  if (endMs !== undefined) {
    tolerances.add("lifetime_absolute");
    return { expiresAtMs: endMs, source: "expires_at" };
  }
  const seconds = secondsOf(relative, rules.expiresInUnit ?? "seconds", tolerances);
  if (seconds === 0) {
    tolerances.add("lifetime_zero");
    if (rules.zeroLifetime === "expired") return { expiresAtMs: nowMs, source: "expires_in" };
  } else if (seconds !== undefined) {
    return { expiresAtMs: afterSeconds(seconds), source: "expires_in" };
  } else if ((relative ?? absolute ?? null) !== null) {
    tolerances.add("lifetime_unusable");
  }
  return otherLifetime(accessToken, rules.defaultLifetimeSeconds, nowMs, tolerances);
}

function otherLifetime(
  accessToken: string,
  defaultSeconds: number | undefined,
  nowMs: number,
  tolerances: Set<Tolerance>,
): Lifetime {
  const expMs = expirationInToken(accessToken);
  if (expMs !== undefined && expMs > nowMs) {
    tolerances.add("lifetime_from_token");
    return { expiresAtMs: expMs, source: "token" };
  }
  if (defaultSeconds !== undefined) {
    tolerances.add("lifetime_assumed");
    return { expiresAtMs: nowMs + defaultSeconds * 1000, source: "default" };
  }
  if (!tolerances.has("lifetime_zero")) tolerances.add("lifetime_missing");
  return { expiresAtMs: undefined, source: "unknown" };
}

function first(members: Members, own: string | undefined, names: readonly string[]): unknown {
  const value = own === undefined ? undefined : at(members, own);
  return value ?? names.map((name) => at(members, name)).find((one) => one !== undefined);
}

/** `expires` is a moment for some and a lifetime for others: no lifetime is 30 years. */
function absoluteExpires(members: Members): unknown {
  const { expires } = members;
  const isMoment = Number.isNaN(Number(expires)) || Number(expires) > 1e9;
  return isMoment ? expires : undefined;
}

/** A lifetime in seconds from a number, text, or days, hours and minutes; `undefined`: unusable. */
export function secondsOf(
  value: unknown,
  unit: "seconds" | "milliseconds" | "days:hours:minutes",
  tolerances: Set<Tolerance>,
): number | undefined {
  if (unit === "days:hours:minutes" && typeof value === "string") {
    const parts = /^(\d{1,5}):(\d{1,2}):(\d{1,2})$/.exec(value);
    if (parts === null) return undefined;
    tolerances.add("lifetime_as_duration");
    return Number(parts[1]) * 86_400 + Number(parts[2]) * 3_600 + Number(parts[3]) * 60;
  }
  const number = numberOf(value);
  if (number === undefined || number < 0) return undefined;
  if (typeof value === "string") tolerances.add("lifetime_as_text");
  if (unit !== "milliseconds" && number <= lifetimeSecondsMax) return number;
  // No token lives for ten years, so the unit is another one.
  tolerances.add("lifetime_in_milliseconds");
  return number / 1000 <= lifetimeSecondsMax ? number / 1000 : undefined;
}

/** Epoch milliseconds of an ISO date, or of seconds or milliseconds, told apart by their size. */
function momentOf(value: unknown, nowMs: number): number | undefined {
  const number = numberOf(value);
  const ms =
    number === undefined
      ? Date.parse(typeof value === "string" ? value : "")
      : number < 1e11
        ? number * 1000
        : number;
  const isSensible = ms > 1e12 && ms <= nowMs + lifetimeSecondsMax * 1000;
  return isSensible ? Math.floor(ms) : undefined;
}

/**
 * When a new token ends that cannot have ended already: by the provider's own clock, where that is
 * behind ours. `undefined` when nothing explains it; then the API's refusal tells.
 */
function endOf(
  value: unknown,
  { nowMs, providerNowMs = nowMs }: Clocks,
  tolerances: Set<Tolerance>,
): number | undefined {
  const atMs = momentOf(value, nowMs);
  if (atMs === undefined || atMs > nowMs) return atMs;
  const lifetimeMs = atMs - providerNowMs;
  if (lifetimeMs <= 0 || lifetimeMs > lifetimeSecondsMax * 1000) return undefined;
  tolerances.add("provider_clock_behind");
  return nowMs + lifetimeMs;
}

const yearMs = 366 * 86_400_000;

/** Some put the moment where the lifetime should be: none that is meant as one looks like next week. */
function endInsteadOf(value: unknown, nowMs: number): number | undefined {
  const isDate = typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value);
  if (numberOf(value) === undefined && !isDate) return undefined;
  const atMs = momentOf(value, nowMs);
  return atMs !== undefined && atMs > nowMs && atMs <= nowMs + yearMs ? atMs : undefined;
}

function numberOf(value: unknown): number | undefined {
  const isText = typeof value === "string" && /^\s*\d{1,16}(\.\d{1,6})?\s*$/.test(value);
  const number = typeof value === "number" || isText ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** For time only, and only in the absence of anything better: the token is not verified. */
function expirationInToken(token: string): number | undefined {
  const exp = claimOf(token, "exp");
  return typeof exp === "number" && exp > 1e9 && exp < 1e11 ? Math.floor(exp * 1000) : undefined;
}

/** A claim of what looks like a JWT; whoever asks knows that nothing was verified. */
export function claimOf(token: string, name: string): unknown {
  const [, payload, signature] = token.split(".");
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return Object.hasOwn(Object(claims) as object, name) ? (claims as Members)[name] : undefined;
  } catch {
    return undefined;
  }
}
