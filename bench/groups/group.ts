import type { Load } from "../load/load.ts";
import type { LoadOrder, LoadResult } from "../load/generator.ts";
import { cores } from "../children.ts";
import type { Progress } from "../progress.ts";
import type { Contestant, Measurement } from "../rounds.ts";
import type { Row } from "../row.ts";
import type { Served } from "../servers/served.ts";

/** What can be chosen on the command line: some measurements that belong together. */
export interface Group {
  name: string;
  measure(context: GroupContext): Promise<Row[]>;
}

export interface GroupContext {
  rounds: number;
  seconds: number;
  load: Load;
  progress: Progress;
}

export const connections = 64;
const rampMs = 200;
/** Counted, because on a busy machine a span of time would say little. */
const warmUpRequests = 80_000;
const warmUpMsMax = 20_000;

interface Driven {
  name: string;
  server: Served;
  requests: string;
  each: LoadOrder["each"];
  /** Throws when an answer is not what it should be. */
  check?(sample: string): Promise<void>;
}

/** A server under load, as one of those that are compared. */
export function contestantOf({ load, seconds }: GroupContext, driven: Driven): Contestant {
  const { name } = driven;
  return {
    name,
    async measure() {
      return toMeasurement(await drive(load, driven, { measureMs: seconds * 1000 }));
    },
  };
}

/** Until the compiler has seen what is hot. */
export async function warmUp({ load, progress }: GroupContext, driven: Driven): Promise<void> {
  progress(`${driven.name}: warming up`);
  const order = { measureMs: warmUpMsMax, requestsMax: warmUpRequests };
  await drive(load, { ...driven, each: "again" }, order);
}

async function drive(
  load: Load,
  driven: Driven,
  span: Pick<LoadOrder, "measureMs" | "requestsMax">,
): Promise<LoadResult> {
  const { name, server, requests, each, check } = driven;
  const { port, processId } = server;
  const awake = cores.load !== undefined;
  const order = { port, processId, requests, each, connections, rampMs, awake, ...span };
  const result = await load.run(order).catch((error: unknown) => {
    throw new Error(`${name}: ${String(error)}`);
  });
  await check?.(result.sample);
  return result;
}

function toMeasurement({ answers, elapsedMs, serverBusyMs }: LoadResult): Measurement {
  const perSecond = (answers / elapsedMs) * 1000;
  if (serverBusyMs === undefined) return { perSecond, perBusySecond: perSecond };
  const perBusySecond = (answers / serverBusyMs) * 1000;
  return { perSecond, perBusySecond, serverBusy: serverBusyMs / elapsedMs };
}
