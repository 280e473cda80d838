import type { AccessTokenClaims } from "@countersign/protocol/access-token.ts";
import { invalidToken } from "./authorization-error.ts";
import { type JsonObject } from "./strict-json.ts";

/** No issuer of ours signs for longer, and revocations are kept for as long. */
const lifetimeSecondsMax = 86_400;

export interface ClaimsExpectation {
  issuer: string;
  audience: string;
  clockToleranceSeconds: number;
  nowSeconds: number;
}

/**
 * Checks the claims of an access token [RFC 9068 §4] and answers them with their type. Throws
 * `invalid_token` otherwise. Says nothing about the signature.
 */
export function parseClaims(payload: JsonObject, expected: ClaimsExpectation): AccessTokenClaims {
  checkShape(payload);
  if (payload["iss"] !== expected.issuer) {
    throw invalidToken("The access token is from another issuer.");
  }
  if (!isOnlyAudience(payload["aud"], expected.audience)) {
    throw invalidToken("The access token is not for this API.");
  }
  checkTimes(payload, expected);
  return payload as unknown as AccessTokenClaims;
}

/**
 * A token that two APIs accept lets either act on the other [RFC 9068 §3], so an array counts only
 * when this API is all that is in it.
 */
function isOnlyAudience(audience: unknown, expected: string): boolean {
  if (Array.isArray(audience)) return audience.length === 1 && audience[0] === expected;
  return audience === expected;
}

function checkTimes(payload: JsonObject, expected: ClaimsExpectation): void {
  const { exp, iat, nbf } = payload;
  if (!isTime(exp) || !isTime(iat) || (nbf !== undefined && !isTime(nbf))) throw badClaims();
  if (exp <= iat || exp - iat > lifetimeSecondsMax) throw badClaims();
  if (exp <= expected.nowSeconds - expected.clockToleranceSeconds) throw expired();
  const latest = expected.nowSeconds + expected.clockToleranceSeconds;
  if (iat > latest || (nbf !== undefined && nbf > latest)) {
    throw invalidToken("The access token is not valid yet.");
  }
}

const requiredTexts = ["sub", "client_id", "jti", "tenant", "cred"] as const;

function checkShape(payload: JsonObject): void {
  for (const name of requiredTexts) {
    if (typeof payload[name] !== "string" || payload[name] === "") throw badClaims();
  }
  const { scope, pos, roles, authorization_details: details } = payload;
  if (scope !== undefined && typeof scope !== "string") throw badClaims();
  if (!Number.isSafeInteger(pos) || (pos as number) < 0) throw badClaims();
  if (roles !== undefined && !isTexts(roles)) throw badClaims();
  if (details !== undefined && !Array.isArray(details)) throw badClaims();
  // A bound token is worth nothing without its proof, and this verifier takes no proofs, so to
  // accept it would undo the binding [RFC 7800 §3].
  if (payload["cnf"] !== undefined) {
    throw invalidToken("The access token is bound to a key, and this API takes no proofs of it.");
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

/** Whole seconds, so that no two readers round differently; up to the year 9999. */
function isTime(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 253_402_300_800;
}

export function expired() {
  return invalidToken("The access token has expired.");
}

function badClaims() {
  return invalidToken("The access token lacks a claim, or one has the wrong form.");
}
