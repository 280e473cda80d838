/**
 * The tests' own Postgres: it serves, it fails when told to, and it is gone when the one who
 * started it is.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { migratedDatabase } from "./migrated-database.ts";
import { startPostgres, testDatabase } from "./postgres.ts";

test("serves a fresh database, survives a crash, and listens no more after the stop", async () => {
  const server = await startPostgres();
  const url = await server.createDatabase();
  assert.deepEqual(await answer(url), 1);

  const firstPid = server.pid;
  await server.crash();
  await assert.rejects(answer(url));
  await server.restart();
  assert.notEqual(server.pid, firstPid);
  assert.deepEqual(await answer(url), 1);

  await server.stop();
  assert.equal(await isListening(url), false);
});

test("answers nothing while suspended, and goes on after", async () => {
  const server = await startPostgres();
  const sql = postgres(server.url(), { max: 1 });
  await sql`select 1`;

  server.suspend();
  const pending = sql`select 2 as answer`.execute();
  const first = await Promise.race([pending, sleep(300, "silence")]);
  assert.equal(first, "silence");
  server.resume();
  assert.deepEqual([...(await pending)], [{ answer: 2 }]);

  await sql.end();
  await server.stop();
});

test("gives each caller a database of its own", async () => {
  const urls = await Promise.all([testDatabase(), testDatabase()]);
  assert.equal(new Set(urls).size, 2);
  assert.deepEqual(await Promise.all(urls.map(answer)), [1, 1]);
});

test("gives each caller a copy with the schema, in which nothing happened yet", async () => {
  const read = async (url: string): Promise<unknown> => {
    const sql = postgres(url, { max: 1 });
    const [head] = await sql`select position from head`;
    await sql`update head set position = 1`;
    await sql.end();
    return head!["position"];
  };
  assert.equal(await read(await migratedDatabase()), "0");
  assert.equal(await read(await migratedDatabase()), "0");
});

test("is gone when its process is killed", async () => {
  const module = JSON.stringify(new URL("./postgres.ts", import.meta.url));
  const program = `
    const { startPostgres } = await import(${module});
    const server = await startPostgres();
    console.log(server.url());
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(starter.stdout, "data")) as [Buffer];
  const url = line.toString().trim();
  assert.equal(await isListening(url), true);

  starter.kill("SIGKILL");
  const deadline = Date.now() + 10_000;
  while ((await isListening(url)) && Date.now() < deadline) await sleep(50);
  assert.equal(await isListening(url), false);
});

async function answer(url: string): Promise<unknown> {
  const sql = postgres(url, { max: 1 });
  try {
    const [row] = await sql`select 1 as answer`;
    return row?.["answer"];
  } finally {
    await sql.end();
  }
}

async function isListening(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
