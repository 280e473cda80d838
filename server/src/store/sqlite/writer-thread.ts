import { Worker } from "node:worker_threads";
import type { RunWrite, WriteName } from "../compose.ts";
import { StoreUnavailable } from "../store.ts";
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

export function startWriterThread(path: string): WriterThread {
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let closing = false;
  let worker = start();

  function start(): Worker {
    const started = new Worker(new URL("./writer.ts", import.meta.url), { workerData: { path } });
    started.on("message", (answer: WriteAnswer) => {
      settle(waiting, answer);
      // A process may end while nothing is being written, but not before an answer it waits for.
      if (waiting.size === 0) started.unref();
    });
    started.on("error", (error) => rejectAll(waiting, String(error)));
    started.on("exit", () => {
      rejectAll(waiting, "the writer thread ended");
      if (!closing) worker = start();
    });
    started.unref();
    return started;
  }

  return {
    write(name: WriteName, input: unknown) {
      const id = nextId;
      nextId += 1;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, name, input });
      });
    },

    close() {
      closing = true;
      const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.ref();
      worker.postMessage("close");
      return ended;
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
