import type { SingleUseStore } from "../store.ts";
import type { Tx } from "../schema.ts";
import { insertNew } from "./insert-new.ts";

/** Things that can be used once. The kind is part of the key, so kinds never mix. */

export const singleUseWrites = {
  async insertSingleUse(tx: Tx, input: Parameters<SingleUseStore["insertSingleUse"]>[0]) {
    const isNew = await insertNew(tx, "singleUses", input);
    return isNew ? ("written" as const) : ("conflict" as const);
  },

  consumeSingleUse,

  async clearSingleUse(tx: Tx, input: { tenantId: string; kind: string }) {
    await tx
      .deleteFrom("singleUses")
      .where("tenantId", "=", input.tenantId)
      .where("kind", "=", input.kind)
      .execute();
    return "written" as const;
  },
};

/** One statement: of two who come at once, one deletes the row and the other finds none. */
export async function consumeSingleUse(
  tx: Tx,
  input: { kind: string; digest: string; atMs: number },
): Promise<{ tenantId: string; payload: string } | undefined> {
  return tx
    .deleteFrom("singleUses")
    .where("kind", "=", input.kind)
    .where("digest", "=", input.digest)
    .where("expiresAtMs", ">", input.atMs)
    .returning(["tenantId", "payload"])
    .executeTakeFirst();
}
