/** What many measurements of one thing say together. */
export interface Summary {
  median: number;
  least: number;
  most: number;
}

/** Throws `RangeError` when nothing was measured. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const { length } = sorted;
  if (length === 0) throw new RangeError("nothing was measured");
  const middle = (sorted[Math.floor((length - 1) / 2)]! + sorted[Math.floor(length / 2)]!) / 2;
  return { median: middle, least: sorted[0]!, most: sorted[length - 1]! };
}

/**
 * One ratio per round: what the machine did to a round it did to both, so it falls out. A ratio of
 * medians would compare a quiet round of one with a noisy round of the other.
 */
export function pairedRatios(of: readonly number[], to: readonly number[]): number[] {
  if (of.length !== to.length) throw new RangeError("the rounds do not pair up");
  return of.map((value, round) => value / to[round]!);
}
