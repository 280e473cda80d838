import { busyMsOf } from "./busy-time.ts";
import { openConnection, type Connection } from "./connection.ts";

/**
 * The load generator, a process of its own: keeps a number of connections busy with requests that
 * were written beforehand, one after the other on each. It reads of an answer only where it ends and
 * its status, so that it costs less than any server it drives.
 */

export interface LoadOrder {
  port: number;
  /** The process that answers, whose time on the processor is counted. */
  processId: number;
  /** A set of requests that was sent before. */
  requests: string;
  /** Go round and round, or stop when each was sent once. */
  each: "again" | "once";
  connections: number;
  /** Not counted: until all connections are open and busy. */
  rampMs: number;
  measureMs: number;
  requestsMax?: number;
  /** Never sleep: whoever has a core of its own need not be woken, at the server's expense. */
  awake: boolean;
}

export interface LoadResult {
  answers: number;
  elapsedMs: number;
  /** How long the server was on a processor; `undefined` where that cannot be read. */
  serverBusyMs: number | undefined;
  /** Answers with a status other than 200, and connections that broke, in words. */
  failures: string[];
  /** The body of one answer. */
  sample: string;
}

export type LoadMessage =
  | { kind: "requests"; name: string; texts: string[] }
  | { kind: "run"; order: LoadOrder };

/** How long a server may take for the last answers. */
const answerMsMax = 10_000;

const sets = new Map<string, Buffer[]>();

process.on("disconnect", () => process.exit());
process.on("message", (message: LoadMessage) => {
  if (message.kind === "run") return void run(message.order);
  sets.set(
    message.name,
    message.texts.map((text) => Buffer.from(text, "latin1")),
  );
  process.send!({ kind: "stored" });
});

async function run(order: LoadOrder): Promise<void> {
  process.send!({ kind: "result", result: await measure(order) });
}

async function measure(order: LoadOrder): Promise<LoadResult> {
  const { port, processId, connections, rampMs, measureMs } = order;
  const failures: string[] = [];
  const feed = feedOf(order);
  let answers = 0;
  let open = connections;
  let sample = "";
  const allAnswered = Promise.withResolvers<void>();

  function leave(connection: Connection): void {
    connection.close();
    open -= 1;
    if (open === 0) allAnswered.resolve();
  }
  function onAnswer(connection: Connection, status: number): void {
    answers += 1;
    if (status !== 200) failures.push(`status ${status}: ${connection.body()}`);
    sample ||= connection.body();
    sendNext(connection);
  }
  function sendNext(connection: Connection): void {
    const request = failures.length > 0 ? undefined : feed.next();
    if (request === undefined) leave(connection);
    else connection.send(request);
  }
  function onFailure(connection: Connection, message: string): void {
    failures.push(message);
    leave(connection);
  }

  for (let count = 0; count < connections; count += 1) {
    openConnection(port, { onOpen: sendNext, onAnswer, onFailure });
  }
  const rest = order.awake ? stayAwake() : () => undefined;
  await Promise.race([after(rampMs), allAnswered.promise]);
  const start = reading(processId, answers);
  await Promise.race([after(measureMs), allAnswered.promise]);
  const stop = reading(processId, answers);
  rest();
  feed.stop();
  await Promise.race([after(answerMsMax), allAnswered.promise]);
  if (open > 0) failures.push(`${open} requests were not answered`);
  return { ...difference(start, stop), failures: failures.slice(0, 5), sample };
}

/** The requests one by one; `undefined` when there are no more. */
function feedOf({ requests, each, requestsMax = Infinity }: LoadOrder) {
  const set = sets.get(requests) ?? [];
  const isEndless = each === "again";
  let left = isEndless ? requestsMax : Math.min(requestsMax, set.length);
  let index = 0;
  return {
    next(): Buffer | undefined {
      if (left <= 0) return undefined;
      left -= 1;
      if (index === set.length) index = 0;
      return set[index++];
    },
    stop(): void {
      left = 0;
    },
  };
}

/** Keeps the event loop turning until told to rest. */
function stayAwake(): () => void {
  let isAwake = true;
  const turn = (): void => void (isAwake && setImmediate(turn));
  turn();
  return () => {
    isAwake = false;
  };
}

const after = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Reading {
  answers: number;
  atMs: number;
  serverMs: number | undefined;
}

function reading(processId: number, answers: number): Reading {
  return { answers, atMs: performance.now(), serverMs: busyMsOf(processId) };
}

function difference(start: Reading, stop: Reading) {
  const { serverMs } = stop;
  return {
    answers: stop.answers - start.answers,
    elapsedMs: stop.atMs - start.atMs,
    serverBusyMs:
      serverMs === undefined || start.serverMs === undefined
        ? undefined
        : serverMs - start.serverMs,
  };
}
