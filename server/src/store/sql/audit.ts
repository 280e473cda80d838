import type { AuditRecord } from "../records.ts";
import type { AuditPage, AuditStore } from "../store.ts";
import { withNulls, withoutNulls, type Database, type Tx } from "../schema.ts";
import { insertNew } from "./insert-new.ts";
import { keysetPage } from "./keyset-page.ts";
import { Rollback } from "./rollback.ts";

/** What happened, and the chain over it: one head per tenant moves when events are sealed or removed. */

/** Inserts what happened, in the transaction of the act itself. It is sealed later. */
export async function recordAudit(tx: Tx, audit: AuditRecord): Promise<void> {
  await tx.insertInto("auditEvents").values(withNulls(audit)).execute();
}

export const auditReads = (db: Database) =>
  ({
    async listAudit(tenantId, page: AuditPage) {
      const { after, action, limit } = page;
      const rows = await ofTenant(db, tenantId, page)
        .$if(action !== undefined, (query) =>
          query.where((eb) =>
            action!.isPrefix
              ? eb(
                  eb.fn<string>("substr", ["action", eb.lit(1), eb.lit(action!.text.length)]),
                  "=",
                  action!.text,
                )
              : eb("action", "=", action!.text),
          ),
        )
        .$call((query) => keysetPage(query, ["atMs", "id"], { after, limit }, "desc"))
        .execute();
      return rows.map(withoutNulls);
    },

    async listUnsealedAudit(limit, exceptTenantIds) {
      const rows = await db
        .selectFrom("auditEvents")
        .selectAll()
        .where("sequence", "is", null)
        .$if(exceptTenantIds.length > 0, (query) =>
          query.where("tenantId", "not in", exceptTenantIds),
        )
        .orderBy("tenantId")
        .orderBy("atMs")
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(withoutNulls);
    },

    async listSealedAudit(tenantId, afterSequence, limit) {
      const rows = await db
        .selectFrom("auditEvents")
        .selectAll()
        .where("tenantId", "=", tenantId)
        .where("sequence", ">", afterSequence)
        .orderBy("sequence")
        .limit(limit)
        .execute();
      return rows.map(withoutNulls);
    },

    listAuditHeads: () => db.selectFrom("auditHeads").selectAll().orderBy("tenantId").execute(),

    findAuditHead: (tenantId) =>
      db.selectFrom("auditHeads").selectAll().where("tenantId", "=", tenantId).executeTakeFirst(),
  }) satisfies Partial<AuditStore>;

export const auditWrites = {
  async insertAudit(tx: Tx, input: { audit: AuditRecord }) {
    await recordAudit(tx, input.audit);
    return "written" as const;
  },

  async moveAuditHead(tx: Tx, input: Parameters<AuditStore["moveAuditHead"]>[0]) {
    const { before, head, sealed } = input;
    const moved =
      before === undefined
        ? await insertNew(tx, "auditHeads", head)
        : await replaceHead(tx, before, head);
    if (!moved) return "conflict" as const;
    for (const { id, sequence, hash } of sealed) {
      const updated = await tx
        .updateTable("auditEvents")
        .set({ sequence, hash })
        .where("tenantId", "=", head.tenantId)
        .where("id", "=", id)
        .where("sequence", "is", null)
        .executeTakeFirst();
      if (updated.numUpdatedRows === 0n) throw new Rollback("conflict");
    }
    await tx
      .deleteFrom("auditEvents")
      .where("tenantId", "=", head.tenantId)
      .where("sequence", "<=", head.removedSequence)
      .execute();
    return "written" as const;
  },
};

type Head = Parameters<AuditStore["moveAuditHead"]>[0]["head"];

/** Every head is signed anew, so its text tells whether it is still the one that was read. */
async function replaceHead(tx: Tx, before: Head, head: Head): Promise<boolean> {
  const replaced = await tx
    .updateTable("auditHeads")
    .set(head)
    .where("tenantId", "=", before.tenantId)
    .where("jws", "=", before.jws)
    .executeTakeFirst();
  return replaced.numUpdatedRows === 1n;
}

type Filters = Pick<AuditPage, "actorId" | "subjectType" | "subjectId" | "sinceMs" | "untilMs">;

function ofTenant(db: Database, tenantId: string, filters: Filters) {
  const { actorId, subjectType, subjectId, sinceMs, untilMs } = filters;
  return db
    .selectFrom("auditEvents")
    .selectAll()
    .where("tenantId", "=", tenantId)
    .$if(actorId !== undefined, (query) => query.where("actorId", "=", actorId!))
    .$if(subjectType !== undefined, (query) => query.where("subjectType", "=", subjectType!))
    .$if(subjectId !== undefined, (query) => query.where("subjectId", "=", subjectId!))
    .$if(sinceMs !== undefined, (query) => query.where("atMs", ">=", sinceMs!))
    .$if(untilMs !== undefined, (query) => query.where("atMs", "<", untilMs!));
}
