import type { AuditHeadLine } from "@countersign/protocol/audit-chain.ts";
import type { AuditStore } from "../store/store.ts";
import { toAuditEvent } from "./audit-view.ts";

/**
 * The sealed audit log as lines of JSON: every event that retention has left, in sequence, and at the
 * end the signed head that vouches for exactly these.
 */

const eventsPerRead = 500;

/** Throws when events vanish meanwhile: an export must not look whole and not be. */
export async function* exportAudit(store: AuditStore, tenantId: string): AsyncGenerator<string> {
  const head = await store.findAuditHead(tenantId);
  if (head === undefined) return;
  let sequence = head.removedSequence;
  while (sequence < head.sequence) {
    const events = await store.listSealedAudit(tenantId, sequence, eventsPerRead);
    let lines = "";
    for (const event of events) {
      if (sequence === head.sequence) break;
      if (event.sequence !== sequence + 1) throw new Error("audit events vanished in an export");
      sequence = event.sequence;
      lines += `${JSON.stringify(toAuditEvent(event))}\n`;
    }
    if (lines === "") throw new Error("audit events vanished in an export");
    yield lines;
  }
  const last: AuditHeadLine = { head: head.jws };
  yield `${JSON.stringify(last)}\n`;
}
