import { parentPort, workerData } from "node:worker_threads";
import { runWrite, type WriteName } from "../compose.ts";
import { isStoreFailure, isUniqueViolation } from "../failure.ts";
import type { Tx } from "../schema.ts";
import { Rollback } from "../sql/rollback.ts";
import { StoreUnavailable } from "../store.ts";
import { system } from "../../system.ts";
import { asKysely, openConnection } from "./connection.ts";
import { checkSameFile, type FileIdentity } from "./same-file.ts";

/**
 * The one thread of a process that writes. It takes the write lock once for a batch of jobs, each
 * in a savepoint of its own, and answers them when the batch is on disk. The thread that serves
 * requests never waits for the lock: while another process holds it, only this thread stands still.
 */

export interface WriteJob {
  id: number;
  name: WriteName;
  input: unknown;
}

export type WriteAnswer =
  | { id: number; result: unknown }
  | { id: number; failure: { message: string; isStore: boolean } };

/** Longer than this, and processes that wait for the lock would be kept waiting too long. */
const batchMsMax = 20;
const tooLate = new StoreUnavailable("the write lock came too late");

const port = parentPort!;
const { path, identity, givenUp } = workerData as {
  path: string;
  identity: FileIdentity;
  givenUp: BigInt64Array;
};
// Opened again, a file that is not there would be made anew, without a table.
checkSameFile(path, identity);
const connection = openConnection(path, "write");
const tx = asKysely(connection) as unknown as Tx;
const queue: WriteJob[] = [];
let batches: Promise<void> | undefined;

port.on("message", (message: WriteJob | "close") => {
  if (message === "close") return void closeWhenDone();
  queue.push(message);
  batches ??= run().finally(() => {
    batches = undefined;
  });
});

async function run(): Promise<void> {
  while (queue.length > 0) {
    await runBatch();
    // Lets messages in that arrived meanwhile, so that they join the next batch.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function runBatch(): Promise<void> {
  const started = system.elapsedMs();
  const answers: WriteAnswer[] = [];
  const taken: WriteJob[] = [];
  try {
    checkSameFile(path, identity);
    connection.exec("begin immediate");
    do {
      const job = queue.shift()!;
      taken.push(job);
      answers.push(await runJob(job));
    } while (queue.length > 0 && system.elapsedMs() - started < batchMsMax);
    connection.exec("commit");
  } catch (error) {
    if (connection.isTransaction) connection.exec("rollback");
    const failed = taken.length > 0 ? taken : queue.splice(0);
    answers.splice(0, answers.length, ...failed.map(({ id }) => failure(id, error)));
  }
  for (const answer of answers) port.postMessage(answer);
}

async function runJob({ id, name, input }: WriteJob): Promise<WriteAnswer> {
  // Whoever asked has been told that it failed, and may be trying again.
  if (BigInt(id) <= Atomics.load(givenUp, 0)) return failure(id, tooLate);
  connection.exec("savepoint job");
  try {
    const result = await runWrite(tx, name, input);
    connection.exec("release job");
    return { id, result };
  } catch (error) {
    // A full disk, for one, undoes the whole batch and with it the savepoint.
    if (!connection.isTransaction) throw error;
    connection.exec("rollback to job");
    connection.exec("release job");
    if (error instanceof Rollback) return { id, result: error.outcome };
    if (isUniqueViolation(error)) return { id, result: "conflict" };
    return failure(id, error);
  }
}

function failure(id: number, error: unknown): WriteAnswer {
  const message = error instanceof Error ? error.message : String(error);
  return {
    id,
    failure: { message, isStore: error instanceof StoreUnavailable || isStoreFailure(error) },
  };
}

async function closeWhenDone(): Promise<void> {
  await batches;
  connection.close();
  port.close();
}
