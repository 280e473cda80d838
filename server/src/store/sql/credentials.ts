import type { CredentialRecord } from "../records.ts";
import type { CredentialStore, InsertCredential } from "../store.ts";
import { withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { recordClientChange } from "./changes.ts";
import { claimIdempotency } from "./idempotency.ts";
import { recordRevocations } from "./revocations.ts";
import { Rollback } from "./rollback.ts";

/** The credentials of app clients, and what was seen of their use. */

export const credentialReads = (db: Database) =>
  ({
    listCredentials: (tenantId, clientId) => listCredentials(db, tenantId, clientId),

    listCredentialUses(tenantId, credentialIds) {
      if (credentialIds.length === 0) return Promise.resolve([]);
      return db
        .selectFrom("credentialUses")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("credentialId", "in", credentialIds)
        .execute();
    },

    listFindings(tenantId, clientIds) {
      if (clientIds.length === 0) return Promise.resolve([]);
      return db
        .selectFrom("findings")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("clientId", "in", clientIds)
        .execute();
    },
  }) satisfies Partial<CredentialStore>;

export const credentialWrites = {
  async insertCredential(tx: Tx, input: InsertCredential) {
    const { credential, liveMax, idempotency, audit } = input;
    const repeated = await claimIdempotency(tx, idempotency, audit.atMs);
    if (repeated !== undefined) return repeated;
    if (!(await lockClient(tx, credential))) throw new Rollback("conflict");
    const credentials = await listCredentials(tx, credential.tenantId, credential.clientId);
    const live = credentials.filter(
      ({ revokedAtMs, expiresAtMs }) =>
        revokedAtMs === undefined && (expiresAtMs ?? Infinity) > audit.atMs,
    );
    if (live.length >= liveMax) throw new Rollback("conflict");
    await tx.insertInto("credentials").values(withNulls(credential)).execute();
    await recordAudit(tx, audit);
    await recordClientChange(tx, credential, audit.atMs);
    return "written" as const;
  },

  async updateCredential(tx: Tx, input: Parameters<CredentialStore["updateCredential"]>[0]) {
    const { before, after, revocations, audit } = input;
    if (!(await lockClient(tx, before))) return "conflict" as const;
    const stored = await tx
      .selectFrom("credentials")
      .selectAll()
      .where("id", "=", before.id)
      .executeTakeFirst();
    if (stored === undefined || !isSame(toCredential(stored), before)) return "conflict" as const;
    await tx.updateTable("credentials").set(withNulls(after)).where("id", "=", before.id).execute();
    await recordAudit(tx, audit);
    await recordClientChange(tx, before, audit.atMs);
    const { tenantId } = before;
    await recordRevocations(tx, { tenantId, atMs: audit.atMs }, revocations);
    return "written" as const;
  },
};

export async function listCredentials(
  db: Database,
  tenantId: string,
  clientId: string,
): Promise<CredentialRecord[]> {
  const rows = await db
    .selectFrom("credentials")
    .selectAll()
    .where("tenantId", "=", tenantId)
    .where("clientId", "=", clientId)
    .orderBy("createdAtMs")
    .orderBy("id")
    .execute();
  return rows.map(toCredential);
}

/**
 * Makes the transactions on one client's credentials go one after the other, so that five live ones
 * cannot become six. `false` when the client is gone.
 */
async function lockClient(
  tx: Tx,
  { tenantId, clientId }: { tenantId: string; clientId: string },
): Promise<boolean> {
  const locked = await tx
    .updateTable("clients")
    .set((eb) => ({ updatedAtMs: eb.ref("updatedAtMs") }))
    .where("tenantId", "=", tenantId)
    .where("clientId", "=", clientId)
    .where("deletedAtMs", "is", null)
    .executeTakeFirst();
  return locked.numUpdatedRows === 1n;
}

const toCredential = (row: Schema["credentials"]): CredentialRecord => withoutNulls(row);

function isSame(one: CredentialRecord, other: CredentialRecord): boolean {
  const names = Object.keys(one) as (keyof CredentialRecord)[];
  return names.every((name) => one[name] === other[name]);
}
