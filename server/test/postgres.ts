/**
 * A real Postgres for the tests: started in a second, listening on 127.0.0.1 and a socket of its
 * own, gone with the process that started it, however that ends.
 *
 * `testDatabase()` is a fresh empty database on the one server of the test run; most tests want one
 * that has the schema already (`migrated-database.ts`). Tests that cut or stop the database start their own server with `startPostgres()`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync } from "node:fs";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { type PostgresPackage, postgresPackage } from "./postgres-package.ts";

export interface TestPostgres {
  /** The process id of the running server; another one after `restart`. */
  readonly pid: number;
  /** The address of a database, by default the maintenance database `postgres`. */
  url(database?: string): string;
  /** Creates an empty database and answers its address. */
  createDatabase(): Promise<string>;
  /** Freezes the server with all its connections: it accepts what is sent and answers nothing. */
  suspend(): void;
  resume(): void;
  /** Lets the server crash: every connection breaks, new ones are refused. */
  crash(): Promise<void>;
  /** Starts the server again, on the same address with what it had stored; crashes it before. */
  restart(): Promise<void>;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

let ownServer: Promise<TestPostgres> | undefined;

/**
 * The address of a fresh empty database, on the test run's server if there is one, else on one for
 * this process.
 */
export async function testDatabase(): Promise<string> {
  return createDatabase(await testServerUrl());
}

/** The maintenance database on the test run's server if there is one, else on one for this process. */
export async function testServerUrl(): Promise<string> {
  const shared = process.env["COUNTERSIGN_TEST_POSTGRES_URL"];
  if (shared !== undefined) return shared;
  ownServer ??= startPostgres();
  return (await ownServer).url();
}

export async function startPostgres(): Promise<TestPostgres> {
  if (process.platform === "win32") throw new Error("On Windows the tests run in WSL");
  const installed = postgresPackage();
  const directory = mkdtempSync(join(installed.temporary, "countersign-pg-"));
  if (installed.user) chownSync(directory, installed.user.uid, installed.user.gid);
  const run: Run = { directory, ...installed };
  const keeper = startKeeper(run);
  try {
    await initialize(run);
    return control(run, keeper, await launchOnFreePort(run));
  } catch (error) {
    await ended(keeper, () => keeper.stdin?.end());
    throw error;
  }
}

/** One server: its programs, the user it runs as and the folder with all its files. */
type Run = PostgresPackage & { readonly directory: string };
type Launched = { readonly port: number; readonly server: ChildProcess };

function control(run: Run, keeper: ChildProcess, launched: Launched): TestPostgres {
  const { port } = launched;
  let { server } = launched;
  let frozen: number[] = [];

  const url = (database = "postgres") => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const resume = () => {
    for (const pid of frozen) sendSignal(pid, "SIGCONT");
    frozen = [];
  };
  const crash = async () => {
    resume();
    await ended(server, () => server.kill("SIGQUIT"));
  };
  return {
    get pid() {
      return server.pid as number;
    },
    url,
    createDatabase: () => createDatabase(url()),
    suspend() {
      const pid = server.pid as number;
      frozen = [pid, ...childrenOf(pid)];
      for (const pid of frozen) sendSignal(pid, "SIGSTOP");
    },
    resume,
    crash,
    async restart() {
      await crash();
      server = await launch(run, port);
    },
    async stop() {
      resume();
      await ended(keeper, () => keeper.stdin?.end());
      await ended(server);
    },
  };
}

/**
 * Waits for our end of its input to close, which happens at the latest when this process is gone,
 * and then ends Postgres and removes its files. It has its own process group, so that an interrupt
 * at the terminal spares it.
 */
function startKeeper({ directory, user }: Run): ChildProcess {
  const script = `
    cat >/dev/null
    pid=$(head -n 1 data/postmaster.pid)
    if kill -QUIT "$pid"; then
      kill -CONT "$pid"
      tries=0
      while [ -e data/postmaster.pid ] && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
      done
    fi
    cd /
    rm -rf "$1" || { sleep 2; rm -rf "$1"; }`;
  const options = { ...user, cwd: directory, detached: true } as const;
  const keeper = spawn("/bin/sh", ["-c", script, "keeper", directory], {
    ...options,
    stdio: ["pipe", "ignore", "ignore"],
  });
  keeper.unref();
  (keeper.stdin as Socket).unref();
  return keeper;
}

async function initialize(run: Run): Promise<void> {
  const flags = [
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--no-locale",
    "--no-sync",
  ];
  const initdb = start(run, "initdb", ["--pgdata=data", ...flags]);
  await ended(initdb);
  if (initdb.exitCode !== 0) throw new Error(`initdb failed:\n${logOf(run)}`);
}

/**
 * Between finding a free port and listening on it another process may take it; then the next one
 * will do.
 */
async function launchOnFreePort(run: Run, attempts = 3): Promise<Launched> {
  const port = await freePort();
  try {
    return { port, server: await launch(run, port) };
  } catch (error) {
    if (attempts <= 1) throw error;
    return launchOnFreePort(run, attempts - 1);
  }
}

/** Databases that live for seconds are not worth a vacuum, and nothing follows or archives them. */
const settings = {
  autovacuum: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  listen_addresses: "127.0.0.1",
  max_connections: 200,
  fsync: "off",
  full_page_writes: "off",
  shared_buffers: "64MB",
};

/** Resolves when the server answers: it says so in the last line of its lock file. */
async function launch(run: Run, port: number): Promise<ChildProcess> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = start(run, "postgres", [
    "-D",
    "data",
    "-k",
    run.directory,
    "-p",
    `${port}`,
    ...flags,
  ]);
  server.unref();
  while (isRunning(server)) {
    const [pid, , , , , , , status] = read(join(run.directory, "data", "postmaster.pid")).split(
      "\n",
    );
    if (Number(pid) === server.pid && status?.trim() === "ready") return server;
    await sleep(20);
  }
  throw new Error(`Postgres did not start:\n${logOf(run)}`);
}

function start({ directory, native, user }: Run, program: string, flags: string[]): ChildProcess {
  const log = openSync(join(directory, "log"), "a");
  const options = { ...user, cwd: directory, detached: true } as const;
  const child = spawn(join(native, "bin", program), flags, {
    ...options,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  return child;
}

/** Waits for a process that else would not keep this one alive. */
async function ended(child: ChildProcess, act?: () => void): Promise<void> {
  if (!isRunning(child)) return;
  child.ref();
  const exit = once(child, "exit");
  act?.();
  await exit;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** An empty one, or a copy of another one to which nobody is connected. */
export async function createDatabase(serverUrl: string, template?: string): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const sql = postgres(serverUrl, { max: 1 });
  const copied = template === undefined ? "" : ` template ${template} strategy file_copy`;
  await sql.unsafe(`create database ${name}${copied}`);
  await sql.end();
  return new URL(`/${name}`, serverUrl).href;
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return port;
}

/** Each connection is a process of its own, and not in the server's process group. */
function childrenOf(pid: number): number[] {
  const list =
    process.platform === "linux"
      ? read(`/proc/${pid}/task/${pid}/children`)
      : execFileSync("pgrep", ["-P", `${pid}`], { encoding: "utf8" });
  return list.split(/\s+/).filter(Boolean).map(Number);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // A connection that ended meanwhile.
  }
}

function logOf({ directory }: Run): string {
  return read(join(directory, "log")).split("\n").slice(-20).join("\n");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
