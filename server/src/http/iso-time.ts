import { badField } from "../errors/admin-error.ts";

/** Epoch milliseconds as the admin API writes times: ISO 8601 in UTC. */
export const isoTime = (atMs: number): string => new Date(atMs).toISOString();

/**
 * And back; the schema has checked the form. Throws 400 for what no clock of ours shows: the format
 * knows a leap second, `23:59:60`.
 */
export function fromIsoTime(field: string, text: string): number;
export function fromIsoTime(field: string, text: string | undefined): number | undefined;
export function fromIsoTime(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw badField(field, "must not be a leap second");
  return atMs;
}
