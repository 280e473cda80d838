import { randomCharacters, type System } from "../system.ts";

/** Without letters that are easily confused: people may have to type it. */
const alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A code for people to use once: 122 random bits in five groups. Only its digest is kept. */
export function newPlainCode(system: System): string {
  const group = () => randomCharacters(system, alphabet, 5);
  return [group(), group(), group(), group(), group()].join("-");
}
