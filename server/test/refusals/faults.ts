import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { migratedDatabase } from "../migrated-database.ts";
import { spawnServer, type ServerProcess } from "../server.ts";

/**
 * Stores that really fail, while everything else goes on: a file that somebody else has locked, a disk
 * that takes no more, a connection that breaks when a transaction begins or ends. What is in the store
 * is read beside the fault, through a connection of the test's own.
 */

export interface FaultyServer {
  server: ServerProcess;
  /** From now on no write succeeds. */
  breakDown(): Promise<void>;
  mend(): Promise<void>;
  /** Every row of every table, or of one. */
  rows(table?: string): Promise<Rows>;
  stop(): Promise<void>;
}

/** By table; a row as JSON. */
export type Rows = Map<string, string[]>;

export interface Fault {
  name: string;
  /** Nothing can be read either. */
  isBlind?: boolean;
  start(environment?: Record<string, string>): Promise<FaultyServer>;
}

/** Only Linux can take the disk away from a process that runs. */
export const faults: Fault[] = [
  { name: "a SQLite file that another process has locked", start: startLocked },
  ...(process.platform === "linux"
    ? [{ name: "a disk that is full when SQLite commits", start: startOnFullDisk }]
    : []),
  {
    name: "a connection to Postgres that breaks when a transaction begins",
    start: (environment) => startBehindProxy(["begin", "commit"], environment),
  },
  {
    name: "a connection to Postgres that breaks before a transaction is committed",
    start: (environment) => startBehindProxy(["commit"], environment),
  },
  {
    name: "a Postgres that cannot be reached",
    isBlind: true,
    start: (environment) => startBehindProxy([""], environment),
  },
];

async function startLocked(environment: Record<string, string> = {}): Promise<FaultyServer> {
  const { server, beside, rows, stop } = await startOnFile(environment);
  return {
    server,
    breakDown: async () => beside.exec("begin immediate"),
    mend: async () => beside.exec("rollback"),
    rows,
    stop,
  };
}

/** The log of SQLite cannot grow by a byte: commits fail with an error of the disk. */
async function startOnFullDisk(environment: Record<string, string> = {}): Promise<FaultyServer> {
  const { server, beside, rows, stop } = await startOnFile(environment);
  const limit = (bytes: string): void => {
    execFileSync("prlimit", [`--pid=${server.process.pid}`, `--fsize=${bytes}:unlimited`]);
  };
  return {
    server,
    async breakDown() {
      limit("1");
      // Whoever was writing is done.
      beside.exec("begin immediate; rollback");
    },
    mend: async () => limit("unlimited"),
    rows,
    stop,
  };
}

async function startOnFile(environment: Record<string, string>) {
  const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
  const server = await spawnServer({ ...environment, COUNTERSIGN_DATA_DIR: dataDir });
  const beside = new DatabaseSync(join(dataDir, "countersign.sqlite"), { timeout: 5_000 });
  const tables = beside
    .prepare("select name from sqlite_master where type = 'table'")
    .all()
    .map(({ name }) => name as string);
  return {
    server,
    beside,
    rows: async (only?: string) =>
      rowsOf(only === undefined ? tables : [only], async (table) =>
        beside.prepare(`select * from ${table}`).all(),
      ),
    async stop() {
      beside.close();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A Postgres that does what it is told, but what it answers to a commit is lost on the way. */
export const startLosingAnswers = (environment?: Record<string, string>): Promise<FaultyServer> =>
  startBehindProxy(["commit"], environment, "answer");

async function startBehindProxy(
  statements: string[],
  environment: Record<string, string> = {},
  lost: "statement" | "answer" = "statement",
): Promise<FaultyServer> {
  const url = await migratedDatabase();
  const proxy = await startProxy(new URL(url), statements, lost);
  const server = await spawnServer({ ...environment, COUNTERSIGN_DATABASE_URL: proxy.url });
  const beside = postgres(url, { max: 1, onnotice: () => undefined });
  const tables = await beside`select tablename from pg_tables where schemaname = 'public'`;
  const names = tables.map((row) => row["tablename"] as string);
  return {
    server,
    async breakDown() {
      proxy.cut(true);
      // Whoever was writing is done, or will not be.
      while ((await transactions(beside)) > 0) await sleep(20);
    },
    mend: async () => proxy.cut(false),
    rows: (only) =>
      rowsOf(only === undefined ? names : [only], (table) =>
        beside.unsafe(`select * from ${table}`),
      ),
    async stop() {
      proxy.cut(false);
      await beside.end();
      await server.stop();
      await proxy.stop();
    },
  };
}

/** Of others, on the same database. */
async function transactions(beside: ReturnType<typeof postgres>): Promise<number> {
  const found = await beside`
    select pid from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null`;
  return found.length;
}

/**
 * Passes everything on, until it breaks each connection that sends one of the statements: before it
 * arrives, or when it is answered.
 */
async function startProxy(target: URL, statements: string[], lost: "statement" | "answer") {
  // The simple query protocol: the text of the statement and a zero byte.
  const messages = statements.map((text) => Buffer.from(text === "" ? "" : `${text}\0`));
  const sockets = new Set<Socket>();
  let isCutting = false;
  const listener = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    let isAwaited = false;
    near.on("data", (chunk: Buffer) => {
      isAwaited ||= isCutting && messages.some((message) => chunk.includes(message));
      if (isAwaited && lost === "statement") near.destroy();
      else far.write(chunk);
    });
    far.on("data", (chunk: Buffer) => (isAwaited ? near.destroy() : near.write(chunk)));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", () => resolve()));
  const url = new URL(target);
  url.port = String((listener.address() as AddressInfo).port);
  return {
    url: url.href,
    cut: (on: boolean): void => void (isCutting = on),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

async function rowsOf(
  tables: string[],
  read: (table: string) => Promise<Iterable<object>>,
): Promise<Rows> {
  const rows: Rows = new Map();
  for (const table of tables) {
    const found = [...(await read(table))].map((row) => JSON.stringify(row));
    rows.set(table, found.toSorted());
  }
  return rows;
}
