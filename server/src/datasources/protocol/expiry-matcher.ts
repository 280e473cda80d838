import type { ExpiryMatcher } from "../provider.ts";

/** Tells from an API's answer that the token has expired: not all say it with 401. */

export interface ApiAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning of the body, if it was read. */
  bodyStart?: string | undefined;
}

/** How much of a body has to be looked at, in characters. */
export const bodyStartMax = 16 * 1024;

const events = /^\s*(text\/event-stream|application\/([\w.-]*ndjson|jsonl|json-seq))\b/i;

/** One matcher is enough; within it everything that it names must fit. */
export function isExpiryAnswer(matchers: readonly ExpiryMatcher[], answer: ApiAnswer): boolean {
  return matchers.some((matcher) => fits(matcher, answer));
}

/** Whether a body has to be read for this answer: streams are passed on unread where not. */
export function needsBody(matchers: readonly ExpiryMatcher[], answer: ApiAnswer): boolean {
  // Nobody would see an event before many more have come, or the last.
  if (events.test(String(answer.headers["content-type"] ?? ""))) return false;
  return matchers.some((matcher) => {
    if (matcher.body === undefined) return false;
    const { status, headers } = answer;
    return fits({ ...matcher, body: "" }, { status, headers, bodyStart: "" });
  });
}

function fits({ status, header, body }: ExpiryMatcher, answer: ApiAnswer): boolean {
  if (status === undefined && header === undefined && body === undefined) return false;
  if (status !== undefined && status !== answer.status) return false;
  if (header !== undefined) {
    const value = answer.headers[header.name.toLowerCase()];
    const text = [value ?? []].flat().join(", ").toLowerCase();
    if (value === undefined || !text.includes((header.contains ?? "").toLowerCase())) return false;
  }
  return body === undefined || contains(answer.bodyStart ?? "", body);
}

/** In JSON spaces between the members mean nothing [RFC 8259 §2], so neither side's count. */
function contains(text: string, wanted: string): boolean {
  if (text.includes(wanted)) return true;
  return wanted.includes('"') && /^\ufeff?\s*[{[]/.test(text)
    ? withoutSpaces(text).includes(withoutSpaces(wanted))
    : false;
}

/** Those within quotes stay. Not by parsing: what was read of a body may end anywhere. */
function withoutSpaces(json: string): string {
  return json.replace(/("(?:[^"\\]|\\[^])*"?)|\s+/g, "$1");
}
