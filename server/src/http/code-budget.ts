import { createBoundedMap } from "../bounded-map.ts";

/**
 * How many six-digit codes may be wrong for one person. Who sends them knows the password already, and
 * a million is soon tried: so these, unlike passwords, are not looked at beyond the budget. Recovery
 * codes still are, and nobody without the password comes here.
 */
export interface CodeBudget {
  mayGuess(userId: string): boolean;
  spend(userId: string): void;
}

const windowMs = 3_600_000;
const wrongMax = 20;
const peopleMax = 10_000;

export function createCodeBudget(elapsedMs: () => number): CodeBudget {
  const counters = createBoundedMap<{ count: number; startedMs: number }>(peopleMax);

  function counterOf(userId: string) {
    const counter = counters.get(userId);
    if (counter !== undefined && elapsedMs() - counter.startedMs < windowMs) return counter;
    const fresh = { count: 0, startedMs: elapsedMs() };
    counters.set(userId, fresh);
    return fresh;
  }

  return {
    mayGuess: (userId) => counterOf(userId).count < wrongMax,
    spend(userId) {
      counterOf(userId).count += 1;
    },
  };
}
