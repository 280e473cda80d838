import type { Tx } from "../schema.ts";
import { Rollback } from "./rollback.ts";

/** Asked after an insert: undoes it, with `too_many`, when the tenant has more than `max` now. */
export async function checkTenantLimit(
  tx: Tx,
  table: "apis" | "roles" | "datasources" | "webhooks",
  { tenantId }: { tenantId: string },
  max: number,
): Promise<void> {
  const { count } = await tx
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("tenantId", "=", tenantId)
    .executeTakeFirstOrThrow();
  if (count > max) throw new Rollback({ outcome: "too_many" });
}
