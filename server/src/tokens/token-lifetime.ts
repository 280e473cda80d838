import { staleAfterMs, type Feed } from "../store/feed.ts";
import { StoreUnavailable } from "../store/store.ts";

/**
 * How long a token may live now. While changes cannot be followed a client may have been disabled
 * without this process knowing: tokens are then short, and after a while there are none
 * [RFC 6819 §5.1.5.3].
 */

/** The longest life of any token: revocations are remembered for as long. */
export const tokenLifetimeSecondsMax = 86_400;

const staleLifetimeSeconds = 300;
const noticedAfterMs = 1_000;

/** Throws `StoreUnavailable` when the time of grace is over. */
export function createTokenLifetime(feed: Feed, graceSeconds: number): () => number {
  const graceMs = Math.max(graceSeconds * 1_000, noticedAfterMs);
  return () => {
    const staleForMs = feed.staleForMs();
    if (staleForMs > graceMs) throw new StoreUnavailable("changes cannot be followed any more");
    return staleForMs > staleAfterMs ? staleLifetimeSeconds : tokenLifetimeSecondsMax;
  };
}
