import { CamelCasePlugin, Kysely } from "kysely";
import { PostgresJSDialect } from "kysely-postgres-js";
import postgres from "postgres";
import { composeStore, runWrite, type WriteName } from "./compose.ts";
import { isUniqueViolation, storeDeadlineMs, withDeadline } from "./failure.ts";
import { migrate, type Migration, type MigrationTarget } from "./migrate.ts";
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

type Sql = ReturnType<typeof connect>;

const hintChannel = "countersign_changes";
/** Any number, but the same in every process: who holds it may migrate. */
const migrationLock = 7_236_041;

export async function openPostgres(url: string, options: PostgresOptions): Promise<Store> {
  const sql = connect(url, options.connectionsMax);
  try {
    await migrate(migrationTarget(sql), options.migrations);
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw error;
  }
  const db = new Kysely<Schema>({
    dialect: new PostgresJSDialect({ postgres: sql }),
    plugins: [new CamelCasePlugin()],
  });
  const write = async (name: WriteName, input: unknown): Promise<unknown> => {
    const { result, hint } = await writeInTransaction(db, name, input);
    if (hint && options.hints) void sql.notify(hintChannel, "").catch(() => undefined);
    return result;
  };
  return composeStore(db, {
    read: (read) => withDeadline(read()),
    write: (name, input) => withDeadline(write(name, input)),
    onHint(listener) {
      if (options.hints) void sql.listen(hintChannel, listener).catch(() => undefined);
    },
    close: () => sql.end({ timeout: 5 }),
  });
}

function connect(url: string, connectionsMax: number) {
  return postgres(url, {
    max: connectionsMax,
    connect_timeout: storeDeadlineMs / 1000,
    // A failed server is asked again soon: the wait between tries is seconds.
    backoff: (tries: number) => Math.min(0.1 * 2 ** tries, 2),
    idle_timeout: 60,
    onnotice: () => undefined,
    connection: { application_name: "countersign", statement_timeout: storeDeadlineMs },
    // Counters and times are far below 2^53.
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
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

function migrationTarget(sql: Sql): MigrationTarget {
  return {
    exclusively: (work) =>
      sql.begin(async (tx) => {
        await tx`set local statement_timeout = 0`;
        await tx`select pg_advisory_xact_lock(${migrationLock})`;
        return work({
          execute: async (text) => void (await tx.unsafe(text)),
          query: (text) => tx.unsafe(text),
        });
      }) as ReturnType<typeof work> as never,
  };
}
