import { createBoundedMap } from "../bounded-map.ts";
import { budgetOwnerOf } from "./source-address.ts";

/**
 * How many wrong secrets are answered as such in a minute. Beyond the budget the answer is 429. Only
 * failures count and only failures are refused: the right secret always gets its token, so nobody
 * can lock a client out. Per process, bounded in memory [RFC 6819 §5.1.4.2.3].
 */
export interface FailureBudget {
  /** Counts a failure. Seconds to wait when the budget is used up, else `undefined`. */
  spend(clientId: string, sourceAddress: string): number | undefined;
  /** The same for a wrong API key: it names nobody, so only the source counts. */
  spendOnKey(sourceAddress: string): number | undefined;
}

const windowMs = 60_000;
const windowSeconds = windowMs / 1_000;
const perClientAndSource = 100;
const perClient = 1_000;
const perSource = 1_000;
const countersMax = 50_000;

export function createFailureBudget(elapsedMs: () => number): FailureBudget {
  const counters = createBoundedMap<{ count: number; startedMs: number }>(countersMax);

  /** Whether this failure is beyond `max` in the window that runs. */
  function isBeyond(key: string, max: number, atMs: number): boolean {
    const counter = counters.get(key);
    if (counter === undefined || atMs - counter.startedMs >= windowMs) {
      counters.set(key, { count: 1, startedMs: atMs });
      return false;
    }
    counter.count += 1;
    return counter.count > max;
  }

  return {
    spend(clientId, sourceAddress) {
      const atMs = elapsedMs();
      const source = budgetOwnerOf(sourceAddress);
      const client = clientId.slice(0, 200);
      const beyond = [
        isBeyond(`both ${source} ${client}`, perClientAndSource, atMs),
        isBeyond(`client ${client}`, perClient, atMs),
        isBeyond(`source ${source}`, perSource, atMs),
      ];
      return beyond.includes(true) ? windowSeconds : undefined;
    },
    spendOnKey(sourceAddress) {
      const key = `key ${budgetOwnerOf(sourceAddress)}`;
      return isBeyond(key, perClientAndSource, elapsedMs()) ? windowSeconds : undefined;
    },
  };
}
