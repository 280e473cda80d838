/**
 * A clock that never goes back, for how long something is kept: where the machine's is set back, it
 * stands still for that reading and goes on from there. Otherwise what was to be kept for minutes is
 * kept for as long as the machine's clock was wrong. Whether a token has expired is for the other.
 */
export function steadyClock(now: () => number): () => number {
  let aheadMs = 0;
  let lastMs = -Infinity;
  return () => {
    const readMs = now() + aheadMs;
    if (readMs < lastMs) aheadMs += lastMs - readMs;
    else lastMs = readMs;
    return lastMs;
  };
}
