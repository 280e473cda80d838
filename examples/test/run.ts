import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Programs are run in a folder of their own, as somebody would who copied them there. */

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Command {
  file: string;
  args: readonly string[];
}

const runMsMax = 90_000;
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Runs to the end. Rejects with `ENOENT` when there is no such command. */
export async function run({ file, args }: Command, cwd: string): Promise<Ran> {
  const child = spawn(file, args, {
    cwd,
    // What a runtime wants to remember goes with the folder.
    env: { PATH: process.env["PATH"], HOME: cwd },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: runMsMax,
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  const [[code], stdout, stderr] = await Promise.all([
    ended,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

export interface Folder {
  path: string;
  remove(): void;
}

/** Empty, but for the packages that npm brought. */
export function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "cs-example-"));
  symlinkSync(modules, join(path, "node_modules"), "junction");
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
