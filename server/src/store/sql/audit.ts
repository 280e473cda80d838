import type { AuditRecord } from "../records.ts";
import { withNulls, type Tx } from "../schema.ts";

/** Inserts what happened, in the transaction of the act itself. */
export async function recordAudit(tx: Tx, audit: AuditRecord): Promise<void> {
  await tx.insertInto("auditEvents").values(withNulls(audit)).execute();
}

export const auditWrites = {
  async insertAudit(tx: Tx, input: { audit: AuditRecord }) {
    await recordAudit(tx, input.audit);
    return "written" as const;
  },
};
