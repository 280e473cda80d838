import type { KnownUserRecord, UserRecord } from "../records.ts";
import type { UserCode, UserPage, UserStore } from "../store.ts";
import { flag, withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { deletePersonalKeys, principalsOnCorpus } from "./api-keys.ts";
import { recordAudit } from "./audit.ts";
import { recordChange } from "./changes.ts";
import { isExternalIdTaken } from "./external-ids.ts";
import { claimIdempotency } from "./idempotency.ts";
import { insertNew } from "./insert-new.ts";
import { keysetPage } from "./keyset-page.ts";
import { recordRevocations } from "./revocations.ts";
import { listBindings, replaceBindings } from "./role-bindings.ts";
import { Rollback } from "./rollback.ts";
import { deleteFactorsOf } from "./factors.ts";
import { deletePassword, endSessionsOf } from "./passwords.ts";
import { deleteVersion, replaceVersion } from "./versions.ts";

/** People. A change of a person or of its bindings is a change of the user. */

export const userReads = (db: Database) =>
  ({
    async findKnownUser(id) {
      const row = await all(db).where("id", "=", id).executeTakeFirst();
      return row && (await withBindings(db, [row]))[0];
    },

    async findUser(tenantId, username) {
      const row = await all(db)
        .where("tenantId", "=", tenantId)
        .where("username", "=", username)
        .executeTakeFirst();
      return row && (await withBindings(db, [row]))[0];
    },

    async listUsers(tenantId, { after, corpusKey, externalId, limit }: UserPage) {
      const rows = await all(db)
        .where("tenantId", "=", tenantId)
        .$if(externalId !== undefined, (query) => query.where("externalId", "=", externalId!))
        .$if(corpusKey !== undefined, (query) =>
          query.where("id", "in", principalsOnCorpus(db, tenantId, corpusKey!)),
        )
        .$call((query) => keysetPage(query, ["createdAtMs", "id"], { after, limit }))
        .execute();
      return withBindings(db, rows);
    },
  }) satisfies Partial<UserStore>;

export const userWrites = {
  async insertUser(tx: Tx, input: Parameters<UserStore["insertUser"]>[0]) {
    const { user, bindings, code, idempotency, audit } = input;
    const repeated = await claimIdempotency(tx, idempotency, audit.atMs);
    if (repeated !== undefined) return repeated;
    if (!(await insertNew(tx, "users", toUserRow(user)))) {
      const isOther = await isExternalIdTaken(tx, "users", user);
      throw new Rollback({ outcome: isOther ? "external_id_taken" : "username_taken" });
    }
    await replaceBindings(tx, user.tenantId, user.id, bindings);
    await insertCode(tx, user.tenantId, user.id, code);
    await recordAudit(tx, audit);
    await recordUserChange(tx, user, audit.atMs);
    return { outcome: "inserted" as const };
  },

  async updateUser(tx: Tx, input: Parameters<UserStore["updateUser"]>[0]) {
    const { user, bindings, revocations, audit } = input;
    const { tenantId, id } = user;
    if (await isExternalIdTaken(tx, "users", user)) return "external_id_taken" as const;
    return keepingAnOwner(tx, tenantId, async () => {
      if (!(await replaceVersion(tx, "users", toUserRow(user)))) return "conflict" as const;
      if (!user.enabled) await endSessionsOf(tx, { tenantId, userId: id });
      await replaceBindings(tx, tenantId, id, bindings);
      await recordAudit(tx, audit);
      await recordUserChange(tx, user, audit.atMs);
      await recordRevocations(tx, { tenantId, atMs: audit.atMs }, revocations);
      return "written" as const;
    });
  },

  async deleteUser(tx: Tx, input: Parameters<UserStore["deleteUser"]>[0]) {
    const { tenantId, id, audit } = input;
    return keepingAnOwner(tx, tenantId, async () => {
      if (!(await deleteVersion(tx, "users", input))) return "conflict" as const;
      await replaceBindings(tx, tenantId, id, []);
      await deletePersonalKeys(tx, { tenantId, ownerId: id });
      await deleteCodes(tx, tenantId, id);
      await forget(tx, { tenantId, userId: id });
      await deleteFactorsOf(tx, { tenantId, userId: id });
      await recordAudit(tx, audit);
      await recordUserChange(tx, { tenantId, id }, audit.atMs);
      const everything = { subjectType: "person" as const, subjectId: id, dropped: undefined };
      await recordRevocations(tx, { tenantId, atMs: audit.atMs }, [everything]);
      return "written" as const;
    });
  },

  async replaceUserCode(tx: Tx, input: Parameters<UserStore["replaceUserCode"]>[0]) {
    const { tenantId, userId, code, revocations, audit } = input;
    const found = await tx
      .selectFrom("users")
      .select("id")
      .where("tenantId", "=", tenantId)
      .where("id", "=", userId)
      .executeTakeFirst();
    if (found === undefined) return "conflict" as const;
    await deleteCodes(tx, tenantId, userId);
    await forget(tx, { tenantId, userId });
    await insertCode(tx, tenantId, userId, code);
    await recordAudit(tx, audit);
    await recordRevocations(tx, { tenantId, atMs: audit.atMs }, revocations);
    return "written" as const;
  },
};

/** Locks the tenant's row: of two who race for a tenant's first or last owner, one sees the other. */
export async function lockTenant(tx: Tx, tenantId: string): Promise<void> {
  await tx
    .updateTable("tenants")
    .set((eb) => ({ name: eb.ref("name") }))
    .where("id", "=", tenantId)
    .execute();
}

/** Undoes what would leave a tenant that has an owner without one. */
async function keepingAnOwner<Outcome>(
  tx: Tx,
  tenantId: string,
  act: () => Promise<Outcome>,
): Promise<Outcome | "last_owner"> {
  await lockTenant(tx, tenantId);
  const hadOwner = await hasEnabledOwner(tx, tenantId);
  const outcome = await act();
  if (hadOwner && !(await hasEnabledOwner(tx, tenantId))) throw new Rollback("last_owner");
  return outcome;
}

async function hasEnabledOwner(tx: Tx, tenantId: string): Promise<boolean> {
  const owner = await tx
    .selectFrom("users")
    .innerJoin("roleBindings", "roleBindings.principalId", "users.id")
    .select("users.id")
    .where("users.tenantId", "=", tenantId)
    .where("users.enabled", "=", 1)
    .where("roleBindings.role", "=", "owner")
    .where("roleBindings.resourceType", "=", "account")
    .limit(1)
    .executeTakeFirst();
  return owner !== undefined;
}

function recordUserChange(
  tx: Tx,
  { tenantId, id }: { tenantId: string; id: string },
  atMs: number,
): Promise<number> {
  return recordChange(tx, { tenantId, kind: "user", subjectId: id, atMs });
}

/** A code is kept with the id of its user, and nothing else has such a payload. */
async function insertCode(tx: Tx, tenantId: string, userId: string, code: UserCode): Promise<void> {
  await tx
    .insertInto("singleUses")
    .values({ ...code, tenantId, payload: userId })
    .execute();
}

/** Who is signed in is no longer, and the password is none. */
async function forget(tx: Tx, ofUser: { tenantId: string; userId: string }): Promise<void> {
  await endSessionsOf(tx, ofUser);
  await deletePassword(tx, ofUser);
}

async function deleteCodes(tx: Tx, tenantId: string, userId: string): Promise<void> {
  await tx
    .deleteFrom("singleUses")
    .where("tenantId", "=", tenantId)
    .where("payload", "=", userId)
    .execute();
}

const all = (db: Database) => db.selectFrom("users").selectAll();

async function withBindings(db: Database, rows: Schema["users"][]): Promise<KnownUserRecord[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const ids = rows.map(({ id }) => id);
  const bindings = await listBindings(db, first.tenantId, ids);
  return rows.map((row) => ({ user: toUser(row), bindings: bindings.get(row.id) ?? [] }));
}

export function toUserRow(user: UserRecord): Schema["users"] {
  return { ...withNulls(user), enabled: flag(user.enabled), labels: JSON.stringify(user.labels) };
}

export const toUser = (row: Schema["users"]): UserRecord => ({
  ...withoutNulls(row),
  enabled: row.enabled === 1,
  labels: JSON.parse(row.labels) as Record<string, string>,
});
