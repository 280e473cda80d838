import type { AuditEvent } from "./admin/audit-events.ts";

/**
 * How the audit log is chained, for the server that seals it and for whoever verifies an export: the
 * texts that are hashed (SHA-256, base64url), and what a signed head says.
 */

/** The media type of a signed head, in the `typ` of its header [RFC 8725 §3.11]. */
export const auditHeadType = "audit-head+jwt";

/** The payload of a signed head: it vouches for every event behind `begins_after` up to itself. */
export interface AuditHeadClaims {
  iss: string;
  tenant: string;
  /** When it was signed, in seconds. */
  iat: number;
  sequence: number;
  hash: string;
  /** The last event that retention has removed; sequence 0 while none has been. */
  begins_after: { sequence: number; hash: string };
}

/** The last line of an export. */
export interface AuditHeadLine {
  head: string;
}

/** What the first event of a tenant has in place of a hash before it. */
export const chainStartText = (tenantId: string): string =>
  canonicalJson({ audit_log_of: tenantId });

/** What is hashed for an event: all of it but its own hash, and the hash before. */
export function chainedText(previousHash: string, event: AuditEvent): string {
  const { hash: _, ...rest } = event;
  return canonicalJson({ ...rest, previous_hash: previousHash });
}

/** One text per value: members sorted, no white space [RFC 8785 §3.2]. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
