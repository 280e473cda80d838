import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Guide } from "./guide.ts";

/** Does what a guide says, in a shell, in a folder where a clone seems to be. */

export interface Reading {
  /** What each of the things typed printed; fewer than were typed when one of them failed. */
  printed: string[];
  code: number | null;
  stderr: string;
}

const readMsMax = 60_000;
const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Nothing that a command prints. */
const separator = "\u001e";

export async function readAlong(
  { typed, files }: Guide,
  environment: Record<string, string>,
): Promise<Reading> {
  const folder = mkdtempSync(join(tmpdir(), "cs-guide-"));
  for (const name of ["node_modules", "tools"]) symlinkSync(join(root, name), join(folder, name));
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  const script = typed.map(({ text, isBeside }) =>
    isBeside ? `${text.trim()} >&2 &\n${waiting}` : text,
  );
  // A shell of POSIX, with the Node that this project brings.
  const shell = spawn("sh", ["-eu"], {
    cwd: folder,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
      HOME: folder,
      ...environment,
    },
    detached: true,
  });
  const impatience = setTimeout(() => endAll(shell.pid!), readMsMax);
  const ended = new Promise<number | null>((resolve) => shell.once("exit", resolve));
  shell.stdin.end(script.map((text) => `${text}\nprintf '\\036'\n`).join(""));
  const outputs = Promise.all([text(shell.stdout), text(shell.stderr)]);
  const code = await ended;
  clearTimeout(impatience);
  endAll(shell.pid!);
  const [stdout, stderr] = await outputs;
  rmSync(folder, { recursive: true, force: true });
  return { printed: stdout.split(separator).slice(0, -1), code, stderr };
}

/** Until the program that was started beside listens. */
const waiting =
  'curl -s -o /dev/null --retry 100 --retry-delay 1 --retry-connrefused "http://127.0.0.1:$PORT/"';

/** The shell, and what it left running. */
function endAll(groupId: number): void {
  try {
    process.kill(-groupId, "SIGKILL");
  } catch {
    // All of it has ended by itself.
  }
}
