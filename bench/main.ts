import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Group } from "./groups/group.ts";
import { apiKeys } from "./groups/api-keys.ts";
import { guessing } from "./groups/guessing.ts";
import { introspection } from "./groups/introspection.ts";
import { listing } from "./groups/listing.ts";
import { micro } from "./groups/micro.ts";
import { propagation } from "./groups/propagation.ts";
import { proxy } from "./groups/proxy.ts";
import { storage } from "./groups/storage.ts";
import { token } from "./groups/token.ts";
import { verifier } from "./groups/verifier.ts";
import { startLoad } from "./load/load.ts";
import { createProgress } from "./progress.ts";
import { writeResults } from "./results.ts";
import { missedBy, type Row } from "./row.ts";
import { renderTable } from "./table.ts";

/**
 * `npm run bench`: side-by-side benchmarks, one table on stdout.
 *
 *   npm run bench                          all groups, about twelve minutes
 *   npm run bench -- token verifier        some of them
 *   npm run bench -- --rounds=9 --seconds=2
 *   npm run bench -- --write               keeps the result in bench/RESULTS.md
 *
 *   npm run bench -- soak                  ten minutes with 10,000 connections, on its own
 *   npm run bench -- soak --minutes=2 --connections=2000
 *
 * The exit code is 1 when a gate is missed.
 */

const groups: readonly Group[] = [
  token,
  introspection,
  guessing,
  storage,
  listing,
  verifier,
  apiKeys,
  propagation,
  proxy,
  micro,
];
const roundsMax = 200;
const secondsMax = 30;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      rounds: { type: "string", default: "15" },
      seconds: { type: "string", default: "1" },
      write: { type: "boolean", default: false },
      minutes: { type: "string", default: "10" },
      connections: { type: "string", default: "10000" },
    },
    allowPositionals: true,
  });
  if (positionals[0] === "soak") return runSoak(values);
  const chosen = groups.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  const unknown = positionals.filter((word) => !groups.some(({ name }) => name === word));
  const rounds = numberIn(values.rounds, roundsMax);
  const seconds = numberIn(values.seconds, secondsMax);
  if (unknown.length > 0 || rounds === undefined || seconds === undefined) return usage();

  const startedAt = new Date();
  const loadBefore = loadavg()[0]!;
  const rows = await measureAll(chosen, rounds, seconds);
  const table = renderTable(rows);
  const missed = rows.flatMap(missedBy);
  console.log(table);
  for (const sentence of missed) console.error(sentence);
  if (values.write) {
    const command = ["npm run bench --", ...process.argv.slice(2)].join(" ");
    const took = (Date.now() - startedAt.getTime()) / 1000;
    console.error(
      `Written: ${writeResults({ command, startedAt, loadBefore, seconds: took, table, missed })}`,
    );
  }
  return missed.length === 0 ? 0 : 1;
}

async function runSoak(asked: { minutes: string; connections: string }): Promise<number> {
  const minutes = numberIn(asked.minutes, 24 * 60);
  const connections = numberIn(asked.connections, 100_000);
  if (minutes === undefined || connections === undefined) return usage();
  const { soak } = await import("./soak/soak.ts");
  const progress = createProgress();
  const result = await soak({ minutes, connections, progress });
  progress("done\n");
  const { lost, lies, ...counts } = result;
  console.log(JSON.stringify({ ...counts, lost: lost.length, lies: lies.length }, undefined, 2));
  const idle = counts.answersLost === 0 ? ["No answer was lost: this run shows nothing."] : [];
  const problems = [...lost, ...lies, ...idle];
  for (const one of problems) console.error(one);
  return problems.length === 0 ? 0 : 1;
}

async function measureAll(
  chosen: readonly Group[],
  rounds: number,
  seconds: number,
): Promise<Row[]> {
  const load = startLoad();
  const progress = createProgress();
  try {
    const rows: Row[] = [];
    for (const group of chosen) {
      rows.push(...(await group.measure({ rounds, seconds, load, progress })));
    }
    return rows;
  } finally {
    await load.stop();
    progress("done\n");
  }
}

function numberIn(text: string, max: number): number | undefined {
  const value = Number(text);
  return value > 0 && value <= max ? value : undefined;
}

function usage(): number {
  const names = groups.map(({ name }) => name).join(", ");
  console.error(
    `npm run bench -- [${names}] [--rounds=1..${roundsMax}] [--seconds=0..${secondsMax}] [--write]`,
  );
  return 2;
}
