import { hash, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";
import {
  secretChecksumCharacters,
  secretPattern,
  secretPrefixes,
  secretRandomCharacters,
  type SecretKind,
} from "@countersign/protocol/secrets.ts";
import { randomCharacters, type System } from "../system.ts";

/**
 * Secrets that we generate: client secrets and API keys. They hold 256 random bits, so a fast digest
 * protects them at rest; a slow one would only slow down every token. Prefix and checksum are for
 * scanners. [RFC 6819 §5.1.4.1.3, §5.1.4.2.2]
 */

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The scheme of every digest made here. Imported ones name another. */
export const digestScheme = "sha256";

/** A new secret of a kind, in the form that `secretPattern` documents. */
export function generateSecret(system: System, kind: SecretKind): string {
  const body = secretPrefixes[kind] + randomCharacters(system, base62, secretRandomCharacters);
  return body + checksumOf(body);
}

const wholeSecret = new RegExp(`^${secretPattern}$`);

/** Whether a string is one of our secrets, undamaged: what a scanner asks, never a sign-in. */
export function hasValidChecksum(candidate: string): boolean {
  const body = candidate.slice(0, -secretChecksumCharacters);
  return wholeSecret.test(candidate) && candidate === body + checksumOf(body);
}

/** The digest under which a secret is kept: SHA-256, base64url. */
export function digestOf(plainSecret: string): string {
  return hash("sha256", plainSecret, "base64url");
}

/** The last characters, by which people tell their secrets apart. */
export function hintOf(plainSecret: string): string {
  return plainSecret.slice(-4);
}

/**
 * Whether a presented secret is one of those with these digests. Every digest is compared, each in
 * constant time, so the time says neither how much was right nor which one it was.
 */
export function findMatchingDigest(plainSecret: string, digests: readonly Buffer[]): number {
  const presented = hash("sha256", plainSecret, "buffer");
  let found = -1;
  for (let index = 0; index < digests.length; index += 1) {
    if (timingSafeEqual(presented, digests[index]!)) found = index;
  }
  return found;
}

/** A digest that no secret has: compared against for unknown clients, so that they take as long. */
export const noDigest: Buffer = Buffer.alloc(32);

function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = "";
  for (let place = 0; place < secretChecksumCharacters; place += 1) {
    text = base62[rest % 62]! + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
