import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { startApp, type App, type AppOptions } from "./app.ts";
import { ConfigError, parseConfig, unknownSettings, type Config } from "./config.ts";
import { makeDataDir } from "./data-dir.ts";
import { createAppServer } from "./http/server.ts";
import { MasterKeyRefused } from "./keys/master-key.ts";
import { PartnerKeysRefused } from "./leaks/partner-keys.ts";
import { createLog } from "./log.ts";
import { MigrationRefused } from "./store/migrate.ts";
import { operate, operations, OperationRefused } from "./operations.ts";
import { DatabaseRefused, StoreUnavailable } from "./store/store.ts";
import { PublicUrlRefused } from "./people/tenant.ts";
import { system } from "./system.ts";
import { welcome } from "./welcome.ts";

/** The process: read the settings, listen, start the application, stop cleanly. */

const retryEveryMs = 2_000;
/** How long requests that are under way may take when the process is told to stop. */
const drainMs = 10_000;

async function main(): Promise<void> {
  // What it writes is for nobody else on the machine, also in a folder that lets others in.
  process.umask(process.umask() | 0o007);
  const config = parseConfig(process.env);
  const log = createLog(config.logLevel);
  for (const setting of unknownSettings(process.env)) {
    log.warn({ setting }, "there is no such setting; it is ignored");
  }
  makeDataDir(config);
  const [operation, ...words] = process.argv.slice(2);
  if (operation !== undefined) return runOperation(config, operation, words);
  const appServer = createAppServer();
  await listen(appServer.server, config);
  let app: App | undefined;
  // From now on: the first process of a container is not ended by a signal that nobody takes.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void stop(appServer, log, () => app));
  }
  app = await startWhenStoreAnswers({ config, system, log, appServer });
  console.log(welcome(config, app.setupCode));
}

/** `npm start -- after-restore` and its like: done once, beside the processes that serve. */
async function runOperation(config: Config, name: string, words: string[]): Promise<void> {
  if (!isOperation(name)) {
    throw new ConfigError(`${name} is not one of ${Object.keys(operations).join(", ")}.`);
  }
  console.log(await operate({ config, system }, name, words));
}

const isOperation = (name: string): name is keyof typeof operations =>
  Object.hasOwn(operations, name);

function listen(server: AppOptions["appServer"]["server"], config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(inWordsOfListening(error)));
    server.listen(config.port, config.host, () => resolve());
  });
}

const problemsOfListening: Readonly<Record<string, string>> = {
  EADDRINUSE:
    "The address is in use. Set COUNTERSIGN_PORT to another port; for a second process on the same data, set COUNTERSIGN_PUBLIC_URL to that of the first.",
  EADDRNOTAVAIL: "This machine does not have the address that COUNTERSIGN_HOST names.",
  ENOTFOUND:
    "COUNTERSIGN_HOST names no address of this machine: it is an IP address or a host name.",
  EACCES:
    "This user may not listen on that port. Set COUNTERSIGN_PORT to another one, 1024 or above.",
};

function inWordsOfListening(error: NodeJS.ErrnoException): Error {
  const problem = problemsOfListening[error.code ?? ""];
  return problem === undefined ? error : new ConfigError(problem);
}

/** A database that is not up yet is waited for; until then `/readyz` answers 503. */
async function startWhenStoreAnswers(options: AppOptions): Promise<App> {
  for (;;) {
    try {
      return await startApp(options);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      options.log.warn(
        { detail: error.message },
        "the database does not answer; it is tried again",
      );
      await sleep(retryEveryMs);
    }
  }
}

/** Also while the database is still waited for. */
async function stop(
  { drain }: AppOptions["appServer"],
  log: Logger,
  running: () => App | undefined,
): Promise<void> {
  log.info("stopping");
  await drain(drainMs);
  await running()?.stop();
  process.exit(0);
}

const plainErrors = [
  ConfigError,
  DatabaseRefused,
  MasterKeyRefused,
  MigrationRefused,
  OperationRefused,
  PartnerKeysRefused,
  PublicUrlRefused,
];

/** What the operator can mend is said in one line; everything else with its stack. */
function explain(error: unknown): string {
  const isPlain = plainErrors.some((kind) => error instanceof kind);
  const { message, stack } = error as Error;
  if (error instanceof StoreUnavailable) return `The database does not answer: ${message}.`;
  return isPlain ? message : (stack ?? String(error));
}

main().catch((error: unknown) => {
  const isAboutStart = !(error instanceof OperationRefused);
  console.error(`${isAboutStart ? "Countersign cannot start. " : ""}${explain(error)}`);
  process.exit(1);
});
