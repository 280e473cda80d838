import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { RunWrite, WriteName } from "../compose.ts";
import { withDeadline } from "../failure.ts";
import { StoreUnavailable } from "../store.ts";
import type { FileIdentity } from "./same-file.ts";
import type { WriteAnswer } from "./writer.ts";

/** The serving side of the writer thread: sends jobs, waits for answers, starts it anew if it dies. */

export interface WriterThread {
  write: RunWrite;
  close(): Promise<void>;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * In megabytes, of half of what is young. What the thread makes is gone after a batch: more room would
 * only be filled before it is emptied. A limit for the thread alone, in `resourceLimits`, counts less than
 * the flag that the process was started with. The heap of this thread has its sizes already.
 */
const youngGeneration = "--max-semi-space-size=1";

export function startWriterThread(path: string, identity: FileIdentity): WriterThread {
  const waiting = new Map<number, Waiting>();
  /** Shared with the thread: jobs up to this one have been answered as failed. */
  const givenUp = new BigInt64Array(new SharedArrayBuffer(8));
  let nextId = 1;
  let isClosed = false;
  let worker: Worker | undefined = start();

  function start(): Worker {
    setFlagsFromString(youngGeneration);
    const started = new Worker(new URL("./writer.ts", import.meta.url), {
      workerData: { path, identity, givenUp },
    });
    started.on("message", (answer: WriteAnswer) => {
      settle(waiting, answer);
      // A process may end while nothing is being written, but not before an answer it waits for.
      if (waiting.size === 0) started.unref();
    });
    // After an error it takes a while to end: what comes meanwhile needs another one.
    const end = (reason: string): void => {
      if (worker !== started) return;
      worker = undefined;
      rejectAll(waiting, reason);
    };
    started.on("error", (error) => end(String(error)));
    started.on("exit", () => end("the writer thread ended"));
    started.unref();
    return started;
  }

  return {
    async write(name: WriteName, input: unknown) {
      if (isClosed) throw new StoreUnavailable("the store is closed");
      // One that died is started by whoever needs it: one that cannot live is not started in a loop.
      worker ??= start();
      const id = nextId;
      nextId += 1;
      worker.postMessage({ id, name, input });
      worker.ref();
      try {
        return await withDeadline(
          new Promise((resolve, reject) => void waiting.set(id, { resolve, reject })),
        );
      } finally {
        if (waiting.has(id)) Atomics.store(givenUp, 0, BigInt(id));
      }
    },

    async close() {
      if (isClosed) return;
      isClosed = true;
      if (worker === undefined) return;
      const ended = once(worker, "exit");
      worker.ref();
      worker.postMessage("close");
      await ended;
    },
  };
}

function settle(waiting: Map<number, Waiting>, answer: WriteAnswer): void {
  const job = waiting.get(answer.id);
  waiting.delete(answer.id);
  if ("result" in answer) return job?.resolve(answer.result);
  const { message, isStore } = answer.failure;
  job?.reject(isStore ? new StoreUnavailable(message) : new Error(message));
}

function rejectAll(waiting: Map<number, Waiting>, reason: string): void {
  for (const { reject } of waiting.values()) reject(new StoreUnavailable(reason));
  waiting.clear();
}
