import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import { cores } from "./children.ts";

/** `RESULTS.md`: a run with the machine it ran on. */

const file = new URL("RESULTS.md", import.meta.url);

export interface Run {
  command: string;
  startedAt: Date;
  loadBefore: number;
  seconds: number;
  table: string;
  missed: readonly string[];
}

export function writeResults(run: Run): string {
  const text = `# Benchmark results

Written by \`${run.command}\`; \`README.md\` says how to read them.

${facts(run)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join("\n")}

${run.table}

${run.missed.length === 0 ? "Every gate is met." : `Missed: ${run.missed.join("; ")}.`}
`;
  writeFileSync(file, text);
  return fileURLToPath(file);
}

function facts({ startedAt, loadBefore, seconds }: Run): [string, string][] {
  const [{ model } = { model: "unknown" }] = cpus();
  const placed =
    cores.server === undefined ? "nothing is pinned" : "servers on one core, load on another";
  return [
    ["date", startedAt.toISOString().slice(0, 16).replace("T", " ")],
    ["commit", commit()],
    ["processor", `${model.trim()}, ${availableParallelism()} cores; ${placed}`],
    ["memory", `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ["system", `${type()} ${release()}`],
    ["Node", `${process.version}, OpenSSL ${process.versions.openssl}`],
    ["duration", `${Math.round(seconds)} s`],
    [
      "other work on the machine",
      `load average ${loadBefore.toFixed(2)} before, ${loadavg()[0]!.toFixed(2)} after` +
        ` (the run itself makes about 2)${stolen()}`,
    ],
  ];
}

function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

/** What the host took from this machine since it was started, where Linux tells it. */
function stolen(): string {
  try {
    const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
    const ticks = line.split(/ +/).slice(1, 9).map(Number);
    const all = ticks.reduce((sum, value) => sum + value, 0);
    return `; the host took ${((ticks[7]! / all) * 100).toFixed(1)} % of its time`;
  } catch {
    return "";
  }
}
