import { accessSync, constants, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, type Config } from "./config.ts";

/** Throws `ConfigError` for a folder that cannot be made, or in which nothing can be written. */
export function makeDataDir({ dataDir, databaseUrl }: Config): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const { W_OK, X_OK } = constants;
    accessSync(dataDir, databaseUrl === undefined ? W_OK | X_OK : X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `The data directory ${dataDir} cannot be used: ${code}. COUNTERSIGN_DATA_DIR names another.`,
    );
  }
  if (databaseUrl === undefined) checkFiles(dataDir);
}

/** SQLite would open a file of another user as well, and fail at the first write without its name. */
function checkFiles(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (!/\.sqlite(?:-wal|-shm)?$/.test(name)) continue;
    const file = join(dataDir, name);
    try {
      accessSync(file, constants.R_OK | constants.W_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Another process that ended just now has removed it.
      if (code === "ENOENT") continue;
      throw new ConfigError(
        `The file ${file} cannot be used: ${code}. The user who starts Countersign must be allowed to read and write it.`,
      );
    }
  }
}
