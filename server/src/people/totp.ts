import { createHmac, timingSafeEqual } from "node:crypto";
import type { System } from "../system.ts";

/**
 * Codes that a device shows for half a minute [RFC 6238 §4]: SHA-1, six digits, as every such device
 * can. The code before and the one after are taken as well, because clocks differ.
 */

const secretBytes = 20;
const stepSeconds = 30;
const digits = 6;
const stepsAround = [0, -1, 1];

/** In base32, as people type it. */
export const newTotpSecret = (system: System): string => toBase32(system.randomBytes(secretBytes));

/** Which step a code is of, or `undefined` when it is none of now. */
export function findTotpStep(secret: string, code: string, atMs: number): number | undefined {
  const typed = code.replace(/\s/g, "");
  if (!/^\d{6}$/.test(typed)) return undefined;
  const key = fromBase32(secret);
  const now = Math.floor(atMs / 1000 / stepSeconds);
  const around = stepsAround.map((offset) => now + offset);
  // All are compared, so that the time does not say which one it was.
  const found = around.filter((step) =>
    timingSafeEqual(Buffer.from(totpCodeAt(key, step)), Buffer.from(typed)),
  );
  return found[0];
}

/** The code of a step, by the counter-based algorithm that this one builds on [RFC 6238 §1.2]. */
export function totpCodeAt(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  const number = mac.readUInt32BE(mac.at(-1)! & 0xf) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, "0");
}

/** What a device scans. */
export function totpUri(secret: string, account: string): string {
  const issuer = "Countersign";
  const query = new URLSearchParams({ secret, issuer });
  return `otpauth://totp/${issuer}:${encodeURIComponent(account)}?${query.toString()}`;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Whole groups of five bytes only, which need no padding. */
function toBase32(bytes: Buffer): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return bits.replace(/.{5}/g, (five) => alphabet[Number.parseInt(five, 2)]!);
}

export function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (character) =>
    alphabet.indexOf(character).toString(2).padStart(5, "0"),
  ).join("");
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
}
