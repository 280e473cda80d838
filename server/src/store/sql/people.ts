import type { PeopleStore } from "../store.ts";
import type { Database, Tx } from "../schema.ts";
import { insertApiKey, recordNewApiKey } from "./api-keys.ts";
import { recordAudit } from "./audit.ts";
import { replaceBindings } from "./role-bindings.ts";
import { Rollback } from "./rollback.ts";
import { insertPassword } from "./passwords.ts";
import { consumeSingleUse } from "./single-use.ts";
import { lockTenant, toUser, toUserRow } from "./users.ts";

/** The first owner, with a personal API key or a password. */

export const peopleReads = (db: Database) =>
  ({
    async findOwner(tenantId) {
      const row = await ownerOf(db, tenantId);
      return row && toUser(row);
    },
  }) satisfies Partial<PeopleStore>;

export const peopleWrites = {
  async insertOwner(tx: Tx, input: Parameters<PeopleStore["insertOwner"]>[0]) {
    const { user, bindings, apiKey, password, setupCode, audit } = input;
    const { tenantId } = user;
    await lockTenant(tx, tenantId);
    if ((await ownerOf(tx, tenantId)) !== undefined) throw new Rollback("conflict");
    if (setupCode !== undefined) {
      const consumed = await consumeSingleUse(tx, setupCode);
      if (consumed?.tenantId !== tenantId) throw new Rollback("conflict");
    }
    await tx.insertInto("users").values(toUserRow(user)).execute();
    await replaceBindings(tx, tenantId, user.id, bindings);
    if (password !== undefined) await insertPassword(tx, password);
    if (apiKey !== undefined) await insertApiKey(tx, apiKey);
    await recordAudit(tx, audit);
    if (apiKey !== undefined) await recordNewApiKey(tx, apiKey, audit.atMs);
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
