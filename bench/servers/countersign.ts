import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../server/src/keys/secret.ts";
import { createAppClient, tokenFor } from "../../server/test/calls.ts";
import { freePort, testApiKey } from "../../server/test/server.ts";
import { cores, startChild, type Child } from "../children.ts";
import type { Progress } from "../progress.ts";
import { startArguments } from "../../tools/start-command.ts";
import { failWhenEnded, type Served } from "./served.ts";
import type { BenchClient } from "./token-server.ts";

/**
 * Countersign as `npm start` makes it in production, with everything on: an SQLite file, counters,
 * limits, metrics, logs.
 */
export interface Countersign extends EmptyCountersign {
  clients: BenchClient[];
  /** A token of one of them, as an example. */
  token: string;
}

/** The same without a client. */
export interface EmptyCountersign extends Served {
  url: string;
  databaseFile: string;
  /** What its own metrics say. */
  metric(name: string): Promise<number>;
}

const clientsCount = 1_000;
const creatorsCount = 8;
const readyMsMax = 30_000;

export async function startCountersign(
  progress: Progress,
  settings: Record<string, string> = {},
): Promise<Countersign> {
  const server = await startEmpty(settings);
  const { url } = server;
  const clients = await createClients(url, progress);
  const { clientId: client_id, plainSecret: client_secret } = clients[0]!;
  return { ...server, clients, token: await tokenFor({ url }, { client_id, client_secret }) };
}

export async function startEmpty(settings: Record<string, string> = {}): Promise<EmptyCountersign> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const dataDir = mkdtempSync(join(tmpdir(), "countersign-bench-"));
  const child = startChild(startArguments(), {
    core: cores.server,
    channel: "ignore",
    environment: {
      NODE_ENV: "production",
      COUNTERSIGN_PORT: String(port),
      COUNTERSIGN_PUBLIC_URL: url,
      COUNTERSIGN_DATA_DIR: dataDir,
      COUNTERSIGN_BOOTSTRAP_API_KEY: testApiKey,
      ...settings,
    },
  });
  await ready(url, child);
  return {
    url,
    port,
    processId: child.processId,
    databaseFile: join(dataDir, "countersign.sqlite"),
    metric: (name) => readMetric(url, name),
    async stop() {
      await child.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Until `/readyz` answers; fails with what the process said. */
export async function ready(url: string, child: Child): Promise<void> {
  const ended = failWhenEnded(child);
  ended.catch(() => undefined);
  const endsAtMs = performance.now() + readyMsMax;
  while (performance.now() < endsAtMs) {
    const response = await Promise.race([fetch(`${url}/readyz`).catch(() => undefined), ended]);
    if (response?.status === 200) return;
    await sleep(50);
  }
  throw new Error(`Countersign does not become ready: ${child.output()}`);
}

/** Through the admin API, a few at a time. */
async function createClients(url: string, progress: Progress): Promise<BenchClient[]> {
  const clients: BenchClient[] = [];
  const create = async (): Promise<void> => {
    for (let left = clientsCount / creatorsCount; left > 0; left -= 1) {
      clients.push(await createOne(url));
      progress(`Countersign: app client ${clients.length} of ${clientsCount}`);
    }
  };
  await Promise.all(Array.from({ length: creatorsCount }, create));
  return clients;
}

async function createOne(url: string): Promise<BenchClient> {
  const server = { url, apiKey: testApiKey };
  const created = await createAppClient(server, { api_roles: ["corpus_viewer"] });
  const { client_id: clientId, client_secret: plainSecret } = created;
  return { clientId, plainSecret, secretDigest: digestOf(plainSecret) };
}

async function readMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  if (line === undefined) throw new Error(`there is no metric ${name}`);
  return Number(line.slice(name.length + 1));
}
