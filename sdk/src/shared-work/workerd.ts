// @ts-expect-error -- the runtime brings this module, and nobody its types
import * as workers from "cloudflare:workers";

/** Workers from before August 2025 do not have it. */
const { waitUntil } = workers as { waitUntil?: (work: Promise<unknown>) => void };

/**
 * A worker drops what a request began as soon as that request is answered or its caller has gone,
 * and whoever else waits for it then waits in vain. So it is told to go on.
 */
export function sharedWork<Result>(work: Promise<Result>): Promise<Result> {
  waitUntil?.(work.catch(() => undefined));
  return work;
}
