import type { AuditRecord } from "../records.ts";
import type { Schema, Tx } from "../schema.ts";

/**
 * What happened to a connection, put down for every webhook that wants to know, in the transaction in
 * which it happened. The types are those of the audit log's actions.
 */

const told: ReadonlySet<string> = new Set([
  "connection.connected",
  "connection.reconnect_required",
  "connection.uncertain",
  "connection.deleted",
]);

type ConnectionRow = Schema["connections"];

/** Whether such an act is told, and as what. */
export function eventTypeOf({ action, before, after }: AuditRecord): string | undefined {
  if (told.has(action)) return action;
  if (action !== "connection.updated") return undefined;
  const [was, is] = [isEnabled(before), isEnabled(after)];
  if (was === is) return undefined;
  return is ? "connection.enabled" : "connection.disabled";
}

const isEnabled = (view: string | undefined): boolean =>
  view !== undefined && (JSON.parse(view) as { enabled?: boolean }).enabled === true;

/** Reads nothing but who is to be told, as long as nobody is. */
export async function recordEvents(
  tx: Tx,
  event: { type: string; tenantId: string; atMs: number },
  subjects: readonly { eventId: string; row: ConnectionRow }[],
): Promise<void> {
  if (subjects.length === 0) return;
  const { type, tenantId, atMs } = event;
  const webhooks = await tx
    .selectFrom("webhooks")
    .select(["id", "events"])
    .where("tenantId", "=", tenantId)
    .where("enabled", "=", 1)
    .execute();
  const wanting = webhooks.filter(({ events }) => wants(events, type));
  const deliveries = wanting.flatMap(({ id: webhookId }) =>
    subjects.map(({ eventId, row }) => ({
      webhookId,
      eventId,
      tenantId,
      eventType: type,
      subject: JSON.stringify(subjectOf(row)),
      createdAtMs: atMs,
      status: "pending",
      attempts: 0,
      nextAttemptMs: atMs,
      lastAttemptMs: null,
      lastStatus: null,
      lastError: null,
      lastDurationMs: null,
      claimId: null,
    })),
  );
  for (let start = 0; start < deliveries.length; start += rowsPerInsert) {
    await tx
      .insertInto("webhookDeliveries")
      .values(deliveries.slice(start, start + rowsPerInsert))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Of an act on one connection. */
export async function recordEventOf(tx: Tx, audit: AuditRecord, row: ConnectionRow): Promise<void> {
  const type = eventTypeOf(audit);
  if (type === undefined) return;
  const { tenantId, atMs } = audit;
  await recordEvents(tx, { type, tenantId, atMs }, [{ eventId: eventIdOf(audit), row }]);
}

/** `evt_…`, from the audit row of what happened. */
export const eventIdOf = ({ id }: Pick<AuditRecord, "id">): string => id.replace(/^aud_/, "evt_");

/** SQLite takes at most 32,766 parameters in a statement; a row has fourteen. */
const rowsPerInsert = 1000;

export const wants = (events: string | null, type: string): boolean =>
  events === null || (JSON.parse(events) as string[]).includes(type);

/** What everybody may see who sees connections. */
const subjectOf = (row: ConnectionRow) => ({
  id: row.id,
  datasourceId: row.datasourceId,
  owner: row.owner,
  enabled: row.enabled === 1,
  // As the API says it.
  state: row.enabled === 1 ? row.state : "disabled",
  reason: row.reason ?? undefined,
  sinceMs: row.sinceMs,
  account: row.account ?? undefined,
  refreshTokenExpiresAtMs: row.refreshTokenExpiresAtMs ?? undefined,
  externalId: row.externalId ?? undefined,
  labels: JSON.parse(row.labels) as Record<string, string>,
});
