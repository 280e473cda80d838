import type { AuditEvent } from "@countersign/protocol/admin/audit-events.ts";
import type { AuditEventRecord } from "../store/records.ts";

/** An audit row as it is listed, exported and hashed: one form, so that what was sealed can be verified. */
export function toAuditEvent(record: AuditEventRecord): AuditEvent {
  const { before, after, sourceAddress, sequence, hash } = record;
  return {
    id: record.id,
    at: new Date(record.atMs).toISOString(),
    actor: { type: record.actorType as AuditEvent["actor"]["type"], id: record.actorId },
    action: record.action,
    subject: { type: record.subjectType, id: record.subjectId },
    ...(before === undefined ? {} : { before: JSON.parse(before) as AuditEvent["before"] }),
    ...(after === undefined ? {} : { after: JSON.parse(after) as AuditEvent["after"] }),
    request_id: record.requestId,
    ...(sourceAddress === undefined ? {} : { source_address: sourceAddress }),
    ...(sequence === undefined ? {} : { sequence }),
    ...(hash === undefined ? {} : { hash }),
  } as AuditEvent;
}
