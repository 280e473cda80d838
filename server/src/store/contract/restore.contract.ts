import assert from "node:assert/strict";
import { describe } from "node:test";
import { nextId, sampleAudit, sampleUser } from "./records.contract.ts";
import { insertingUser, starting } from "./sessions.contract.ts";
import { countAudit, twinTest, type OpenStore } from "./twins.contract.ts";

export function restoreContract(open: OpenStore): void {
  describe("after a backup was restored", () => {
    const test = twinTest(open, async (store, { tenantId }) => {
      const user = sampleUser(tenantId);
      await store.insertUser(insertingUser(user));
      await store.insertSession(starting(user));
    });

    test(
      "jumps ahead, and goes on from there",
      async ({ store, other }) => {
        const head = await store.head();
        await store.recoverFromBackup({ by: 1_000, audits: [] });
        assert.equal(await other.head(), head + 1_000);
        assert.deepEqual(await other.listChanges(head, 10), []);
      },
      "all tenants",
    );

    test(
      "ends what can be used once, and all tokens, in every tenant (J5)",
      async (world) => {
        const { store, other, query, ours, theirs } = world;
        const tenants = [ours.tenantId, theirs.tenantId];
        const code = { kind: "reset", digest: nextId("digest"), expiresAtMs: 9_000 };
        await store.insertSingleUse({ ...code, tenantId: ours.tenantId, payload: "{}" });
        const user = sampleUser(ours.tenantId);
        await store.insertUser(insertingUser(user));
        const { session, ...start } = starting(user);
        await store.insertSession({ session, ...start });
        const head = await store.head();
        const audits = tenants.map((tenantId) => sampleAudit(tenantId));
        assert.equal(await store.recoverFromBackup({ by: 1_000, audits }), "written");
        assert.equal(await other.findSession(session.digest), undefined);
        assert.equal(await other.consumeSingleUse({ ...code, atMs: 1_000 }), undefined);
        for (const table of ["sessions", "single_uses", "recovery_codes"]) {
          assert.deepEqual(await query(`select * from ${table}`), []);
        }
        const revoked = await other.listRevocations(head, 0);
        assert.deepEqual(
          revoked.map(({ position, subjectType, subjectId, dropped }) => [
            position > head + 1_000,
            subjectType,
            subjectId,
            dropped,
          ]),
          tenants.map((tenantId) => [true, "tenant", tenantId, undefined]),
        );
        for (const audit of audits) assert.equal(await countAudit(query, audit), 1);
      },
      "all tenants",
    );
  });
}
