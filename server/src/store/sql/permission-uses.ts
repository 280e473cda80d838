import type { HolderStore, PermissionUse } from "../holder-store.ts";
import type { Database, Tx } from "../schema.ts";
import { keysetPage } from "./keyset-page.ts";

/** Who holds a role, and which of its permissions they really use. */

export const holderReads = (db: Database) =>
  ({
    async countHolders(tenantId, role) {
      const { count } = await db
        .selectFrom("roleBindings")
        .select((eb) => eb.fn.count<number>("principalId").distinct().as("count"))
        .where("tenantId", "=", tenantId)
        .where("role", "=", role)
        .executeTakeFirstOrThrow();
      return count;
    },

    pageHolders: (tenantId, { role, after, limit }) =>
      db
        .selectFrom("roleBindings")
        .select(["principalId", "role", "resourceType", "resourceId"])
        .where("tenantId", "=", tenantId)
        .where("role", "=", role)
        .$call((query) =>
          keysetPage(query, ["principalId", "resourceType", "resourceId"], { after, limit }),
        )
        .execute(),

    listPermissionUses: (tenantId, { role, permissions, sinceMs, limit }) =>
      db
        .selectFrom("permissionUses")
        .select(["principalId", "permission"])
        .select((eb) => [
          eb.cast<number>(eb.fn.sum("calls"), "bigint").as("calls"),
          eb.fn.max("lastUsedAtMs").as("lastUsedAtMs"),
        ])
        .where("tenantId", "=", tenantId)
        .where("permission", "in", permissions)
        .where("dayMs", ">=", sinceMs)
        .where("principalId", "in", (eb) =>
          eb
            .selectFrom("roleBindings")
            .select("principalId")
            .where("tenantId", "=", tenantId)
            .where("role", "=", role),
        )
        .groupBy(["principalId", "permission"])
        .orderBy("calls", "desc")
        .orderBy("principalId")
        .orderBy("permission")
        .limit(limit)
        .execute(),
  }) satisfies HolderStore;

/** The rows come in one order in every process, so that two that write the same ones wait. */
export const addPermissionUses = (tx: Tx, rows: PermissionUse[]) =>
  tx
    .insertInto("permissionUses")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(permissionUseKey).doUpdateSet((eb) => ({
        calls: eb("permissionUses.calls", "+", eb.ref("excluded.calls")),
        lastUsedAtMs: eb
          .case()
          .when("excluded.lastUsedAtMs", ">", eb.ref("permissionUses.lastUsedAtMs"))
          .then(eb.ref("excluded.lastUsedAtMs"))
          .else(eb.ref("permissionUses.lastUsedAtMs"))
          .end(),
      })),
    )
    .execute();

export const permissionUseKey = ["tenantId", "principalId", "permission", "dayMs"] as const;
