import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { writeLockOf, type WriteLock } from "../held-writes.ts";
import { spawnServer, type ServerProcess } from "../server.ts";
import { startBesideProvider } from "./beside-provider.ts";
import { loopback, type OutsideProvider } from "./provider.ts";

/** How tests open in which a process is killed in the middle of what it does with an outside provider. */

type Environment = Record<string, string>;

export interface KilledProcess {
  provider: OutsideProvider;
  /** The process that runs now. */
  server: ServerProcess;
  /** Of its store. */
  writes: WriteLock;
  /** Kills it, if nobody has, and lets another one take its place. */
  killAndReturn(): Promise<void>;
  /** One more beside it, which is the test's to stop. */
  spawnAnother(own: Environment): Promise<ServerProcess>;
}

/** It waits a second for the provider. `own` is asked for when the provider has its address. */
export function killedBesideProvider(
  settings: () => Promise<Environment>,
  own: (provider: OutsideProvider) => Environment = () => ({}),
  script?: string,
): KilledProcess {
  const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
  const writes = {} as WriteLock;
  let environment: Environment;
  const spawn = (more: Environment = {}) => spawnServer({ ...environment, ...more }, script);
  after(async () => {
    if ("release" in writes) await writes.release();
  });
  const { running: server, provider } = startBesideProvider(async () => {
    environment = {
      ...(await settings()),
      ...loopback,
      COUNTERSIGN_DATA_DIR: dataDir,
      COUNTERSIGN_PROVIDER_TIMEOUT_SECONDS: "1",
      ...own(provider),
    };
    Object.assign(writes, writeLockOf(environment));
    return spawn();
  });
  after(() => rmSync(dataDir, { recursive: true, force: true }));
  return {
    provider,
    server,
    writes,
    async killAndReturn() {
      await server.kill();
      await writes.release();
      Object.assign(server, await spawn());
    },
    spawnAnother: spawn,
  };
}

/** Until the process cannot have gone further than to where it waits for the store. */
export const untilItWaits = (): Promise<void> => sleep(700);
