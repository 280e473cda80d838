import type { Tx } from "../schema.ts";

/** Ids of the callers' own, each once in a tenant and kind. */

/** What each kind of thing is told apart by. */
const ownIds = {
  clients: "id",
  users: "id",
  apiKeys: "id",
  apis: "id",
  roles: "name",
  datasources: "id",
  connections: "id",
  webhooks: "id",
} as const;

type Kind = keyof typeof ownIds;

/** Whether something else of the tenant has this `externalId`. */
export async function isExternalIdTaken(
  tx: Tx,
  kind: Kind,
  thing: { tenantId: string; externalId: string | undefined; id: string },
): Promise<boolean> {
  if (thing.externalId === undefined) return false;
  const other = await tx
    .selectFrom(kind)
    .select("version")
    .where("tenantId", "=", thing.tenantId)
    .where("externalId", "=", thing.externalId)
    .where(tx.dynamic.ref<"tenantId">(ownIds[kind]), "!=", thing.id)
    .executeTakeFirst();
  return other !== undefined;
}
