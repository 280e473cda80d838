import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { CamelCasePlugin, Kysely, SqliteDialect, type SqliteDatabase } from "kysely";
import type { Schema } from "../schema.ts";
import type { MigrationTarget } from "../migrate.ts";

/** Connections to one SQLite file: WAL, and every commit is on disk before it is answered. */

/** How long a connection waits for another process's lock. Shorter than the store's deadline. */
const lockWaitMs = 4_000;

export function openConnection(path: string, access: "read" | "write"): DatabaseSync {
  const connection = new DatabaseSync(path, { timeout: lockWaitMs });
  useWriteAheadLog(connection);
  connection.exec("pragma synchronous = full");
  connection.exec("pragma foreign_keys = on");
  if (access === "read") connection.exec("pragma query_only = on");
  return connection;
}

const pauseMs = 20;

/** Of processes that open a new file at once, all but one are told that it is busy, without a wait. */
function useWriteAheadLog(connection: DatabaseSync): void {
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    try {
      connection.exec("pragma journal_mode = wal");
      return;
    } catch (error) {
      if (!isBusy(error) || waitedMs >= lockWaitMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}

export function asKysely(connection: DatabaseSync): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: new SqliteDialect({ database: asDialectDatabase(connection) }),
    plugins: [new CamelCasePlugin()],
  });
}

/** Prepared statements are kept: the same few texts come again and again. */
const statementsMax = 256;

function asDialectDatabase(connection: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    if (statements.size >= statementsMax) statements.clear();
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    close: () => connection.close(),
    prepare(sql) {
      const statement = prepared(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}

export function migrationTarget(connection: DatabaseSync): MigrationTarget {
  return {
    async exclusively(work) {
      await beginExclusive(connection);
      try {
        const result = await work({
          execute: (sql) => connection.exec(sql),
          query: (sql) => connection.prepare(sql).all(),
        });
        connection.exec("commit");
        return result;
      } catch (error) {
        if (connection.isTransaction) connection.exec("rollback");
        throw error;
      }
    },
  };
}

const sqliteBusy = 5;
export const isBusy = (error: unknown): boolean =>
  (error as { errcode?: number }).errcode === sqliteBusy;

const lockAgainAfterMs = 50;

/** However long another process migrates: it is waited for, and without standing still. */
async function beginExclusive(connection: DatabaseSync): Promise<void> {
  connection.exec("pragma busy_timeout = 0");
  for (;;) {
    try {
      connection.exec("begin exclusive");
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    await sleep(lockAgainAfterMs);
  }
}
