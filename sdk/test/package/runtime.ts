import { cp, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runNpm } from "../../../tools/npm.ts";

/** A runtime beside Node, from the package that holds its program for this machine. */
export interface Runtime {
  name: string;
  /** By `process.platform` and `process.arch`; elsewhere npm does not bring it. */
  packages: Readonly<Record<string, string>>;
  program: string;
  /** What stands before the program to be run: nothing is fetched, and only the network is allowed. */
  args: readonly string[];
}

export const runtimes: readonly Runtime[] = [
  {
    name: "Bun",
    packages: {
      "darwin-arm64": "@oven/bun-darwin-aarch64",
      "darwin-x64": "@oven/bun-darwin-x64",
      "linux-arm64": "@oven/bun-linux-aarch64",
      "linux-x64": "@oven/bun-linux-x64",
      "win32-x64": "@oven/bun-windows-x64",
    },
    program: "bin/bun",
    args: ["run", "--no-install"],
  },
  {
    name: "Deno",
    packages: {
      "darwin-arm64": "@deno/darwin-arm64",
      "darwin-x64": "@deno/darwin-x64",
      "linux-arm64": "@deno/linux-arm64-glibc",
      "linux-x64": "@deno/linux-x64-glibc",
      "win32-x64": "@deno/win32-x64",
    },
    program: "deno",
    args: [
      "run",
      "--node-modules-dir=manual",
      "--no-remote",
      "--no-lock",
      "--allow-net=127.0.0.1",
      "--allow-read=.",
    ],
  },
];

const folder = fileURLToPath(new URL("../runtimes/", import.meta.url));
const installed = join(folder, "node_modules");

/** Where the runtime's program is, or why it is not there. */
export async function findRuntime(runtime: Runtime): Promise<{ file: string } | { why: string }> {
  const { name, packages, program } = runtime;
  const packageName = packages[`${process.platform}-${process.arch}`];
  if (packageName === undefined) return { why: `npm has no ${name} for this machine` };
  if (!(await isCurrent(packageName))) {
    const why = await install();
    if (why !== undefined) return { why };
    if (!(await isCurrent(packageName))) return { why: `npm left ${packageName} out` };
  }
  const suffix = process.platform === "win32" ? ".exe" : "";
  return { file: join(installed, packageName, program + suffix) };
}

/** Whether it is there in the version that is asked for. */
async function isCurrent(packageName: string): Promise<boolean> {
  const read = async (path: string) => JSON.parse(await readFile(path, "utf8")) as Manifest;
  const { optionalDependencies } = await read(join(folder, "package.json"));
  const found = await read(join(installed, packageName, "package.json")).catch(() => undefined);
  return found?.version === optionalDependencies?.[packageName];
}

interface Manifest {
  version?: string;
  optionalDependencies?: Record<string, string>;
}

const installMsMax = 90_000;

/** Beside the place and then into it, so that two test runs at once do no harm to each other. */
async function install(): Promise<string | undefined> {
  const stage = await mkdtemp(join(folder, "install-"));
  try {
    for (const file of ["package.json", "package-lock.json"]) {
      await cp(join(folder, file), join(stage, file));
    }
    const flags = ["--include=optional", "--ignore-scripts", "--no-audit", "--fetch-retries=1"];
    await runNpm(["ci", ...flags, "--fetch-retry-mintimeout=1000"], stage, installMsMax);
    await rm(installed, { recursive: true, force: true });
    await rename(join(stage, "node_modules"), installed);
    return undefined;
  } catch (error) {
    return `npm did not bring it: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}
