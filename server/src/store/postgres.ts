import { CamelCasePlugin, Kysely } from "kysely";
import { composeStore, runWrite, type WriteName } from "./compose.ts";
import { asStoreFailure, isUniqueViolation, withDeadline } from "./failure.ts";
import { migrate, type Migration, type MigrationTarget } from "./migrate.ts";
import { createConnections, type Connections } from "./postgres/connections.ts";
import { postgresDialect } from "./postgres/dialect.ts";
import { listenToOthers, notifyOthers } from "./postgres/hints.ts";
import type { Schema, Tx } from "./schema.ts";
import { hasChanges } from "./sql/changes.ts";
import { Rollback } from "./sql/rollback.ts";
import type { Store } from "./store.ts";

/**
 * The outside store: Postgres, for many machines. The URL may name several hosts and
 * `target_session_attrs=read-write`, so that a failover is followed.
 */

export interface PostgresOptions {
  /** Tell other processes of changes at once, and listen to theirs. */
  hints: boolean;
  connectionsMax: number;
  migrations?: Migration[];
}

/** Any number, but the same in every process: who holds it may migrate. */
const migrationLock = 7_236_041;

export async function openPostgres(url: string, options: PostgresOptions): Promise<Store> {
  const connections = createConnections(url, options.connectionsMax);
  try {
    await migrate(migrationTarget(connections), options.migrations);
  } catch (error) {
    await connections.end();
    throw asStoreFailure(error);
  }
  const db = new Kysely<Schema>({
    dialect: postgresDialect(connections),
    plugins: [new CamelCasePlugin()],
  });
  const write = async (name: WriteName, input: unknown): Promise<unknown> => {
    const { result, hint } = await writeInTransaction(db, name, input);
    if (hint && options.hints) void db.executeQuery(notifyOthers).catch(() => undefined);
    return result;
  };
  return composeStore(db, {
    read: (read) => withDeadline(read()),
    write: (name, input) => withDeadline(write(name, input)),
    onHint(listener) {
      if (options.hints) void listenToOthers(connections, listener);
    },
    close: () => connections.end(),
  });
}

async function writeInTransaction(
  db: Kysely<Schema>,
  name: WriteName,
  input: unknown,
): Promise<{ result: unknown; hint: boolean }> {
  try {
    return await db.transaction().execute(async (tx: Tx) => {
      const result = await runWrite(tx, name, input);
      return { result, hint: hasChanges(tx) };
    });
  } catch (error) {
    if (error instanceof Rollback) return { result: error.outcome, hint: false };
    if (isUniqueViolation(error)) return { result: "conflict", hint: false };
    throw error;
  }
}

function migrationTarget(connections: Connections): MigrationTarget {
  return {
    async exclusively(work) {
      const connection = await connections.acquire();
      const execute = (sql: string) => connection.executeScript(sql);
      try {
        await execute("begin; set local statement_timeout = 0");
        await execute(`select pg_advisory_xact_lock(${migrationLock})`);
        const result = await work({
          execute: async (sql) => void (await execute(sql)),
          query: execute,
        });
        await execute("commit");
        return result;
      } catch (error) {
        await execute("rollback").catch(() => undefined);
        throw error;
      } finally {
        connections.release(connection);
      }
    },
  };
}
