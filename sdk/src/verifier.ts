import * as signaturePlatform from "#signature";
import { Access } from "./access.ts";
import { invalidToken, located } from "./authorization-error.ts";
import { type Credentials, findBearerToken } from "./bearer.ts";
import { expired, parseClaims } from "./claims.ts";
import { parseCompactToken } from "./compact-token.ts";
import { withApiKeys } from "./key-access.ts";
import { RemoteKeys } from "./remote-keys.ts";
import { isSignedBy } from "./signature/is-signed-by.ts";
import type { SignaturePlatform } from "./signature/signature.ts";
import { TokenCache, type VerifiedToken } from "./token-cache.ts";
import {
  checkMaxTokenAge,
  parseVerifierOptions,
  type VerifierOptions,
  type VerifyOptions,
} from "./verifier-options.ts";

/**
 * Judges the access tokens that reach your API, offline but for the issuer's public keys
 * [RFC 9068 §4], and API keys where it was told how. This file owns the order of the checks; each check is a file of its own.
 */
export interface Verifier {
  /**
   * Answers who is calling. Pass the request, its headers, or the bare token as a string. Rejects
   * with an `AuthorizationError`.
   */
  verify(credentials: Credentials | string, options?: VerifyOptions): Promise<Access>;

  /**
   * As `verify`, but at once, for a token that was verified before; `undefined` when there is
   * something to wait for, and then `verify` is to be asked. Throws an `AuthorizationError` when
   * the refusal is plain already.
   */
  verifyCached(credentials: Credentials | string, options?: VerifyOptions): Access | undefined;
}

/**
 * Makes a verifier for one API and one issuer. Throws `TypeError` when an option is not usable.
 * Nothing is fetched before the first token comes.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return createVerifierOn(signaturePlatform, options);
}

/** The same on a platform of one's choice: the tests run on each. */
export function createVerifierOn(platform: SignaturePlatform, options: VerifierOptions): Verifier {
  const settings = parseVerifierOptions(options);
  const { now, clockToleranceSeconds, resourceMetadata, findApiKey } = settings;
  const takesApiKeys = findApiKey !== undefined;
  const keys = new RemoteKeys({ ...settings, platform });
  const cache = new TokenCache(settings.cacheSize);

  function verifyCached(credentials: Credentials | string, use?: VerifyOptions) {
    try {
      return findVerified(tokenOf(credentials, takesApiKeys), use);
    } catch (error) {
      throw located(error, resourceMetadata);
    }
  }

  async function verify(credentials: Credentials | string, use?: VerifyOptions): Promise<Access> {
    try {
      const token = tokenOf(credentials, takesApiKeys);
      return findVerified(token, use) ?? (await verifyAnew(token, use));
    } catch (error) {
      throw located(error, resourceMetadata);
    }
  }

  function findVerified(token: string, use: VerifyOptions | undefined): Access | undefined {
    const verified = cache.find(token);
    if (verified === undefined) return undefined;
    const nowMs = now();
    const isExpired = nowMs >= verified.expiresAtMs;
    if (isExpired || !verified.key.isListed) {
      cache.delete(token);
      if (isExpired) throw expired();
      return undefined;
    }
    checkAge(verified, nowMs, use);
    return keys.isReady() ? verified.access : undefined;
  }

  /** What costs little comes first: only a token that could be good reaches the keys. */
  async function verifyAnew(token: string, use: VerifyOptions | undefined): Promise<Access> {
    const parsed = parseCompactToken(token);
    const claims = parseClaims(parsed.payload, { ...settings, nowSeconds: now() / 1000 });
    const key = await keys.findKey(parsed.keyId);
    if (key === undefined || !(await isSignedBy(key, parsed, platform))) {
      throw invalidToken("The access token is not signed by a current key of its issuer.");
    }
    const verified = {
      access: new Access(claims, resourceMetadata),
      key,
      expiresAtMs: (claims.exp + clockToleranceSeconds) * 1000,
      issuedAtMs: claims.iat * 1000,
    };
    cache.add(token, verified);
    checkAge(verified, now(), use);
    return verified.access;
  }

  function checkAge(verified: VerifiedToken, nowMs: number, use: VerifyOptions | undefined): void {
    const maxTokenAgeSeconds = use?.maxTokenAgeSeconds ?? settings.maxTokenAgeSeconds;
    if (maxTokenAgeSeconds === undefined) return;
    checkMaxTokenAge(maxTokenAgeSeconds);
    const latestMs = verified.issuedAtMs + (maxTokenAgeSeconds + clockToleranceSeconds) * 1000;
    if (nowMs > latestMs) {
      throw invalidToken("The access token is older than this API takes. Get a new one.");
    }
  }

  const tokens = { verify, verifyCached };
  return takesApiKeys ? withApiKeys(tokens, findApiKey, resourceMetadata) : tokens;
}

function tokenOf(credentials: Credentials | string, takesApiKeys: boolean): string {
  return typeof credentials === "string" ? credentials : findBearerToken(credentials, takesApiKeys);
}
