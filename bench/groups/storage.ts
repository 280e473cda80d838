import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { cores } from "../children.ts";
import type { Row } from "../row.ts";
import { startCountersign, type Countersign } from "../servers/countersign.ts";
import { tokenRequest } from "../servers/token-server.ts";
import { summarize } from "../statistics.ts";
import { connections, type Group, type GroupContext } from "./group.ts";

/** What 100,000 tokens leave behind: in the database, and in memory. */

const name = "storage";
const tokens = 100_000;
const growthBytesMax = 1_000_000;
const memoryBytesMax = 160_000_000;
const measureMsMax = 90_000;
/** Counts are written once a second. */
const writtenAfterMs = 2_500;

export const storage: Group = {
  name,
  async measure(context) {
    const server = await startCountersign(context.progress);
    try {
      const before = databaseBytes(server.databaseFile);
      await issueAll(context, server);
      const growth = databaseBytes(server.databaseFile) - before;
      const row: Row = {
        group: name,
        name: `database growth, ${tokens.toLocaleString("en")} tokens`,
        unit: "bytes",
        value: summarize([growth]),
        comparisons: [],
        below: growthBytesMax,
      };
      return [row, await memoryRow(name, server)];
    } finally {
      await server.stop();
    }
  },
};

async function issueAll({ load, progress }: GroupContext, server: Countersign): Promise<void> {
  progress(`${name}: ${tokens} tokens on a new database`);
  const requests = "storage";
  await load.prepare(
    requests,
    server.clients.map((client) => tokenRequest("/oauth2/token", client)),
  );
  const issuedBefore = await server.metric("countersign_tokens_issued_total");
  await load.run({
    port: server.port,
    processId: server.processId,
    requests,
    each: "again",
    requestsMax: tokens,
    connections,
    rampMs: 0,
    measureMs: measureMsMax,
    awake: cores.load !== undefined,
  });
  const issued = (await server.metric("countersign_tokens_issued_total")) - issuedBefore;
  if (issued !== tokens) throw new Error(`${issued} tokens were issued in place of ${tokens}`);
  await sleep(writtenAfterMs);
}

/** As large as the file is after a checkpoint, what still is in the write-ahead log included. */
function databaseBytes(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const { page_count: pages } = database.prepare("pragma page_count").get()!;
    const { page_size: bytes } = database.prepare("pragma page_size").get()!;
    return Number(pages) * Number(bytes);
  } finally {
    database.close();
  }
}

/** The resident set of Countersign's process, as its metrics tell it. */
export async function memoryRow(group: string, server: Countersign): Promise<Row> {
  const bytes = await server.metric("process_resident_memory_bytes");
  return {
    group,
    name: "Countersign's memory afterwards",
    unit: "bytes",
    value: summarize([bytes]),
    comparisons: [],
    below: memoryBytesMax,
  };
}
