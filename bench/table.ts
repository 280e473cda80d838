import type { Comparison, Row } from "./row.ts";
import type { Summary } from "./statistics.ts";

/** The rows as one Markdown table; every comparison of a row has a line. */

const heads = ["group", "what", "median", "range", "by the clock", "busy", "compared", "gate", ""];

export function renderTable(rows: readonly Row[]): string {
  const lines = rows.flatMap(linesOf);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...lines.map((line) => line[column]!.length)),
  );
  const render = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = render(widths.map((width) => "-".repeat(width)));
  return [render(heads), rule, ...lines.map(render)].join("\n");
}

function linesOf(row: Row): string[][] {
  const { group, name, unit, value, byClock, serverBusy, comparisons, below } = row;
  const first = [
    group,
    name,
    `${number(value.median)} ${unit}`,
    value.least === value.most ? "" : range(value),
    byClock === undefined ? "" : number(byClock.median),
    serverBusy === undefined || Number.isNaN(serverBusy.median)
      ? ""
      : `${Math.round(serverBusy.median * 100)} %`,
  ];
  const gate =
    below === undefined ? ["", "", ""] : ["", `< ${number(below)}`, mark(value.median < below)];
  const [ratio, ...more] = comparisons.map(comparisonCells);
  const blank = first.map(() => "");
  return [[...first, ...(ratio ?? gate)], ...more.map((cells) => [...blank, ...cells])];
}

function comparisonCells({ to, ratio, ratioByClock, atLeast }: Comparison): string[] {
  const clock = ratioByClock === undefined ? "" : `, by the clock ${number(ratioByClock.median)}`;
  return [
    `${number(ratio.median)} of ${to} (${range(ratio)}${clock})`,
    atLeast === undefined ? "" : `>= ${atLeast}`,
    atLeast === undefined ? "" : mark(ratio.median >= atLeast),
  ];
}

const mark = (isMet: boolean): string => (isMet ? "ok" : "MISSED");

const range = ({ least, most }: Summary): string => `${number(least)}–${number(most)}`;

/** As many digits as mean something. */
function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
