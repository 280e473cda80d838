import type { Tx } from "../schema.ts";
import type { RestoreStore } from "../store.ts";
import { recordAudit } from "./audit.ts";
import { recordRevocations } from "./revocations.ts";

/** What follows from a backup that was restored. */

export const restoreWrites = {
  async recoverFromBackup(tx: Tx, input: Parameters<RestoreStore["recoverFromBackup"]>[0]) {
    const { by, audits } = input;
    await tx
      .updateTable("head")
      .set((eb) => ({ position: eb("position", "+", by) }))
      .execute();
    await tx.deleteFrom("sessions").execute();
    await tx.deleteFrom("singleUses").execute();
    await tx.deleteFrom("recoveryCodes").execute();
    for (const audit of audits) {
      const { tenantId, atMs } = audit;
      await recordAudit(tx, audit);
      const everything = {
        subjectType: "tenant",
        subjectId: tenantId,
        dropped: undefined,
      } as const;
      await recordRevocations(tx, { tenantId, atMs }, [everything]);
    }
    return "written" as const;
  },
};
