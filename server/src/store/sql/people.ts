import type { ApiKeyRecord, UserRecord } from "../records.ts";
import type { PeopleStore } from "../store.ts";
import { flag, type Database, type Schema, type Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { recordChange } from "./changes.ts";
import { listBindings, replaceBindings } from "./role-bindings.ts";
import { Rollback } from "./rollback.ts";
import { consumeSingleUse } from "./single-use.ts";

/** Users and API keys, as far as the first owner needs them. */

export const peopleReads = (db: Database) =>
  ({
    async findOwner(tenantId) {
      const row = await ownerOf(db, tenantId);
      return row && toUser(row);
    },

    async findKnownApiKey(digestScheme, digest) {
      const key = await db
        .selectFrom("apiKeys")
        .selectAll()
        .where("digestScheme", "=", digestScheme)
        .where("digest", "=", digest)
        .executeTakeFirst();
      if (key === undefined) return undefined;
      const user = await db
        .selectFrom("users")
        .selectAll()
        .where("tenantId", "=", key.tenantId)
        .where("id", "=", key.userId)
        .executeTakeFirstOrThrow();
      const bindings = await listBindings(db, key.tenantId, [user.id]);
      return { apiKey: toApiKey(key), user: toUser(user), bindings: bindings.get(user.id) ?? [] };
    },
  }) satisfies Partial<PeopleStore>;

export const peopleWrites = {
  async insertOwner(tx: Tx, input: Parameters<PeopleStore["insertOwner"]>[0]) {
    const { user, bindings, apiKey, setupCode, audit } = input;
    const { tenantId } = user;
    // Locks the tenant's row: of two who race for the first owner, the second sees the first.
    await tx
      .updateTable("tenants")
      .set((eb) => ({ name: eb.ref("name") }))
      .where("id", "=", tenantId)
      .execute();
    if ((await ownerOf(tx, tenantId)) !== undefined) throw new Rollback("conflict");
    if (setupCode !== undefined) {
      const consumed = await consumeSingleUse(tx, setupCode);
      if (consumed?.tenantId !== tenantId) throw new Rollback("conflict");
    }
    await tx
      .insertInto("users")
      .values({ ...user, enabled: flag(user.enabled) })
      .execute();
    await replaceBindings(tx, tenantId, user.id, bindings);
    await tx
      .insertInto("apiKeys")
      .values({ ...apiKey, enabled: flag(apiKey.enabled) })
      .execute();
    await recordAudit(tx, audit);
    const { atMs } = audit;
    await recordChange(tx, { tenantId, kind: "api_key", subjectId: apiKey.digest, atMs });
    return "written" as const;
  },
};

const ownerOf = (db: Database, tenantId: string) =>
  db
    .selectFrom("users")
    .innerJoin("roleBindings", "roleBindings.principalId", "users.id")
    .selectAll("users")
    .where("users.tenantId", "=", tenantId)
    .where("roleBindings.role", "=", "owner")
    .where("roleBindings.resourceType", "=", "account")
    .orderBy("users.createdAtMs")
    .limit(1)
    .executeTakeFirst();

const toUser = (row: Schema["users"]): UserRecord => ({ ...row, enabled: row.enabled === 1 });
const toApiKey = (row: Schema["apiKeys"]): ApiKeyRecord => ({ ...row, enabled: row.enabled === 1 });
