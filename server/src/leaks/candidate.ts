import { secretRandomCharacters, secretChecksumCharacters } from "@countersign/protocol/secrets.ts";

/**
 * What in a reported text may be a secret of ours. Scanners send the bare secret, but also the line, URL
 * or assignment that it stands in. Nothing is decided here: what is found is compared by its digest,
 * or is a token whose signature tells. Every step takes time in proportion to the text.
 */

export interface Candidates {
  /** Without repetition. */
  secrets: string[];
  /** What reads like a JWT. */
  tokens: string[];
}

/** No secret or token of ours is as long: the rest of a text is not looked at. */
const textCharactersMax = 20_000;
/** The shortest that is accepted anywhere has 32 characters; imported ones may be shorter. */
const secretCharactersMin = 16;
const secretCharactersMax = 512;
const secretsMax = 16;
const tokensMax = 4;

const generated = new RegExp(
  `cs[spqwv]k_[0-9A-Za-z]{${secretRandomCharacters + secretChecksumCharacters}}`,
  "g",
);
const jwt = /^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

export function candidatesIn(text: string): Candidates {
  const readings = readingsOf(text.slice(0, textCharactersMax));
  // Those of our own form first: of the others there may be more than are looked at.
  const secrets = new Set(readings.flatMap((reading) => reading.match(generated) ?? []));
  const tokens = new Set<string>();
  for (const word of readings.flatMap(wordsOf)) {
    if (jwt.test(word)) tokens.add(word);
    else if (word.length >= secretCharactersMin && word.length <= secretCharactersMax) {
      secrets.add(word);
    }
  }
  return { secrets: [...secrets].slice(0, secretsMax), tokens: [...tokens].slice(0, tokensMax) };
}

/** As it is, and with its percent signs decoded. */
function readingsOf(text: string): string[] {
  if (!text.includes("%")) return [text];
  const decoded = text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
  return [text, decoded];
}

/** From the whole text to its smallest parts: an imported secret may hold blanks and punctuation. */
function wordsOf(text: string): string[] {
  const whole = unquoted(text);
  const assigned = assignedIn(whole);
  const coarse = text.split(/[\s"'`<>]+/);
  const fine = text.split(/[\s"'`<>=:,;&?#|@(){}[\]\\/]+/);
  return [whole, ...assigned, ...coarse, ...coarse.flatMap(assignedIn), ...fine].map(unpunctuated);
}

/** What follows the first `=` or `:` of an assignment. */
function assignedIn(text: string): string[] {
  const [, value] = /^[^=:]{1,200}[=:]([^]*)$/.exec(text) ?? [];
  return value === undefined ? [] : [unquoted(value)];
}

const quotes = new Set(["'", '"', "`"]);

function unquoted(text: string): string {
  const trimmed = text.trim().replace(/[,;]$/, "");
  const [first = ""] = trimmed;
  const isQuoted = trimmed.length > 1 && quotes.has(first) && trimmed.endsWith(first);
  return isQuoted ? trimmed.slice(1, -1) : trimmed;
}

const unpunctuated = (word: string): string => word.replace(/[.,;]$/, "");

/** A text in which none of these can be read any more, nor anything else of our form. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    for (const spelling of [secret, encodeURIComponent(secret)]) {
      clean = clean.replaceAll(spelling, hidden);
    }
  }
  return clean.replaceAll(generated, hidden);
}

const hidden = "[secret]";
