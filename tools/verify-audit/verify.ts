import { createPublicKey, hash, verify, type webcrypto } from "node:crypto";
import type { AuditEvent } from "../../protocol/src/admin/audit-events.ts";
import {
  auditHeadType,
  chainedText,
  chainStartText,
  type AuditHeadClaims,
} from "../../protocol/src/audit-chain.ts";

/**
 * Verifies an export of the audit log with nothing but the issuer's public keys: each event follows the
 * one before, and the signed head vouches for the first, the last and so for all between.
 */

export type Jwk = webcrypto.JsonWebKey & { kid?: string };

export interface Verdict {
  /** What is wrong, in words; empty: every event is as it was sealed, and none is missing. */
  problems: string[];
  events: number;
  head: AuditHeadClaims | undefined;
  keyId: string | undefined;
}

interface Link {
  sequence: number;
  hash: string;
}

const problemsMax = 20;

/** `earlier`: the head of an export that was made before; this one must go on from it. */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  keys: readonly Jwk[],
  earlier?: Link,
): Promise<Verdict> {
  const problems: string[] = [];
  const tell = (problem: string): void => {
    if (problems.length < problemsMax) problems.push(problem);
  };
  let line = 0;
  let events = 0;
  let first: AuditEvent | undefined;
  let last: Link | undefined;
  let signed: { jws: string } | undefined;
  let atEarlier: Link | undefined;
  for await (const text of lines) {
    line += 1;
    if (text === "") continue;
    const value = parseLine(text);
    if (value === undefined) tell(`line ${line}: not one line of JSON as it was exported`);
    else if (signed !== undefined) tell(`line ${line}: something follows the signed head`);
    else if (typeof value["head"] === "string") signed = { jws: value["head"] };
    else {
      const event = value as unknown as AuditEvent;
      for (const problem of checkEvent(last, event)) tell(`line ${line}: ${problem}`);
      first ??= event;
      last = { sequence: event.sequence ?? Number.NaN, hash: event.hash ?? "" };
      if (last.sequence === earlier?.sequence) atEarlier = last;
      events += 1;
    }
  }
  const head = signed === undefined ? undefined : openHead(signed.jws, keys);
  if (head === undefined) tell("there is no signed head at the end: the export was cut off");
  else if ("problem" in head) tell(head.problem);
  if (head === undefined || "problem" in head) {
    return { problems, events, head: undefined, keyId: undefined };
  }
  for (const problem of checkEnds(head.claims, first, last)) tell(problem);
  if (earlier !== undefined) checkGoesOn(head.claims, earlier, atEarlier).forEach(tell);
  return { problems, events, head: head.claims, keyId: head.keyId };
}

/** In the one spelling in which it was exported: no member twice, no white space. */
function parseLine(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isWhole = typeof value === "object" && value !== null && !Array.isArray(value);
    return isWhole && JSON.stringify(value) === text
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The first event's hash needs the hash before it, which the head has: `checkEnds`. */
function checkEvent(last: Link | undefined, event: AuditEvent): string[] {
  if (last === undefined) return [];
  const { sequence, id } = event;
  const expected = last.sequence + 1;
  if (sequence !== expected) {
    return [`event ${id} has number ${sequence}; ${expected} is expected: removed or reordered`];
  }
  return hashOf(chainedText(last.hash, event)) === event.hash
    ? []
    : [`event ${id} (number ${sequence}) is not as it was sealed, or the one before is not`];
}

function checkEnds(
  head: AuditHeadClaims,
  first: AuditEvent | undefined,
  last: Link | undefined,
): string[] {
  const start = head.begins_after;
  const problems: string[] = [];
  if (start.sequence === 0 && start.hash !== hashOf(chainStartText(head.tenant))) {
    problems.push("the head does not begin at the beginning of this account's log");
  }
  if (first !== undefined && first.sequence !== start.sequence + 1) {
    problems.push(
      `the first event has number ${first.sequence}; ${start.sequence + 1} is expected: removed`,
    );
  } else if (first !== undefined && hashOf(chainedText(start.hash, first)) !== first.hash) {
    problems.push(`event ${first.id} (the first one) is not as it was sealed`);
  }
  const end = last ?? start;
  if (end.sequence !== head.sequence) {
    problems.push(
      `the last event has number ${end.sequence}; the head says ${head.sequence}: removed`,
    );
  } else if (end.hash !== head.hash) {
    problems.push("the last event is not the one that the head was signed over");
  }
  return problems;
}

function checkGoesOn(head: AuditHeadClaims, earlier: Link, found: Link | undefined): string[] {
  const start = head.begins_after;
  const here = earlier.sequence === start.sequence ? start : found;
  if (earlier.sequence > head.sequence) return ["the log is shorter than in the earlier export"];
  if (earlier.sequence < start.sequence) return ["the earlier export ended before this one begins"];
  return here?.hash === earlier.hash ? [] : ["the log is not the one of the earlier export"];
}

type Opened = { claims: AuditHeadClaims; keyId: string };

/** JWS compact serialization [RFC 7515 §5.2]; only what this issuer signs heads with. */
function openHead(jws: string, keys: readonly Jwk[]): Opened | { problem: string } {
  const [header = "", payload = "", signature = "", ...rest] = jws.split(".");
  const { alg, typ, kid } = decode(header);
  if (rest.length > 0 || typ !== auditHeadType || typeof kid !== "string") {
    return { problem: "the head is not a signed audit head" };
  }
  const jwk = keys.find((key) => key.kid === kid);
  if (jwk === undefined)
    return { problem: `the key ${kid} that signed the head is not in the key set` };
  const isSigned = isSignedBy(jwk, String(alg), {
    text: `${header}.${payload}`,
    signature: Buffer.from(signature, "base64url"),
  });
  return isSigned
    ? { claims: decode(payload) as unknown as AuditHeadClaims, keyId: kid }
    : { problem: "the signature of the head is not valid" };
}

function isSignedBy(
  jwk: Jwk,
  alg: string,
  { text, signature }: { text: string; signature: Buffer },
): boolean {
  if (jwk.alg !== alg) return false;
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const data = Buffer.from(text);
  if (alg === "ES256") {
    return verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature);
  }
  if (alg === "RS256") return verify("sha256", data, key, signature);
  return alg === "EdDSA" && verify(null, data, key, signature);
}

function decode(segment: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const hashOf = (text: string): string => hash("sha256", text, "base64url");
