import type { AuditEvent } from "./admin/audit-events.ts";
import {
  chainedText,
  chainStartText,
  type AuditHeadClaims,
  type AuditHeadLine,
} from "./audit-chain.ts";
import { openAuditHead, readHeadClaims, type Jwk } from "./audit-head.ts";

/**
 * Verifies an export of the audit log with nothing but the issuer's public keys: each event follows the
 * one before, and the signed head vouches for the first, the last and so for all between. The same in
 * a browser and in Node, and however long the log is, only a batch of it is in memory.
 */

export type AuditProblemKind =
  /** No line at all: nothing was sealed yet, or everything was taken away. */
  | "empty"
  | "unreadable"
  | "changed"
  | "removed"
  | "moved"
  | "cut_off"
  /** Something stands behind what the head vouches for. */
  | "added"
  | "not_a_head"
  | "unknown_key"
  | "bad_signature"
  /** It is not the log of an earlier export, gone on. */
  | "other_log";

export interface AuditProblem {
  kind: AuditProblemKind;
  /** What is wrong, in words. */
  message: string;
  /** The number of the event that is concerned. */
  sequence?: number;
}

/** A place in the chain. */
export interface AuditLink {
  sequence: number;
  hash: string;
}

export interface AuditVerdict {
  /** In the order of the log, at most twenty; empty: every event is as it was sealed, none is missing. */
  problems: AuditProblem[];
  events: number;
  /** When the first and the last of the events happened. */
  firstAt: string | undefined;
  lastAt: string | undefined;
  /** Of a head whose signature is valid. */
  head: AuditHeadClaims | undefined;
  keyId: string | undefined;
  /** The last line, to be kept for the next time. */
  jws: string | undefined;
}

export interface AuditVerificationOptions {
  /** Where an export ended that was made before; this one must go on from it. */
  earlier?: AuditLink | undefined;
  /** After each batch; what it returns is awaited, so that a page can be drawn in between. */
  onProgress?: (events: number) => unknown;
}

const problemsMax = 20;
const linesPerBatch = 256;

/** Throws what reading throws: a log that could not be read to its end has no verdict. */
export async function verifyAuditExport(
  lines: AsyncIterable<string> | Iterable<string>,
  keys: readonly Jwk[],
  { earlier, onProgress }: AuditVerificationOptions = {},
): Promise<AuditVerdict> {
  const walk: Walk = { lines: 0, events: 0, problems: [] };
  for await (const batch of batchesOf(lines)) {
    const found = await Promise.all(batch.map(async (text) => takeLine(walk, text, earlier)));
    const kept = found.filter((problem) => problem !== undefined);
    walk.problems.push(...kept.slice(0, problemsMax - walk.problems.length));
    await onProgress?.(walk.events);
  }
  const { events, first, last, jws } = walk;
  const verdict = { events, firstAt: first?.at, lastAt: last?.at, jws };
  const opened = jws === undefined ? undefined : await openAuditHead(jws, keys);
  if (opened === undefined || "refusal" in opened) {
    const problem = opened === undefined ? headless(walk, earlier) : refused(opened);
    return {
      ...verdict,
      ...finish([...walk.problems, problem]),
      head: undefined,
      keyId: undefined,
    };
  }
  const { claims: head, keyId } = opened;
  const problems = [
    ...(await checkBeginning(head, first)),
    ...walk.problems,
    ...checkEnd(head, last),
    ...(earlier === undefined ? [] : checkGoesOn(head, earlier, walk.atEarlier)),
  ];
  return { ...verdict, ...finish(problems), head, keyId };
}

/**
 * Where an earlier export ended, from its text or only its end: its last line, or the head alone.
 * `undefined` when there is no head. Who trusts what was kept need not have the key of those days.
 */
export function endOfEarlierExport(text: string): AuditHeadClaims | undefined {
  const [line = ""] = text.trim().split("\n").slice(-1);
  const value = parseJson(line) as Partial<AuditHeadLine> | undefined;
  return readHeadClaims(typeof value?.head === "string" ? value.head : line.trim());
}

interface Walk {
  lines: number;
  events: number;
  problems: AuditProblem[];
  first?: AuditEvent;
  last?: AuditLink & { at: string };
  jws?: string;
  atEarlier?: AuditLink;
}

async function* batchesOf(
  lines: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const line of lines) {
    batch.push(line);
    if (batch.length < linesPerBatch) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Takes the steps of the walk at once, and answers later: each hash needs only the one before it. */
function takeLine(
  walk: Walk,
  text: string,
  earlier: AuditLink | undefined,
): AuditProblem | undefined | Promise<AuditProblem | undefined> {
  walk.lines += 1;
  if (text === "") return undefined;
  const value = parseLine(text);
  const here = `line ${walk.lines}: `;
  if (value === undefined) {
    return { kind: "unreadable", message: `${here}not one line of JSON as it was exported` };
  }
  if (walk.jws !== undefined) {
    return { kind: "added", message: `${here}something follows the signed head` };
  }
  if (typeof value["head"] === "string") {
    walk.jws = value["head"];
    return undefined;
  }
  const event = value as unknown as AuditEvent;
  const { last } = walk;
  const { sequence = Number.NaN, hash = "", at } = event;
  walk.first ??= event;
  walk.last = { sequence, hash, at };
  if (sequence === earlier?.sequence) walk.atEarlier = walk.last;
  walk.events += 1;
  return last === undefined ? undefined : checkEvent(last, event, here);
}

/** In the one spelling in which it was exported: no member twice, no white space. */
function parseLine(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text);
  const isWhole = typeof value === "object" && value !== null && !Array.isArray(value);
  return isWhole && JSON.stringify(value) === text ? (value as Record<string, unknown>) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first event's hash needs the hash before it, which the head has: `checkBeginning`. */
function checkEvent(
  last: AuditLink,
  event: AuditEvent,
  here: string,
): AuditProblem | Promise<AuditProblem | undefined> {
  const { sequence = Number.NaN, id } = event;
  const expected = last.sequence + 1;
  if (sequence !== expected) {
    const message = `${here}event ${id} has number ${sequence}; ${expected} is expected: removed or reordered`;
    return sequence < expected
      ? { kind: "moved", message, sequence }
      : { kind: "removed", message, sequence: expected };
  }
  return checkHash(last.hash, event, {
    kind: "changed",
    message: `${here}event ${id} (number ${sequence}) is not as it was sealed, or the one before is not`,
    sequence,
  });
}

async function checkHash(
  previousHash: string,
  event: AuditEvent,
  problem: AuditProblem,
): Promise<AuditProblem | undefined> {
  return (await hashOf(chainedText(previousHash, event))) === event.hash ? undefined : problem;
}

/** Of these events the first; what is found here stands before all else. */
async function checkBeginning(
  head: AuditHeadClaims,
  first: AuditEvent | undefined,
): Promise<AuditProblem[]> {
  const start = head.begins_after;
  const problems: AuditProblem[] = [];
  if (start.sequence === 0 && start.hash !== (await hashOf(chainStartText(head.tenant)))) {
    const message = "the head does not begin at the beginning of this account's log";
    problems.push({ kind: "not_a_head", message });
  }
  if (first === undefined) return problems;
  const expected = start.sequence + 1;
  if (first.sequence !== expected) {
    const message = `the first event has number ${first.sequence}; ${expected} is expected: removed`;
    return [...problems, { kind: "removed", message, sequence: expected }];
  }
  const changed = await checkHash(start.hash, first, {
    kind: "changed",
    message: `event ${first.id} (the first one) is not as it was sealed`,
    sequence: expected,
  });
  return changed === undefined ? problems : [...problems, changed];
}

function checkEnd(head: AuditHeadClaims, last: AuditLink | undefined): AuditProblem[] {
  const { sequence, hash } = last ?? head.begins_after;
  if (sequence > head.sequence) {
    const message = `the last event has number ${sequence}; the head says ${head.sequence}: added`;
    return [{ kind: "added", message, sequence: head.sequence + 1 }];
  }
  if (sequence !== head.sequence) {
    const message = `the last event has number ${sequence}; the head says ${head.sequence}: removed`;
    return [{ kind: "removed", message, sequence: sequence + 1 }];
  }
  if (hash === head.hash) return [];
  const message = "the last event is not the one that the head was signed over";
  return [{ kind: "changed", message, sequence }];
}

function checkGoesOn(
  head: AuditHeadClaims,
  earlier: AuditLink,
  found: AuditLink | undefined,
): AuditProblem[] {
  const start = head.begins_after;
  const here = earlier.sequence === start.sequence ? start : found;
  const { sequence } = earlier;
  const problem = (message: string): AuditProblem[] => [{ kind: "other_log", message, sequence }];
  if (sequence > head.sequence) return problem("the log is shorter than in the earlier export");
  if (sequence < start.sequence) return problem("the earlier export ended before this one begins");
  return here?.hash === earlier.hash ? [] : problem("the log is not the one of the earlier export");
}

function headless({ lines }: Walk, earlier: AuditLink | undefined): AuditProblem {
  if (lines > 0) {
    const message = "there is no signed head at the end: the export was cut off";
    return { kind: "cut_off", message };
  }
  return earlier === undefined
    ? { kind: "empty", message: "the export is empty: nothing is sealed yet, or all was removed" }
    : { kind: "other_log", message: "the export is empty, and the earlier one was not" };
}

const refused = ({ refusal, message }: { refusal: AuditProblemKind; message: string }) => ({
  kind: refusal,
  message,
});

/** An event that was missed in one place and is found in another was not removed. */
function finish(problems: readonly AuditProblem[]): Pick<AuditVerdict, "problems"> {
  const found = new Set(
    problems.filter(({ kind }) => kind === "moved").map(({ sequence }) => sequence),
  );
  const told = problems.map((problem): AuditProblem => {
    const isMoved = problem.kind === "removed" && found.has(problem.sequence);
    return isMoved ? { ...problem, kind: "moved" } : problem;
  });
  return { problems: told.slice(0, problemsMax) };
}

const encoder = new TextEncoder();

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace("=", "");
}
