import type { Insertable } from "kysely";
import type { Schema, Tx } from "../schema.ts";

/** `false`, with nothing written, when there is a row already that this one may not stand beside. */
export async function insertNew<Table extends keyof Schema>(
  tx: Tx,
  table: Table,
  row: Insertable<Schema[Table]>,
): Promise<boolean> {
  const inserted = await tx
    .insertInto(table)
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}
