import { setTimeout as sleep } from "node:timers/promises";
import { CompiledQuery } from "kysely";
import type { Connections } from "./connections.ts";

/** Tells other processes that something changed, and hears them: sooner than the next poll. */

const channel = "countersign_changes";
const againAfterMs = 1_000;

export const notifyOthers = CompiledQuery.raw(`notify ${channel}`);

/** Listens until the connections end; when the server was away, it listens again. */
export async function listenToOthers(
  connections: Connections,
  listener: () => void,
): Promise<void> {
  while (!connections.isEnded) {
    await listenOnce(connections, listener).catch(() => undefined);
    await sleep(againAfterMs, undefined, { ref: false });
  }
}

async function listenOnce(connections: Connections, listener: () => void): Promise<void> {
  const connection = await connections.open(listener);
  await connection.executeQuery(CompiledQuery.raw(`listen ${channel}`));
  await connection.closed;
}
