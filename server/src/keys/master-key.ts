import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { System } from "../system.ts";

/**
 * The keys that encrypt data keys: a file with one key per line. The first is active, the others
 * only open what was wrapped before a rotation. Made with mode 0600 when missing.
 */

export interface MasterKey {
  /** A fingerprint that says nothing of the key. */
  id: string;
  key: Buffer;
}

export class MasterKeyRefused extends Error {
  override name = "MasterKeyRefused";
}

const linePattern = /^csmk_[A-Za-z0-9_-]{43}$/;

/**
 * Active key first. A missing file is made for a store that holds nothing yet; beside a store that
 * was sealed already a new key could open nothing. Throws `MasterKeyRefused`.
 */
export function loadMasterKeys(
  system: System,
  file: string,
  ifMissing: "create" | "refuse" = "create",
): MasterKey[] {
  if (ifMissing === "refuse" && !existsSync(file)) {
    throw new MasterKeyRefused(
      `The master key file ${file} is missing, and the database was sealed with it. ` +
        "Put it in place, or name it with COUNTERSIGN_MASTER_KEY_FILE.",
    );
  }
  const lines = readOrCreate(system, file)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0) throw new MasterKeyRefused(`${file} holds no key`);
  return lines.map((line, index) => {
    if (!linePattern.test(line)) {
      throw new MasterKeyRefused(`Key ${index + 1} in ${file} is not of the form csmk_…`);
    }
    const key = Buffer.from(line.slice("csmk_".length), "base64url");
    return { id: fingerprintOf(key), key };
  });
}

function readOrCreate(system: System, file: string): string {
  try {
    return create(system, file) ?? readWhenWritten(file);
  } catch (error) {
    throw new MasterKeyRefused(`${file} cannot be read or made: ${(error as Error).message}`);
  }
}

/** `undefined` when there is a file. */
function create(system: System, file: string): string | undefined {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const line = `csmk_${system.randomBytes(32).toString("base64url")}\n`;
  try {
    // Exclusive: of two processes that start at once, one makes the key and both read it.
    writeFileSync(file, line, { flag: "wx", mode: 0o600 });
    chmodSync(file, 0o600);
    return line;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  }
}

/** The other process has made the file but perhaps not filled it yet. */
function readWhenWritten(file: string): string {
  const waitMsMax = 2_000;
  const pauseMs = 20;
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    const text = readFileSync(file, "utf8");
    if (text !== "" || waitedMs >= waitMsMax) return text;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  }
}

const fingerprintOf = (key: Buffer): string =>
  createHash("sha256").update("countersign master key").update(key).digest("hex").slice(0, 16);
