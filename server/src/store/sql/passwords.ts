import type { Schema, Tx } from "../schema.ts";

/** What several acts on a person have in common: a new password, or none, and the end of sessions. */

export interface OfUser {
  tenantId: string;
  userId: string;
}

export async function insertPassword(tx: Tx, password: Schema["passwords"]): Promise<void> {
  await tx
    .insertInto("passwords")
    .values(password)
    .onConflict((conflict) =>
      conflict.column("userId").doUpdateSet({ hash: password.hash, setAtMs: password.setAtMs }),
    )
    .execute();
}

export async function endSessionsOf(
  tx: Tx,
  { tenantId, userId }: OfUser,
  exceptId?: string,
): Promise<void> {
  await tx
    .deleteFrom("sessions")
    .where("tenantId", "=", tenantId)
    .where("userId", "=", userId)
    .$if(exceptId !== undefined, (query) => query.where("id", "!=", exceptId!))
    .execute();
}

export async function deletePassword(tx: Tx, { tenantId, userId }: OfUser): Promise<void> {
  await tx
    .deleteFrom("passwords")
    .where("tenantId", "=", tenantId)
    .where("userId", "=", userId)
    .execute();
}
