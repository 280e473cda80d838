import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";

/** A store whose writes wait while somebody else holds the lock; reads go on. */

export interface WriteLock {
  take(): Promise<void>;
  release(): Promise<void>;
}

/** Beside the server that has these settings. Rows of connections are held, or all of SQLite. */
export function writeLockOf(environment: Readonly<Record<string, string>>): WriteLock {
  const url = environment["COUNTERSIGN_DATABASE_URL"];
  return url === undefined ? onFile(environment["COUNTERSIGN_DATA_DIR"]!) : onPostgres(url);
}

function onFile(dataDir: string): WriteLock {
  let beside: DatabaseSync | undefined;
  return {
    async take() {
      beside = new DatabaseSync(join(dataDir, "countersign.sqlite"), { timeout: 5_000 });
      beside.exec("begin immediate");
    },
    async release() {
      beside?.exec("rollback");
      beside?.close();
      beside = undefined;
    },
  };
}

function onPostgres(url: string): WriteLock {
  let beside: postgres.Sql | undefined;
  return {
    async take() {
      beside = postgres(url, { max: 1, onnotice: () => undefined });
      await beside.unsafe("begin; lock table connections in exclusive mode");
    },
    async release() {
      await beside?.unsafe("rollback");
      await beside?.end();
      beside = undefined;
    },
  };
}
