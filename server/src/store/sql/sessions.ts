import type { KnownUserRecord } from "../records.ts";
import type { SessionRecord, SessionStore } from "../session-store.ts";
import type { Database, Schema, Tx } from "../schema.ts";
import { recordAudit } from "./audit.ts";
import { endSessionsOf, insertPassword, type OfUser } from "./passwords.ts";
import { recordRevocations } from "./revocations.ts";
import { listBindings } from "./role-bindings.ts";
import { Rollback } from "./rollback.ts";
import { consumeSingleUse } from "./single-use.ts";
import { toUser } from "./users.ts";

/**
 * Passwords and sessions. No cache holds a session: its row is its life, and what ends it takes the
 * row away in the same transaction.
 */

const candidatesMax = 3;

export const sessionReads = (db: Database) =>
  ({
    async listUsersByLogin(tenantId, login) {
      const rows = await db
        .selectFrom("users")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where((eb) =>
          eb.or([
            eb("username", "=", login),
            eb(eb.fn("lower", ["email"]), "=", eb.fn("lower", [eb.cast(eb.val(login), "text")])),
          ]),
        )
        .orderBy((eb) => eb.case().when("username", "=", login).then(0).else(1).end())
        .orderBy("createdAtMs")
        .limit(candidatesMax)
        .execute();
      return rows.map(toUser);
    },

    findPassword(userId) {
      return db.selectFrom("passwords").selectAll().where("userId", "=", userId).executeTakeFirst();
    },

    async findUserByCode({ kind, digest, atMs }): Promise<KnownUserRecord | undefined> {
      const row = await db
        .selectFrom("singleUses")
        .innerJoin("users", (join) =>
          join
            .onRef("users.id", "=", "singleUses.payload")
            .onRef("users.tenantId", "=", "singleUses.tenantId"),
        )
        .selectAll("users")
        .where("singleUses.kind", "=", kind)
        .where("singleUses.digest", "=", digest)
        .where("singleUses.expiresAtMs", ">", atMs)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const bindings = await listBindings(db, row.tenantId, [row.id]);
      return { user: toUser(row), bindings: bindings.get(row.id) ?? [] };
    },

    async findSession(digest) {
      const row = await sessions(db).where("digest", "=", digest).executeTakeFirst();
      return row && toSession(row);
    },

    async listSessions(tenantId, userId, atMs) {
      const rows = await sessions(db)
        .where("tenantId", "=", tenantId)
        .where("userId", "=", userId)
        .where("expiresAtMs", ">", atMs)
        .orderBy("createdAtMs", "desc")
        .orderBy("id")
        .execute();
      return rows.map(toSession);
    },
  }) satisfies Partial<SessionStore>;

export const sessionWrites = {
  async insertSession(tx: Tx, input: Parameters<SessionStore["insertSession"]>[0]) {
    const { session, passwordHash, endsDigest, sessionsMax, audit } = input;
    if (!(await lockEnabledUser(tx, session))) return "conflict" as const;
    if (passwordHash !== undefined && !(await hasPassword(tx, session, passwordHash))) {
      return "conflict" as const;
    }
    if (endsDigest !== undefined) {
      await tx.deleteFrom("sessions").where("digest", "=", endsDigest).execute();
    }
    await tx
      .insertInto("sessions")
      .values({ ...session, methods: JSON.stringify(session.methods) })
      .execute();
    await endOldest(tx, session, sessionsMax);
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async confirmSession(tx: Tx, input: Parameters<SessionStore["confirmSession"]>[0]) {
    const { tenantId, id, fromDigest, digest, methods, atMs, audit } = input;
    const updated = await tx
      .updateTable("sessions")
      .set({ digest, methods: JSON.stringify(methods), confirmedAtMs: atMs, lastUsedAtMs: atMs })
      .where("tenantId", "=", tenantId)
      .where("id", "=", id)
      .where("digest", "=", fromDigest)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return "conflict" as const;
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async touchSession(tx: Tx, input: Parameters<SessionStore["touchSession"]>[0]) {
    await tx
      .updateTable("sessions")
      .set({ lastUsedAtMs: input.atMs })
      .where("tenantId", "=", input.tenantId)
      .where("id", "=", input.id)
      .where("lastUsedAtMs", "<", input.atMs)
      .execute();
    return "written" as const;
  },

  async endSessions(tx: Tx, input: Parameters<SessionStore["endSessions"]>[0]) {
    const { tenantId, userId, which, audit } = input;
    const ended = await tx
      .deleteFrom("sessions")
      .where("tenantId", "=", tenantId)
      .where("userId", "=", userId)
      .$if("id" in which, (query) => query.where("id", "=", (which as { id: string }).id))
      .$if("exceptId" in which, (query) =>
        query.where("id", "!=", (which as { exceptId: string }).exceptId),
      )
      .executeTakeFirst();
    if (ended.numDeletedRows === 0n) return "conflict" as const;
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async setPassword(tx: Tx, input: Parameters<SessionStore["setPassword"]>[0]) {
    const { password, proof, exceptSessionId, revocations, audit } = input;
    const { tenantId, userId } = password;
    if (!(await lockEnabledUser(tx, password))) return "conflict" as const;
    if ("code" in proof) {
      const spent = await consumeSingleUse(tx, { ...proof.code, atMs: password.setAtMs });
      if (spent?.tenantId !== tenantId || spent.payload !== userId) throw new Rollback("conflict");
    } else if (!(await hasPassword(tx, password, proof.beforeHash))) {
      return "conflict" as const;
    }
    await insertPassword(tx, password);
    await endSessionsOf(tx, { tenantId, userId }, exceptSessionId);
    await recordAudit(tx, audit);
    await recordRevocations(tx, { tenantId, atMs: audit.atMs }, revocations);
    return "written" as const;
  },
};

/** Of who signs in and who disables the person, one sees the other. `false` when it is no use. */
async function lockEnabledUser(tx: Tx, { tenantId, userId }: OfUser): Promise<boolean> {
  const locked = await tx
    .updateTable("users")
    .set((eb) => ({ enabled: eb.ref("enabled") }))
    .where("tenantId", "=", tenantId)
    .where("id", "=", userId)
    .where("enabled", "=", 1)
    .executeTakeFirst();
  return locked.numUpdatedRows === 1n;
}

async function hasPassword(tx: Tx, { tenantId, userId }: OfUser, hash: string): Promise<boolean> {
  const found = await tx
    .selectFrom("passwords")
    .select("userId")
    .where("tenantId", "=", tenantId)
    .where("userId", "=", userId)
    .where("hash", "=", hash)
    .executeTakeFirst();
  return found !== undefined;
}

async function endOldest(tx: Tx, { tenantId, userId }: OfUser, keep: number): Promise<void> {
  const beyond = await tx
    .selectFrom("sessions")
    .select("id")
    .where("tenantId", "=", tenantId)
    .where("userId", "=", userId)
    .orderBy("createdAtMs", "desc")
    .orderBy("id")
    // SQLite takes an offset only with a limit.
    .limit(1_000)
    .offset(keep)
    .execute();
  if (beyond.length === 0) return;
  const ids = beyond.map(({ id }) => id);
  await tx.deleteFrom("sessions").where("id", "in", ids).execute();
}

const sessions = (db: Database) => db.selectFrom("sessions").selectAll();

const toSession = (row: Schema["sessions"]): SessionRecord => ({
  ...row,
  methods: JSON.parse(row.methods) as string[],
});
