import { composeStore } from "../compose.ts";
import type { DatabaseSync } from "node:sqlite";
import { asStoreFailure, withDeadline } from "../failure.ts";
import { migrate, type Migration } from "../migrate.ts";
import { DatabaseRefused, type Store } from "../store.ts";
import { asKysely, isBusy, migrationTarget, openConnection } from "./connection.ts";
import { checkSameFile, identityOf } from "./same-file.ts";
import { startWriterThread } from "./writer-thread.ts";

/**
 * The embedded store: one SQLite file that several processes of one machine share. This thread only
 * reads, which in WAL mode never waits; writes go to the writer thread.
 */
export async function openSqlite(path: string, migrations?: Migration[]): Promise<Store> {
  const migrator = openFirst(path);
  try {
    await migrate(migrationTarget(migrator), migrations);
  } finally {
    migrator.close();
  }
  const identity = identityOf(path);
  const writer = startWriterThread(path, identity);
  const reader = openConnection(path, "read");
  return composeStore(asKysely(reader), {
    read: (read) => withDeadline(read()),
    write: writer.write,
    head: headOf(reader, () => checkSameFile(path, identity)),
    // Processes on one file have no channel but the file: they poll.
    onHint: () => undefined,
    async close() {
      await writer.close();
      reader.close();
    },
  });
}

/** Throws `DatabaseRefused` for a file that cannot be opened or is no database. */
function openFirst(path: string): DatabaseSync {
  try {
    return openConnection(path, "write");
  } catch (error) {
    if (isBusy(error)) throw asStoreFailure(error);
    const { message } = error as Error;
    throw new DatabaseRefused(`The SQLite file ${path} cannot be used: ${message}.`, {
      cause: error,
    });
  }
}

/** Read in one call: the query builder and a deadline would cost more than the read, which is over at once. */
function headOf(reader: DatabaseSync, checkFile: () => void): Store["head"] {
  const statement = reader.prepare("select position from head");
  return async () => {
    try {
      checkFile();
      return Number(statement.get()!["position"]);
    } catch (error) {
      throw asStoreFailure(error);
    }
  };
}
