import { hash } from "node:crypto";
import { chainedText, chainStartText } from "@countersign/protocol/audit-chain.ts";
import type { AuditEventRecord } from "../store/records.ts";
import { toAuditEvent } from "./audit-view.ts";

/** The chain over a tenant's audit events: each hash covers its event and the hash before. */

/** A place in the chain. */
export interface Link {
  sequence: number;
  hash: string;
}

export interface SealedEvent extends Link {
  id: string;
}

/** Before the first event. */
export const chainStart = (tenantId: string): Link => ({
  sequence: 0,
  hash: sha256(chainStartText(tenantId)),
});

/** Numbers and hashes for events that follow `from`, in their order. */
export function chainEvents(from: Link, events: readonly AuditEventRecord[]): SealedEvent[] {
  let last = from;
  return events.map((event) => {
    const sequence = last.sequence + 1;
    const text = chainedText(last.hash, toAuditEvent({ ...event, sequence }));
    const sealed = { id: event.id, sequence, hash: sha256(text) };
    last = sealed;
    return sealed;
  });
}

/** Whether sealed events are those that were sealed behind `from`, all and in their order. */
export function followsChain(from: Link, events: readonly AuditEventRecord[]): boolean {
  return chainEvents(from, events).every(
    ({ sequence, hash }, index) =>
      events[index]?.sequence === sequence && events[index].hash === hash,
  );
}

const sha256 = (text: string): string => hash("sha256", text, "base64url");
