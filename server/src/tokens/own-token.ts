import { accessTokenType, type AccessTokenClaims } from "@countersign/protocol/access-token.ts";
import type { SigningKeys } from "../keys/signing.ts";
import type { System } from "../system.ts";

/**
 * Reads back a token that this server issued, for calls to our own API [RFC 9068 §4]. Other APIs
 * use the SDK; this one has the keys at hand and the state of the client beside it.
 */

/** As the SDK does: clocks of two machines differ. */
const clockToleranceSeconds = 30;
const tokenCharactersMax = 16_384;
const segmentPattern = /^[A-Za-z0-9_-]+$/;

export interface ExpectedToken {
  /** Whose keys sign for the issuer. */
  tenantId: string;
  issuer: string;
  /** Absent: any API of the issuer. */
  audience?: string;
  /** For who asks whose a token was, and not whether it counts. */
  mayHaveExpired?: true;
}

export interface OwnTokenContext {
  system: System;
  keys: SigningKeys;
}

/** The claims, or `undefined` when it is not a valid token of this issuer for this audience. */
export async function readOwnToken(
  { system, keys }: OwnTokenContext,
  token: string,
  expected: ExpectedToken,
): Promise<AccessTokenClaims | undefined> {
  const segments = token.split(".");
  const isCompact = segments.length === 3 && segments.every((text) => segmentPattern.test(text));
  if (!isCompact || token.length > tokenCharactersMax) return undefined;
  const [header = "", payload = "", signature = ""] = segments;
  const { alg, typ, kid, crit } = parseObject(header) ?? {};
  if (typ !== accessTokenType || typeof kid !== "string" || crit !== undefined) return undefined;
  const key = await keys.find(expected.tenantId, kid);
  if (key === undefined || key.algorithm !== alg) return undefined;
  const signatureBytes = Buffer.from(signature, "base64url");
  // One text per signature: anything that decodes to the same bytes but reads otherwise is refused.
  if (signatureBytes.toString("base64url") !== signature) return undefined;
  if (!key.verify(`${header}.${payload}`, signatureBytes)) return undefined;
  const claims = parseObject(payload) as AccessTokenClaims | undefined;
  if (claims === undefined || !isWellFormed(claims)) return undefined;
  if (!isForUs(claims, expected)) return undefined;
  return expected.mayHaveExpired || isInTime(claims, system.now()) ? claims : undefined;
}

/** What is used of them is of the type that this server writes. */
function isWellFormed({ client_id, exp, iat, scope, authorization_details }: AccessTokenClaims) {
  return (
    typeof client_id === "string" &&
    Number.isSafeInteger(exp) &&
    Number.isSafeInteger(iat) &&
    (scope === undefined || typeof scope === "string") &&
    (authorization_details === undefined || Array.isArray(authorization_details))
  );
}

function isForUs({ iss, aud }: AccessTokenClaims, { issuer, audience = aud }: ExpectedToken) {
  return iss === issuer && aud === audience;
}

function isInTime({ iat, exp, nbf = iat }: AccessTokenClaims & { nbf?: number }, atMs: number) {
  const at = atMs / 1000;
  return Math.max(iat, nbf) <= at + clockToleranceSeconds && exp > at - clockToleranceSeconds;
}

/** Only in the one spelling that this server writes: no member twice, no white space, no BOM. */
function parseObject(segment: string): Record<string, unknown> | undefined {
  try {
    const text = Buffer.from(segment, "base64url").toString();
    const value: unknown = JSON.parse(text);
    const isOurs = text.startsWith("{") && JSON.stringify(value) === text;
    return isOurs ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
