import type { Measurement } from "./rounds.ts";
import { pairedRatios, summarize, type Summary } from "./statistics.ts";

/** A line of the table: what was measured, and what it is held against. */
export interface Row {
  group: string;
  name: string;
  unit: string;
  value: Summary;
  /** By the clock, where `value` goes by processor time. */
  byClock?: Summary;
  serverBusy?: Summary;
  comparisons: Comparison[];
  /** A value that must stay below something. */
  below?: number;
}

/** Another row of the same run, round by round. */
export interface Comparison {
  to: string;
  ratio: Summary;
  ratioByClock?: Summary;
  /** The median must not be less; without it the comparison is only told. */
  atLeast: number | undefined;
}

/** A comparison that is wanted: the gates of a group are a list of these. */
export interface Gate {
  of: string;
  to: string;
  atLeast?: number;
}

/** The rows of servers that were measured in rounds. */
export function rowsOf(
  group: string,
  unit: string,
  measured: ReadonlyMap<string, Measurement[]>,
  gates: readonly Gate[],
): Row[] {
  return [...measured].map(([name, rounds]) => ({
    group,
    name,
    unit,
    value: summarize(rounds.map(byProcessor)),
    byClock: summarize(rounds.map(byClock)),
    serverBusy: summarize(rounds.map(({ serverBusy = Number.NaN }) => serverBusy)),
    comparisons: gates
      .filter(({ of }) => of === name)
      .map(({ to, atLeast }) => ({
        to,
        atLeast,
        ratio: ratioOf(rounds, measured.get(to)!, byProcessor),
        ratioByClock: ratioOf(rounds, measured.get(to)!, byClock),
      })),
  }));
}

const byProcessor = ({ perBusySecond }: Measurement): number => perBusySecond;
const byClock = ({ perSecond }: Measurement): number => perSecond;

const ratioOf = (
  of: Measurement[],
  to: Measurement[],
  value: (measurement: Measurement) => number,
): Summary => summarize(pairedRatios(of.map(value), to.map(value)));

/** What is missed, in words; nothing when all is well. */
export function missedBy({ group, name, value, comparisons, below }: Row): string[] {
  const slow = comparisons
    .filter(({ ratio, atLeast }) => atLeast !== undefined && !(ratio.median >= atLeast))
    .map(
      ({ to, ratio, atLeast }) =>
        `${group}: ${name} is ${ratio.median.toFixed(3)} of ${to}, and should be ${atLeast}`,
    );
  const isBig = below !== undefined && !(value.median < below);
  return isBig
    ? [...slow, `${group}: ${name} is ${value.median}, and should be below ${below}`]
    : slow;
}
