/** Epoch milliseconds as the admin API writes times: ISO 8601 in UTC. */
export const isoTime = (atMs: number): string => new Date(atMs).toISOString();

/** And back; the schema has checked the form. */
export const fromIsoTime = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);
