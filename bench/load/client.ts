import { Pool } from "undici";
import { busyMsOf } from "./busy-time.ts";

/** A client of `undici`, a process of its own: many at a time, or one after the other. */

export interface ClientOrder {
  origin: string;
  path: string;
  headers: Record<string, string>;
  /** How many are on their way at a time. */
  connections: number;
  forMs: number;
  requestsMax: number;
  /** The process whose time on the processor is counted; the client's own unless said. */
  processId: number | undefined;
}

export interface ClientResult {
  answers: number;
  elapsedMs: number;
  /** `undefined` where that cannot be read. */
  busyMs: number | undefined;
  /** How long each of the last took, one by one, where they were sent one after the other. */
  tookMs: number[];
}

export type ClientMessage = { result: ClientResult } | { failure: string };

const pools = new Map<string, Pool>();

process.on("disconnect", () => process.exit());
process.on("message", (order: ClientOrder) => {
  run(order).then(
    (result) => process.send!({ result } satisfies ClientMessage),
    (error: unknown) => process.send!({ failure: String(error) } satisfies ClientMessage),
  );
});

async function run(order: ClientOrder): Promise<ClientResult> {
  const { origin, connections, forMs, requestsMax, processId = process.pid } = order;
  const pool = pools.get(origin) ?? new Pool(origin, { connections: 64 });
  pools.set(origin, pool);
  const tookMs: number[] = [];
  let sent = 0;
  let answers = 0;
  const busyBefore = busyMsOf(processId);
  const startedMs = performance.now();
  const work = async (): Promise<void> => {
    while (performance.now() - startedMs < forMs && sent < requestsMax) {
      sent += 1;
      const atMs = performance.now();
      await send(pool, order);
      answers += 1;
      if (connections === 1) tookMs.push(performance.now() - atMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  const elapsedMs = performance.now() - startedMs;
  const busyAfter = busyMsOf(processId);
  const isKnown = busyBefore !== undefined && busyAfter !== undefined;
  return { answers, elapsedMs, busyMs: isKnown ? busyAfter - busyBefore : undefined, tookMs };
}

async function send(pool: Pool, { path, headers }: ClientOrder): Promise<void> {
  const answer = await pool.request({ method: "GET", path, headers });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`);
}
