import { digestOf } from "../keys/secret.ts";
import { randomCharacters, type System } from "../system.ts";

/** Codes for people to use once, mostly as a part of a link. Only their digests are kept. */

/** What an invitation and a reset link hold. */
export const userCodeKind = "user_code";

/** Without letters that are easily confused: people may have to type it. */
const alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 122 random bits in five groups. */
export function newPlainCode(system: System): string {
  const group = () => randomCharacters(system, alphabet, 5);
  return [group(), group(), group(), group(), group()].join("-");
}

/** Of the code as it was shown, however it was typed. */
export const digestOfCode = (typed: string): string => digestOf(typed.trim().toUpperCase());
