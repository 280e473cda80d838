/**
 * Installs the locked dependencies when they are missing or stale and, with `--build`, builds what
 * `npm start` runs, so that `npm start` and `npm test` work on a fresh clone as the only command. Plain JavaScript without dependencies: it runs
 * before anything is installed, on the machine's own Node. When there is nothing to do it says
 * nothing.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const oldestNode = 20;
const lockLifetimeMs = 10 * 60_000;

process.exitCode = main() || (process.argv.includes("--build") ? build() : 0);

function main() {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    return refuse(`Node ${oldestNode} or newer is needed, this is ${process.versions.node}.`);
  }
  if (isInstalled()) return 0;
  const release = takeLock();
  try {
    return isInstalled() ? 0 : install();
  } finally {
    release();
  }
}

/** By the Node that is pinned: this one may be too old for it. */
function build() {
  const node = join(root, "node_modules", ".bin", "node");
  const shell = process.platform === "win32";
  const { status, error } = spawnSync(node, [join(root, "tools", "build.ts")], {
    stdio: ["ignore", 2, 2],
    shell,
  });
  if (error !== undefined) return refuse(`the build could not be started: ${error.message}`);
  return status === 0 ? 0 : refuse("the build failed.");
}

function install() {
  console.error("Installing the locked dependencies; this happens once.");
  const [command, ...first] = npmCommand();
  const flags = ["--include=dev", "--include=optional", "--workspaces", "--include-workspace-root"];
  const { status, error } = spawnSync(command, [...first, "ci", ...flags, "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32" && first.length === 0,
  });
  if (error !== undefined) return refuse(`npm could not be started: ${error.message}`);
  if (status !== 0) return refuse(`npm ci failed with exit code ${status}.`, status);
  return 0;
}

/**
 * The npm that runs us, on the Node that it runs on: ours may be in the folder that npm is about to
 * replace.
 */
function npmCommand() {
  const { npm_execpath: npm = "", npm_node_execpath: node } = process.env;
  return npm.endsWith("npm-cli.js") ? [node || process.execPath, npm] : ["npm"];
}

/**
 * Whether node_modules holds what package-lock.json says. npm writes its own copy of the lock into
 * node_modules as the last act of an install; the two are compared, so an install by hand counts
 * and an interrupted one does not.
 */
function isInstalled() {
  const locked = readJson("package-lock.json")?.packages;
  const present = readJson("node_modules/.package-lock.json")?.packages;
  if (locked === undefined || present === undefined) return false;
  const own = locked[""].optionalDependencies;
  return Object.entries(locked).every(([path, entry]) => {
    if (!path.includes("node_modules/")) return agrees(join(path, "package.json"), entry);
    const name = path.slice("node_modules/".length);
    const mayBeAbsent = entry.optional && !(name in own && isForThisMachine(entry));
    if (!(path in present)) return mayBeAbsent;
    return present[path].integrity === entry.integrity && existsSync(join(root, path));
  });
}

/**
 * Whether a package.json of ours asks for what the lock was made from; if not, `npm ci` explains it
 * better than we.
 */
function agrees(path, entry) {
  const manifest = readJson(path);
  const kinds = ["workspaces", "dependencies", "devDependencies", "optionalDependencies"];
  return manifest !== undefined && kinds.every((kind) => isSame(manifest[kind], entry[kind]));
}

function isSame(asked, locked) {
  return inOrder(asked) === inOrder(locked);
}

function inOrder(entries) {
  const order = Object.entries(entries ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(order);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), "utf8"));
  } catch {
    return undefined;
  }
}

function isForThisMachine({ os, cpu }) {
  return [
    [os, process.platform],
    [cpu, process.arch],
  ].every(([allowed, here]) => allowed === undefined || allowed.includes(here));
}

/**
 * Only one process installs; others wait and find the work done. The lock is a file with its
 * holder's process id, made by `link` so that it never exists without it, and outside node_modules,
 * which `npm ci` empties.
 */
function takeLock() {
  const checkout = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const lock = join(tmpdir(), `countersign-install-${checkout}`);
  const mine = `${lock}.${process.pid}`;
  try {
    while (!isTaken(mine, lock)) {
      if (isStale(lock)) rmSync(lock, { force: true });
      sleep(200);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(lock, { force: true });
}

/**
 * Looks a second time after a pause: another waiter may have judged the lock stale just before we
 * took it.
 */
function isTaken(mine, lock) {
  try {
    writeFileSync(mine, String(process.pid));
    linkSync(mine, lock);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  sleep(100);
  return holder(lock) === process.pid;
}

function isStale(lock) {
  const pid = holder(lock);
  if (pid === undefined) return false;
  try {
    if (Date.now() - statSync(lock).mtimeMs > lockLifetimeMs) return true;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function holder(lock) {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return undefined;
  }
}

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function refuse(message, exitCode = 1) {
  console.error(`countersign: ${message}`);
  return exitCode;
}
