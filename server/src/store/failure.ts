import { StoreUnavailable } from "./store.ts";

/**
 * Tells a store that cannot answer from a mistake of ours: the first becomes `StoreUnavailable`, the
 * second stays what it is and ends as an internal error.
 */

/** Longer than this, and the store counts as down: a caller gets 503 rather than silence. */
export const storeDeadlineMs = 5_000;

/** One timer and no signal: every read of the store passes here, and an abort makes an error each time. */
export function withDeadline<Result>(
  work: Promise<Result>,
  deadlineMs = storeDeadlineMs,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      reject(new StoreUnavailable(`no answer within ${deadlineMs} ms`));
    }, deadlineMs);
    deadline.unref();
    void work
      .then(resolve, (error: unknown) => reject(asStoreFailure(error)))
      .finally(() => clearTimeout(deadline));
  });
}

export function asStoreFailure(error: unknown): unknown {
  if (!(error instanceof Error) || !isStoreFailure(error)) return error;
  return new StoreUnavailable(error.message, { cause: error });
}

/**
 * node:sqlite uses ERR_SQLITE_ERROR, Postgres a five-character SQLSTATE, sockets E… names, and
 * postgres.js names such as CONNECTION_CLOSED. A statement that no store would take is a mistake of
 * ours, and so is whatever else has no code.
 */
export function isStoreFailure(error: unknown): boolean {
  const { code, errcode } = error as DriverError;
  if (typeof code !== "string") return false;
  if (code === "ERR_SQLITE_ERROR") return !sqlite.mistakes.has((errcode ?? 0) & 0xff);
  return !postgresMistake.test(code) && !code.startsWith("ERR_");
}

/** A row that another transaction put there first. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = error as DriverError;
  return code === "23505" || errcode === sqlite.primaryKey || errcode === sqlite.unique;
}

interface DriverError {
  code?: string;
  errcode?: number;
}

/**
 * SQLite's extended result codes; the lowest byte is the family. Mistakes are SQLITE_ERROR, TOOBIG,
 * CONSTRAINT, MISMATCH, MISUSE and RANGE.
 */
const sqlite = { primaryKey: 1555, unique: 2067, mistakes: new Set([1, 18, 19, 20, 21, 25]) };

/** Classes of SQLSTATE: cardinality, data, constraint, syntax; and postgres.js's own refusals. */
const postgresMistake = /^(?:2[123]...|42...|UNDEFINED_VALUE|MAX_PARAMETERS_EXCEEDED)$/;
