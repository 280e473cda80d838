import postgres from "postgres";
import { openPostgres } from "../src/store/postgres.ts";
import { createDatabase, testDatabase, testServerUrl } from "./postgres.ts";

/**
 * A fresh database on the test run's Postgres that has the schema of this version already: a copy of
 * one that is migrated once. Copying it takes the processor a sixth of what the migrations take.
 */
export async function migratedDatabase(): Promise<string> {
  template ??= prepareTemplate();
  await template;
  return createDatabase(await testServerUrl(), templateName);
}

const templateName = "countersign_migrated";
/** Any number: of the processes of a test run one makes the template, and the others wait. */
const templateLock = 5_208_113;

let template: Promise<void> | undefined;

async function prepareTemplate(): Promise<void> {
  const sql = postgres(await testServerUrl(), { max: 1 });
  try {
    await sql`select pg_advisory_lock(${templateLock})`;
    const found = await sql`select from pg_database where datname = ${templateName}`;
    if (found.length === 0) await makeTemplate(sql);
  } finally {
    await sql.end();
  }
}

/** Under its name it is found only when it is whole. */
async function makeTemplate(sql: postgres.Sql): Promise<void> {
  const url = await testDatabase();
  const store = await openPostgres(url, { hints: false, connectionsMax: 1 });
  await store.close();
  await sql.unsafe(`alter database ${new URL(url).pathname.slice(1)} rename to ${templateName}`);
}
