/**
 * The search of the sample: how often the words of the query stand in a text. It is here to have
 * something worth protecting, and has no other merit.
 */

/** Letters with their marks, and digits; everything else parts words. */
const word = /[\p{L}\p{M}\p{N}]+/gu;

export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(word) ?? [];
}

export interface Found<Part> {
  part: Part;
  score: number;
}

/** Parts with one of the words, best first; equally good ones in the order they came in. */
export function searchTerms<Part extends { text: string }>(
  query: string,
  parts: Iterable<Part>,
): Found<Part>[] {
  const terms = new Set(wordsOf(query));
  const found: Found<Part>[] = [];
  if (terms.size === 0) return found;
  for (const part of parts) {
    const score = scoreOf(terms, part.text);
    if (score > 0) found.push({ part, score });
  }
  return found.toSorted((one, other) => other.score - one.score);
}

/** The share of the text's words that are terms: from 0 to 1. */
function scoreOf(terms: ReadonlySet<string>, text: string): number {
  const words = wordsOf(text);
  const hits = words.filter((one) => terms.has(one)).length;
  return hits === 0 ? 0 : hits / words.length;
}
