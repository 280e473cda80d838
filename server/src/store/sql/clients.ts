import type { ClientRecord, KnownClientRecord } from "../records.ts";
import type { ClientPage, ClientStore, InsertClient, UpdateClient } from "../store.ts";
import { flag, withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { deletePersonalKeys } from "./api-keys.ts";
import { recordAudit } from "./audit.ts";
import { recordClientChange } from "./changes.ts";
import { listCredentials } from "./credentials.ts";
import { isExternalIdTaken } from "./external-ids.ts";
import { claimIdempotency } from "./idempotency.ts";
import { insertNew } from "./insert-new.ts";
import { keysetPage } from "./keyset-page.ts";
import { recordRevocations } from "./revocations.ts";
import { listBindings, replaceBindings } from "./role-bindings.ts";
import { Rollback } from "./rollback.ts";

/** App clients. A change of a client, its credentials or its bindings is a change of the client. */

export const clientReads = (db: Database) =>
  ({
    async findKnownClient(clientId) {
      const row = await live(db).where("clientId", "=", clientId).executeTakeFirst();
      return row && knownClient(db, row);
    },

    async findClient(tenantId, id) {
      const row = await live(db)
        .where("tenantId", "=", tenantId)
        .where("id", "=", id)
        .executeTakeFirst();
      return row && knownClient(db, row);
    },

    async listClients(tenantId, page: ClientPage) {
      const { after, externalId, limit, isNewestFirst = false } = page;
      const order = isNewestFirst ? "desc" : "asc";
      const rows = await live(db)
        .where("tenantId", "=", tenantId)
        .$if(externalId !== undefined, (query) => query.where("externalId", "=", externalId!))
        .$call((query) => keysetPage(query, ["createdAtMs", "id"], { after, limit }, order))
        .execute();
      return rows.map(toClient);
    },

    listBindings: (tenantId, clientIds) => listBindings(db, tenantId, clientIds),

    async listLastUses(tenantId, clientIds) {
      if (clientIds.length === 0) return new Map();
      const rows = await db
        .selectFrom("credentials")
        .innerJoin("credentialUses", "credentialUses.credentialId", "credentials.id")
        .select("credentials.clientId")
        .select((eb) => eb.fn.max("credentialUses.lastUsedAtMs").as("lastUsedAtMs"))
        .where("credentials.tenantId", "=", tenantId)
        .where("credentials.clientId", "in", clientIds)
        .groupBy("credentials.clientId")
        .execute();
      return new Map(rows.map(({ clientId, lastUsedAtMs }) => [clientId, lastUsedAtMs]));
    },

    async findIdempotency(tenantId, principalId, key) {
      const row = await db
        .selectFrom("idempotencyKeys")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("principalId", "=", principalId)
        .where("idempotencyKey", "=", key)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { idempotencyKey, ...rest } = row;
      return { ...rest, key: idempotencyKey };
    },
  }) satisfies Partial<ClientStore>;

export const clientWrites = {
  async insertClient(tx: Tx, input: InsertClient) {
    const { client, credential, bindings, idempotency, audit } = input;
    const repeated = await claimIdempotency(tx, idempotency, audit.atMs);
    if (repeated !== undefined) return repeated;
    if (!(await insertNew(tx, "clients", toRow(client)))) {
      if (await isExternalIdTaken(tx, "clients", client))
        throw new Rollback({ outcome: "external_id_taken" });
      throw new Error(`the id ${client.clientId} or ${client.id} is or was another client's`);
    }
    if (credential !== undefined) {
      await tx.insertInto("credentials").values(withNulls(credential)).execute();
    }
    await replaceBindings(tx, client.tenantId, client.clientId, bindings);
    await recordAudit(tx, audit);
    await recordClientChange(tx, client, audit.atMs);
    return { outcome: "inserted" as const };
  },

  async updateClient(tx: Tx, input: UpdateClient) {
    const { client, bindings, revocations, audit } = input;
    if (await isExternalIdTaken(tx, "clients", client)) return "external_id_taken" as const;
    const updated = await tx
      .updateTable("clients")
      .set(toRow(client))
      .where("tenantId", "=", client.tenantId)
      .where("id", "=", client.id)
      .where("clientId", "=", client.clientId)
      .where("version", "=", client.version - 1)
      .where("deletedAtMs", "is", null)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return "conflict" as const;
    if (bindings !== undefined) {
      await replaceBindings(tx, client.tenantId, client.clientId, bindings);
    }
    await recordAudit(tx, audit);
    await recordClientChange(tx, client, audit.atMs);
    const { tenantId } = client;
    await recordRevocations(tx, { tenantId, atMs: audit.atMs }, revocations);
    return "written" as const;
  },

  async deleteClient(tx: Tx, input: Parameters<ClientStore["deleteClient"]>[0]) {
    const { tenantId, id, version, atMs, audit } = input;
    const deleted = await tx
      .updateTable("clients")
      .set({ deletedAtMs: atMs, enabled: 0, externalId: null, version: version + 1 })
      .where("tenantId", "=", tenantId)
      .where("id", "=", id)
      .where("version", "=", version)
      .where("deletedAtMs", "is", null)
      .returning("clientId")
      .executeTakeFirst();
    if (deleted === undefined) return "conflict" as const;
    const { clientId } = deleted;
    await tx
      .updateTable("credentials")
      .set((eb) => ({
        sealedSecret: null,
        digest: "",
        revokedAtMs: eb.fn.coalesce("revokedAtMs", eb.lit(atMs)),
      }))
      .where("clientId", "=", clientId)
      .execute();
    await replaceBindings(tx, tenantId, clientId, []);
    await deletePersonalKeys(tx, { tenantId, ownerId: clientId });
    await recordAudit(tx, audit);
    await recordClientChange(tx, { tenantId, clientId }, atMs);
    const all = { subjectType: "client" as const, subjectId: clientId, dropped: undefined };
    await recordRevocations(tx, { tenantId, atMs }, [all]);
    return "written" as const;
  },
};

const live = (db: Database) =>
  db.selectFrom("clients").selectAll().where("deletedAtMs", "is", null);

async function knownClient(db: Database, row: Schema["clients"]): Promise<KnownClientRecord> {
  const client = toClient(row);
  const [credentials, bindings] = await Promise.all([
    listCredentials(db, client.tenantId, client.clientId),
    listBindings(db, client.tenantId, [client.clientId]),
  ]);
  return { client, credentials, bindings: bindings.get(client.clientId) ?? [] };
}

function toRow(client: ClientRecord): Schema["clients"] {
  return {
    ...withNulls(client),
    enabled: flag(client.enabled),
    grantTypes: JSON.stringify(client.grantTypes),
    redirectUris: JSON.stringify(client.redirectUris),
    labels: JSON.stringify(client.labels),
    deletedAtMs: null,
  };
}

function toClient(row: Schema["clients"]): ClientRecord {
  const { deletedAtMs: _, ...rest } = withoutNulls(row);
  return {
    ...rest,
    enabled: row.enabled === 1,
    grantTypes: JSON.parse(row.grantTypes) as string[],
    redirectUris: JSON.parse(row.redirectUris) as string[],
    labels: JSON.parse(row.labels) as Record<string, string>,
  };
}
