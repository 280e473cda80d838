import type { Progress } from "./progress.ts";

/** One of those that are compared. */
export interface Contestant {
  name: string;
  measure(): Promise<Measurement>;
}

export interface Measurement {
  /** By the clock. */
  perSecond: number;
  /** By the time that the server was on a processor: what else the machine does falls out. */
  perBusySecond: number;
  /** The share of the time in which it was; `undefined` where that cannot be read. */
  serverBusy?: number;
}

export interface RoundsOptions {
  rounds: number;
  progress: Progress;
  /** Before every round, unmeasured. */
  prepare?: () => Promise<void>;
}

/**
 * Measures all contestants in every round, so that each round sees them under the same weather, and
 * every other round in reverse, so that none always comes after the same neighbour.
 */
export async function runRounds(
  contestants: readonly Contestant[],
  { rounds, progress, prepare }: RoundsOptions,
): Promise<Map<string, Measurement[]>> {
  const measured = new Map<string, Measurement[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    await prepare?.();
    const order = round % 2 === 1 ? contestants : contestants.toReversed();
    for (const { name, measure } of order) {
      progress(`round ${round} of ${rounds}: ${name}`);
      measured.get(name)!.push(await measure());
    }
  }
  return measured;
}
