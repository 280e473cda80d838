import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { startApp, type App } from "../src/app.ts";
import { parseConfig } from "../src/config.ts";
import { createAppServer } from "../src/http/server.ts";
import { system as realSystem, type System } from "../src/system.ts";
import { makeDataFolder } from "./data-folder.ts";
import { startArguments } from "../../tools/start-command.ts";

/**
 * A server for the tests, on a real port: inside the test's process, with a clock that the test can
 * move, or as a process of its own that can be killed.
 */

export interface TestServer {
  url: string;
  apiKey: string;
  dataDir: string;
  /** Everything that was logged, one JSON text per line. */
  logLines: string[];
  stop(): Promise<void>;
}

export interface InProcessServer extends TestServer {
  app: App;
  clock: TestClock;
}

export interface TestClock extends System {
  advance(ms: number): void;
  /** It stands still from now on, but for jumps. */
  stop(): void;
  /** What is done every few seconds is done now as well. */
  tick(): void;
}

export const testApiKey = "test-bootstrap-key-0123456789-0123456789";

/** The clock runs on from now, and jumps when told to. */
export function createClock(): TestClock {
  let offsetMs = 0;
  let stoppedAtMs: number | undefined;
  const regular = new Set<() => void>();
  return {
    ...realSystem,
    now: () => (stoppedAtMs ?? realSystem.now()) + offsetMs,
    advance(ms) {
      offsetMs += ms;
    },
    stop() {
      stoppedAtMs = realSystem.now();
    },
    every(ms, act) {
      const end = realSystem.every(ms, act);
      regular.add(act);
      return () => {
        end();
        regular.delete(act);
      };
    },
    tick() {
      for (const act of regular) act();
    },
  };
}

type Environment = Record<string, string>;

export async function startServer(environment: Environment = {}): Promise<InProcessServer> {
  const setting = await prepare(environment);
  const logLines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void logLines.push(line) });
  const config = parseConfig(setting.environment);
  const appServer = createAppServer();
  await new Promise<void>((resolve) =>
    appServer.server.listen(config.port, config.host, () => resolve()),
  );
  const close = async (): Promise<void> => {
    appServer.server.closeAllConnections();
    await new Promise<void>((resolve) => appServer.server.close(() => resolve()));
  };
  const clock = createClock();
  const app = await orElse(startApp({ config, system: clock, log, appServer }), async () => {
    await close();
    setting.removeData();
  });
  return {
    ...setting,
    app,
    clock,
    logLines,
    async stop() {
      await close();
      await app.stop();
      setting.removeData();
    },
  };
}

export interface ServerProcess extends TestServer {
  /** The settings it was started with: another one can take its place. */
  environment: Environment;
  process: ChildProcess;
  /** Ends without a chance to tidy up. */
  kill(): Promise<void>;
}

/** A process as `npm start` makes one, ready to serve; or one that runs another script. */
export async function spawnServer(
  environment: Environment = {},
  script?: string,
): Promise<ServerProcess> {
  const setting = await prepare(environment);
  const words = startArguments();
  const started = script === undefined ? words : [...words.slice(0, -1), script];
  const child = spawn(process.execPath, started, {
    env: { ...ofMachine(), COUNTERSIGN_LOG_LEVEL: "debug", ...setting.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const logLines: string[] = [];
  const collect = (chunk: Buffer): void => void logLines.push(...chunk.toString().split("\n"));
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  await orElse(ready(setting.url, child, logLines), async () => {
    await end("SIGKILL");
    setting.removeData();
  });
  return {
    ...setting,
    process: child,
    logLines,
    kill: () => end("SIGKILL"),
    async stop() {
      await end("SIGTERM");
      setting.removeData();
    },
  };
}

/** What did not start leaves nothing behind: a test that fails must come to its end. */
async function orElse<Started>(
  start: Promise<Started>,
  tidyUp: () => Promise<void>,
): Promise<Started> {
  try {
    return await start;
  } catch (error) {
    await tidyUp();
    throw error;
  }
}

/** What a process takes from the one that starts it: where programs are, and what is compiled already. */
function ofMachine(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? { PATH } : { PATH, NODE_COMPILE_CACHE };
}

/** Until `/readyz` answers; fails with what the process said. */
async function ready(url: string, child: ChildProcess, logLines: string[]): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    assert.equal(child.exitCode, null, `the server ended: ${logLines.join("\n")}`);
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.status === 200) return;
    await sleep(50);
  }
  throw new Error(`the server did not become ready: ${logLines.join("\n")}`);
}

async function prepare(environment: Environment) {
  const port = environment["COUNTERSIGN_PORT"] ?? String(await freePort());
  const dataDir = environment["COUNTERSIGN_DATA_DIR"] ?? makeDataFolder();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    apiKey: testApiKey,
    dataDir,
    environment: {
      COUNTERSIGN_PORT: port,
      COUNTERSIGN_PUBLIC_URL: url,
      COUNTERSIGN_DATA_DIR: dataDir,
      COUNTERSIGN_BOOTSTRAP_API_KEY: testApiKey,
      ...environment,
    },
    removeData() {
      // A directory that the test brought is the test's to remove.
      if (environment["COUNTERSIGN_DATA_DIR"] === undefined) {
        rmSync(dataDir, { recursive: true, force: true });
      }
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
