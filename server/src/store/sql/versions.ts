import type { Updateable } from "kysely";
import type { Schema, Tx } from "../schema.ts";

/** Things that a change is made to only as it was read: every change counts their `version` up. */

type Versioned = "users" | "apiKeys" | "datasources" | "webhooks" | "leaks";

interface Version {
  tenantId: string;
  id: string;
  version: number;
}

/** Puts `row` in the place of the version before it; `false` when somebody else has changed that. */
export async function replaceVersion<Table extends Versioned>(
  tx: Tx,
  table: Table,
  row: Schema[Table],
): Promise<boolean> {
  const { tenantId, id, version }: Version = row;
  const replaced = await tx
    .updateTable<Versioned>(table)
    .set(row as Updateable<Schema[Versioned]>)
    .where("tenantId", "=", tenantId)
    .where("id", "=", id)
    .where("version", "=", version - 1)
    .executeTakeFirst();
  return replaced.numUpdatedRows === 1n;
}

/** `false` when it is another version by now, or gone. */
export async function deleteVersion(
  tx: Tx,
  table: Versioned,
  { tenantId, id, version }: Version,
): Promise<boolean> {
  const deleted = await tx
    .deleteFrom(table)
    .where("tenantId", "=", tenantId)
    .where("id", "=", id)
    .where("version", "=", version)
    .executeTakeFirst();
  return deleted.numDeletedRows === 1n;
}
