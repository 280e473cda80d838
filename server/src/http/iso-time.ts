import { badField } from "../errors/admin-error.ts";

/** Epoch milliseconds as the admin API writes times: ISO 8601 in UTC. */
export const isoTime = (atMs: number): string => new Date(atMs).toISOString();

const lastMs = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * And back; the schema has checked the form. Throws 400 for what no clock of ours shows, a leap second,
 * and for what has no such form in UTC: late on 31 December 9999 elsewhere it is the year 10000 there.
 */
export function fromIsoTime(field: string, text: string): number;
export function fromIsoTime(field: string, text: string | undefined): number | undefined;
export function fromIsoTime(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw badField(field, "must not be a leap second");
  if (atMs > lastMs) throw badField(field, "must not be after the year 9999 in UTC");
  return atMs;
}
