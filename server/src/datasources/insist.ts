import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../log.ts";
import { StoreUnavailable } from "../store/store.ts";
import type { System } from "../system.ts";

const triesMs = 10 * 60_000;

/**
 * Tries for a while when the store is away: what has to be stored cannot be got a second time. Throws
 * `StoreUnavailable` in the end.
 */
export async function insist<Outcome>(
  { system, log }: { system: System; log: Log },
  act: () => Promise<Outcome>,
): Promise<Outcome> {
  const untilMs = system.elapsedMs() + triesMs;
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || system.elapsedMs() > untilMs) throw error;
      log.warn({ err: error }, "new tokens wait for the store");
      await sleep(pauseMs);
    }
  }
}
