import { statSync } from "node:fs";
import { StoreUnavailable } from "../store.ts";

/**
 * Whether the file that is open still is the one at its path. A process can go on reading and writing
 * a file that was deleted or replaced; with the process all that it wrote is gone. SQLite looks for
 * itself (SQLITE_READONLY_DBMOVED), but not in WAL mode.
 */

export interface FileIdentity {
  device: bigint;
  inode: bigint;
}

export function identityOf(path: string): FileIdentity {
  const { dev: device, ino: inode } = statSync(path, { bigint: true });
  return { device, inode };
}

/** Throws `StoreUnavailable`. */
export function checkSameFile(path: string, { device, inode }: FileIdentity): void {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found?.ino === inode && found.dev === device) return;
  throw new StoreUnavailable(
    `${path} was ${found === undefined ? "deleted" : "replaced"} while it was in use`,
  );
}
