import { pino, type Logger } from "pino";

/**
 * One JSON object per line and event. What a stranger sent appears only inside JSON strings, so no
 * input can make a second line; secrets, tokens and query strings are never passed to it.
 */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

export function createLog(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}
