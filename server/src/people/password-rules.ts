import { readFileSync } from "node:fs";

/**
 * Which passwords people may choose: long ones, of any characters, that are not among the first to be
 * tried. No rule asks for digits or signs (NIST SP 800-63B).
 */

export const passwordCharactersMin = 12;
/** A bound on what is hashed, far beyond what anybody types. */
export const passwordCharactersMax = 512;

/** Why a password cannot be taken, as a sentence to show, or `undefined` when it can. */
export function findPasswordProblem(
  plainPassword: string,
  person: { email: string; name?: string },
): string | undefined {
  const count = Array.from(plainPassword.normalize("NFKC")).length;
  if (count < passwordCharactersMin) {
    return `Use ${passwordCharactersMin} characters or more. Three or four unusual words do well.`;
  }
  if (count > passwordCharactersMax) return `Use at most ${passwordCharactersMax} characters.`;
  if (isEasilyGuessed(plainPassword.toLowerCase(), person)) {
    return "This one is easily guessed. Use something that nobody else would think of.";
  }
  return undefined;
}

/** What stands around a word, such as a year or an exclamation mark, is tried with it. */
const paddingMax = 6;

function isEasilyGuessed(password: string, person: { email: string; name?: string }): boolean {
  const unit = repeatedUnitOf(password);
  if (isRun(password) || (unit !== password && unit.length < 4)) return true;
  const core = password.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "");
  const isPadded = password.length - core.length <= paddingMax;
  const words = [password, unit, ...(isPadded ? [core, repeatedUnitOf(core)] : [])];
  const own = [person.email, ...person.email.split("@"), person.name ?? "", "countersign"];
  return words.some((word) => own.some((text) => text.toLowerCase() === word) || isCommon(word));
}

/** `abcabc` is `abc`; what does not repeat is itself. */
function repeatedUnitOf(text: string): string {
  const period = (text + text).indexOf(text, 1);
  return period > 0 ? text.slice(0, period) : text;
}

/** Each character follows the one before it by the same step: `aaaa`, `4567`. */
function isRun(text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  const steps = codes.slice(1).map((code, index) => code - codes[index]!);
  return Math.abs(steps[0] ?? 0) <= 1 && steps.every((step) => step === steps[0]);
}

let list: string | undefined;

function isCommon(word: string): boolean {
  list ??= `\n${readFileSync(new URL("common-passwords.txt", import.meta.url), "utf8")}`;
  return word !== "" && list.includes(`\n${word}\n`);
}
