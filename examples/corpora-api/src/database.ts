import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

/** The sample's own database: one SQLite file, which several processes may open. */

/** How long one process waits for another's write. It stands still meanwhile. */
const lockWaitMs = 1000;

/** `corpora.number` is the digits of `crp_…`; autoincrement never gives one out twice. */
const schema = `
create table if not exists settings (
  name text primary key,
  value blob not null
) strict;
create table if not exists corpora (
  number integer primary key autoincrement,
  tenant text not null,
  key text not null,
  name text not null,
  description text not null,
  enabled integer not null default 1,
  features text not null,
  used_docs integer not null default 0,
  used_parts integer not null default 0,
  used_characters integer not null default 0,
  used_metadata_characters integer not null default 0,
  created_at_ms integer not null,
  unique (tenant, key)
) strict;
create index if not exists corpora_of_tenant on corpora (tenant);
create table if not exists documents (
  number integer primary key autoincrement,
  corpus integer not null references corpora (number) on delete cascade,
  id text not null,
  metadata text not null,
  parts integer not null,
  characters integer not null,
  metadata_characters integer not null,
  unique (corpus, id)
) strict;
create index if not exists documents_of_corpus on documents (corpus);
create table if not exists parts (
  document integer not null references documents (number) on delete cascade,
  position integer not null,
  text text not null,
  metadata text not null,
  primary key (document, position)
) strict, without rowid;
`;

/** Opens the file, and makes what is missing in it; `:memory:` keeps everything in memory. */
export function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: lockWaitMs });
  useWriteAheadLog(database);
  database.exec("pragma synchronous = normal");
  atomically(database, () => database.exec(schema));
  return database;
}

const pauseMs = 20;

/** Of processes that open a new file at once, all but one are told that it is busy, without a wait. */
function useWriteAheadLog(database: DatabaseSync): void {
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    try {
      database.exec("pragma journal_mode = wal");
      return;
    } catch (error) {
      if (!isDatabaseUnavailable(error) || waitedMs >= lockWaitMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}

/** Everything that `work` writes, or nothing of it when it throws. */
export function atomically<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("begin immediate");
  try {
    const result = work();
    database.exec("commit");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

/** The key that page keys are authenticated with. The first process to come makes it. */
export function loadPageKeySecret(database: DatabaseSync): Buffer {
  database
    .prepare("insert into settings values ('page_key_secret', ?) on conflict do nothing")
    .run(randomBytes(32));
  const row = database.prepare("select value from settings where name = 'page_key_secret'").get();
  return Buffer.from(row?.["value"] as Uint8Array);
}

/** SQLite's word for: busy, locked, read-only, not readable, full, not to be opened. */
const unavailable: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14]);

/** Whether an error says that the database cannot be used now, rather than that we made a mistake. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return (
    code === "ERR_SQLITE_ERROR" && typeof errcode === "number" && unavailable.has(errcode & 255)
  );
}
