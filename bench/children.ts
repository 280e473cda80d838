import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/**
 * The processes that a run starts: each on the core that it is given, and each ended by its own id,
 * also when the run is interrupted.
 */

export interface Child {
  process: ChildProcess;
  processId: number;
  /** What it said on stdout and stderr. */
  output(): string;
  /** Ends it and waits; after a while without its consent. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  core: number | undefined;
  environment?: Record<string, string>;
  /** Without a channel the child is what a user would start. */
  channel?: "ipc" | "ignore";
}

const patienceMs = 15_000;
const running = new Set<ChildProcess>();

/** Server and load each have a core, where there are two and a tool to hold them there. */
export const cores = coresFor(availableParallelism());

function coresFor(count: number): { server: number | undefined; load: number | undefined } {
  const canPin = count >= 2 && spawnSync("taskset", ["-c", `0,${count - 1}`, "true"]).status === 0;
  return canPin ? { server: count - 1, load: 0 } : { server: undefined, load: undefined };
}

/** `script` may be a whole command line for Node. */
export function startChild(script: URL | string[], options: ChildOptions): Child {
  const { core, environment = {}, channel = "ipc" } = options;
  const words = script instanceof URL ? [fileURLToPath(script)] : script;
  const pinned = core === undefined ? [] : ["taskset", "-c", String(core)];
  const [command, ...args] = [...pinned, process.execPath];
  const child = spawn(command, [...args, ...words], {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe", channel],
    serialization: "advanced",
  });
  const said: Buffer[] = [];
  child.stdout!.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr!.on("data", (chunk: Buffer) => said.push(chunk));
  running.add(child);
  const ended = once(child, "exit").then(() => running.delete(child));
  return {
    process: child,
    processId: child.pid!,
    output: () => Buffer.concat(said).toString(),
    async stop() {
      const impatience = setTimeout(() => child.kill("SIGKILL"), patienceMs);
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
      clearTimeout(impatience);
    },
  };
}

function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

process.on("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(130));
}
