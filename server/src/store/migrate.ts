import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

/**
 * Brings a database to the schema of this version. Each migration runs in one transaction under an
 * exclusive lock, so that a failed one leaves everything as it was and two processes that start at
 * once do not meet.
 */

export interface Migration {
  version: number;
  name: string;
  sql: string;
}

/** What a database offers the migrator. */
export interface MigrationTarget {
  /** Runs `work` in one transaction that no other migrator can be in; rolls back when it throws. */
  exclusively<Result>(
    work: (run: MigrationConnection) => Promise<Result> | Result,
  ): Promise<Result>;
}

export interface MigrationConnection {
  /** One or more statements without parameters. */
  execute(sql: string): Promise<void> | void;
  query(sql: string): Promise<Record<string, unknown>[]> | Record<string, unknown>[];
}

export class MigrationRefused extends Error {
  override name = "MigrationRefused";
}

export class MigrationFailed extends Error {
  override name = "MigrationFailed";
}

const migrationsFolder = new URL("./migrations/", import.meta.url);

export function readMigrations(folder: URL = migrationsFolder): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .toSorted()
    .map((file) => ({
      version: Number(file.slice(0, 4)),
      name: file,
      sql: readFileSync(new URL(file, folder), "utf8"),
    }));
}

/** Applies what is missing and answers the names of what it applied. */
export async function migrate(
  target: MigrationTarget,
  migrations: Migration[] = readMigrations(),
): Promise<string[]> {
  const done: string[] = [];
  for (;;) {
    const applied = await target.exclusively((connection) => applyNext(connection, migrations));
    if (applied === undefined) return done;
    done.push(applied);
  }
}

async function applyNext(
  connection: MigrationConnection,
  migrations: Migration[],
): Promise<string | undefined> {
  await connection.execute(
    "create table if not exists schema_migrations " +
      "(version integer primary key, name text not null, digest text not null)",
  );
  const rows = await connection.query("select version, name, digest from schema_migrations");
  checkApplied(rows as { version: number; name: string; digest: string }[], migrations);
  const next = migrations.find(({ version }) => !rows.some((row) => row.version === version));
  if (next === undefined) return undefined;
  try {
    await connection.execute(next.sql);
  } catch (error) {
    throw new MigrationFailed(
      `The migration ${next.name} failed and was undone; the database is as it was before. ` +
        `The cause: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  await connection.execute(
    `insert into schema_migrations (version, name, digest)
     values (${next.version}, '${next.name}', '${digestOf(next)}')`,
  );
  return next.name;
}

function checkApplied(
  rows: { version: number; name: string; digest: string }[],
  migrations: Migration[],
): void {
  const newest = migrations.at(-1)?.version ?? 0;
  for (const row of rows) {
    if (row.version > newest) {
      throw new MigrationRefused(
        `The database is from a newer version of Countersign (it has ${row.name}). ` +
          "Start that version, or restore a backup made before the upgrade.",
      );
    }
    const migration = migrations.find(({ version }) => version === row.version);
    if (migration === undefined || digestOf(migration) !== row.digest) {
      throw new MigrationRefused(
        `The database was made with another text of ${row.name} than this version has.`,
      );
    }
  }
}

const digestOf = ({ sql }: Migration): string =>
  createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
