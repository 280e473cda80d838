import { setTimeout as sleep } from "node:timers/promises";
import { StoreUnavailable } from "./store.ts";

/**
 * Tells a store that cannot answer from a mistake of ours: the first becomes `StoreUnavailable`, the
 * second stays what it is and ends as an internal error.
 */

/** Longer than this, and the store counts as down: a caller gets 503 rather than silence. */
export const storeDeadlineMs = 5_000;

export async function withDeadline<Result>(
  work: Promise<Result>,
  deadlineMs = storeDeadlineMs,
): Promise<Result> {
  const stop = new AbortController();
  const deadline = sleep(deadlineMs, undefined, { signal: stop.signal, ref: false }).then(() => {
    throw new StoreUnavailable(`no answer within ${deadlineMs} ms`);
  });
  deadline.catch(() => undefined);
  try {
    return await Promise.race([work, deadline]);
  } catch (error) {
    throw asStoreFailure(error);
  } finally {
    stop.abort();
  }
}

export function asStoreFailure(error: unknown): unknown {
  if (!isDriverError(error)) return error;
  return new StoreUnavailable(error.message, { cause: error });
}

function isDriverError(error: unknown): error is Error & { code: string } {
  if (!(error instanceof Error) || !("code" in error)) return false;
  // node:sqlite uses ERR_SQLITE_ERROR, Postgres a five-character SQLSTATE, sockets E… names, and
  // postgres.js names such as CONNECTION_CLOSED.
  return typeof error.code === "string" && !/^ERR_(?!SQLITE_ERROR)/.test(error.code);
}

/** A row that another transaction put there first. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: string; errcode?: number };
  const sqliteConstraintUnique = [1555, 2067];
  return code === "23505" || (errcode !== undefined && sqliteConstraintUnique.includes(errcode));
}
