import type { AuditAction } from "@countersign/protocol/audit-subjects.ts";
import type { AuditRecord } from "../store/records.ts";
import { newId, type System } from "../system.ts";

/**
 * What an administrative act leaves behind: who did what to what, with the state before and after as
 * anybody with permission to read could see it. Secrets are not part of such a view, so the log
 * cannot hold one. The row is inserted in the act's own transaction.
 */

/** Who acts, and from where. */
export interface Actor {
  /** An API key acts for itself when it has roles of its own. */
  type: "user" | "client" | "api_key" | "system";
  id: string;
  tenantId: string;
  requestId: string;
  sourceAddress: string | undefined;
}

export interface Act {
  /** `<subject>.<what happened>`, for example `app_client.created`. */
  action: AuditAction;
  subjectType: string;
  subjectId: string;
  before?: object | undefined;
  after?: object | undefined;
}

export function auditOf(system: System, actor: Actor, act: Act): AuditRecord {
  return {
    id: newId(system, "aud_"),
    tenantId: actor.tenantId,
    atMs: system.now(),
    actorType: actor.type,
    actorId: actor.id,
    action: act.action,
    subjectType: act.subjectType,
    subjectId: act.subjectId,
    before: act.before && JSON.stringify(act.before),
    after: act.after && JSON.stringify(act.after),
    requestId: actor.requestId,
    sourceAddress: actor.sourceAddress,
  };
}
