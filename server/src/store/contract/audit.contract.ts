import assert from "node:assert/strict";
import { describe } from "node:test";
import { sampleAudit } from "./records.contract.ts";
import { countAudit, twinTest, type OpenStore } from "./twins.contract.ts";

/** That each act's audit row comes and goes with it is proven where the act is. */
export function auditContract(open: OpenStore): void {
  describe("audit", () => {
    const test = twinTest(open);

    test("keeps what happened, word for word", async ({ store, query, ours }) => {
      const audit = sampleAudit(ours.tenantId, { before: "{}", after: '{"name":"Ü"}' });
      assert.equal(await store.insertAudit({ audit }), "written");
      const [row] = await query(`select * from audit_events where id = '${audit.id}'`);
      assert.deepEqual(
        { ...row },
        {
          id: audit.id,
          tenant_id: audit.tenantId,
          at_ms: audit.atMs,
          actor_type: audit.actorType,
          actor_id: audit.actorId,
          action: audit.action,
          subject_type: audit.subjectType,
          subject_id: audit.subjectId,
          before: audit.before,
          after: audit.after,
          request_id: audit.requestId,
          source_address: audit.sourceAddress,
          sequence: null,
          hash: null,
        },
      );
    });

    test("keeps an event once", async ({ store, query, ours }) => {
      const audit = sampleAudit(ours.tenantId, { sourceAddress: undefined });
      assert.equal(await store.insertAudit({ audit }), "written");
      assert.equal(await store.insertAudit({ audit }), "conflict");
      assert.equal(await countAudit(query, audit), 1);
    });
  });
}
