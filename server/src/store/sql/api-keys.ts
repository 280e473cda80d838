import type { ApiKeyRecord, KnownApiKeyRecord } from "../records.ts";
import type { ApiKeyPage, ApiKeyStore } from "../store.ts";
import { flag, withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { recordChange } from "./changes.ts";
import { isExternalIdTaken } from "./external-ids.ts";
import { claimIdempotency } from "./idempotency.ts";
import { keysetPage } from "./keyset-page.ts";
import { recordRevocations } from "./revocations.ts";
import { listBindings, replaceBindings } from "./role-bindings.ts";
import { Rollback } from "./rollback.ts";
import { deleteVersion, replaceVersion } from "./versions.ts";

/**
 * API keys. Caches hold them under their id, and remember which id a digest has: so a new key is a
 * change of its digest, and a changed one of its id.
 */

export const apiKeyReads = (db: Database) =>
  ({
    findApiKeyByDigest: (digestScheme, digest) =>
      db
        .selectFrom("apiKeys")
        .select("id")
        .where("digestScheme", "=", digestScheme)
        .where("digest", "=", digest)
        .executeTakeFirst(),

    async findKnownApiKey(id) {
      const row = await all(db).where("id", "=", id).executeTakeFirst();
      return row && (await withBindings(db, [row]))[0];
    },

    async findApiKey(tenantId, id) {
      const row = await all(db)
        .where("tenantId", "=", tenantId)
        .where("id", "=", id)
        .executeTakeFirst();
      return row && (await withBindings(db, [row]))[0];
    },

    async listApiKeys(tenantId, { after, owner, kind, corpusKey, externalId, limit }: ApiKeyPage) {
      const rows = await all(db)
        .where("tenantId", "=", tenantId)
        .$if(owner !== undefined, (query) =>
          query.where("ownerType", "=", owner!.type).where("ownerId", "=", owner!.id),
        )
        .$if(kind !== undefined, (query) => query.where("kind", "=", kind!))
        .$if(externalId !== undefined, (query) => query.where("externalId", "=", externalId!))
        .$if(corpusKey !== undefined, (query) =>
          query.where("id", "in", principalsOnCorpus(db, tenantId, corpusKey!)),
        )
        .$call((query) => keysetPage(query, ["createdAtMs", "id"], { after, limit }))
        .execute();
      return withBindings(db, rows);
    },
  }) satisfies Partial<ApiKeyStore>;

export const apiKeyWrites = {
  async insertApiKey(tx: Tx, input: Parameters<ApiKeyStore["insertApiKey"]>[0]) {
    const { apiKey, bindings, idempotency, audit } = input;
    const repeated = await claimIdempotency(tx, idempotency, audit.atMs);
    if (repeated !== undefined) return repeated;
    if (await isExternalIdTaken(tx, "apiKeys", apiKey))
      throw new Rollback({ outcome: "external_id_taken" });
    await insertApiKey(tx, apiKey);
    await replaceBindings(tx, apiKey.tenantId, apiKey.id, bindings);
    await recordAudit(tx, audit);
    await recordNewApiKey(tx, apiKey, audit.atMs);
    return { outcome: "inserted" as const };
  },

  async updateApiKey(tx: Tx, input: Parameters<ApiKeyStore["updateApiKey"]>[0]) {
    const { apiKey, revocations, audit } = input;
    const { tenantId, id } = apiKey;
    if (await isExternalIdTaken(tx, "apiKeys", apiKey)) return "external_id_taken" as const;
    if (!(await replaceVersion(tx, "apiKeys", toRow(apiKey)))) return "conflict" as const;
    const { atMs } = audit;
    await recordAudit(tx, audit);
    await recordChange(tx, { tenantId, kind: "api_key", subjectId: id, atMs });
    await recordRevocations(tx, { tenantId, atMs }, revocations);
    return "written" as const;
  },

  async deleteApiKey(tx: Tx, input: Parameters<ApiKeyStore["deleteApiKey"]>[0]) {
    const { tenantId, id, audit } = input;
    if (!(await deleteVersion(tx, "apiKeys", input))) return "conflict" as const;
    const { atMs } = audit;
    await replaceBindings(tx, tenantId, id, []);
    await tx.deleteFrom("credentialUses").where("credentialId", "=", id).execute();
    await recordAudit(tx, audit);
    await recordChange(tx, { tenantId, kind: "api_key", subjectId: id, atMs });
    const all = { subjectType: "credential" as const, subjectId: id, dropped: undefined };
    await recordRevocations(tx, { tenantId, atMs }, [all]);
    return "written" as const;
  },
};

export async function insertApiKey(tx: Tx, apiKey: ApiKeyRecord): Promise<void> {
  await tx.insertInto("apiKeys").values(toRow(apiKey)).execute();
}

/** Caches may remember that nothing has this digest. */
export function recordNewApiKey(tx: Tx, apiKey: ApiKeyRecord, atMs: number): Promise<number> {
  const { tenantId, digest } = apiKey;
  return recordChange(tx, { tenantId, kind: "api_key", subjectId: digest, atMs });
}

/** The keys that are worth what their owner is: with the owner they go. */
export async function deletePersonalKeys(
  tx: Tx,
  { tenantId, ownerId }: { tenantId: string; ownerId: string },
): Promise<void> {
  const deleted = await tx
    .deleteFrom("apiKeys")
    .where("tenantId", "=", tenantId)
    .where("ownerId", "=", ownerId)
    .where("kind", "=", "personal")
    .returning("id")
    .execute();
  for (const { id } of deleted) {
    await tx.deleteFrom("credentialUses").where("credentialId", "=", id).execute();
  }
}

/** The ids of those who have any role on this corpus. */
export const principalsOnCorpus = (db: Database, tenantId: string, corpusKey: string) =>
  db
    .selectFrom("roleBindings")
    .select("principalId")
    .where("tenantId", "=", tenantId)
    .where("resourceType", "=", "corpus")
    .where("resourceId", "=", corpusKey);

const all = (db: Database) => db.selectFrom("apiKeys").selectAll();

async function withBindings(db: Database, rows: Schema["apiKeys"][]): Promise<KnownApiKeyRecord[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const ids = rows.map(({ id }) => id);
  const bindings = await listBindings(db, first.tenantId, ids);
  return rows.map((row) => ({ apiKey: toApiKey(row), bindings: bindings.get(row.id) ?? [] }));
}

const toRow = (apiKey: ApiKeyRecord): Schema["apiKeys"] => ({
  ...withNulls(apiKey),
  enabled: flag(apiKey.enabled),
  labels: JSON.stringify(apiKey.labels),
});

const toApiKey = (row: Schema["apiKeys"]): ApiKeyRecord => ({
  ...withoutNulls(row),
  enabled: row.enabled === 1,
  labels: JSON.parse(row.labels) as Record<string, string>,
});
