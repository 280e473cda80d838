import assert from "node:assert/strict";
import { describe } from "node:test";
import type { AuditHeadRecord, AuditRecord } from "../records.ts";
import type { AuditPage } from "../store.ts";
import { nextId, sampleAudit } from "./records.contract.ts";
import {
  assertChangesNothing,
  countAudit,
  twinTest,
  type OpenStore,
  type World,
} from "./twins.contract.ts";

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

    test("lists newest first, page by page, and only what is asked for", async (world) => {
      const { store, ours } = world;
      const { tenantId } = ours;
      const since = { ...anything, sinceMs: 10_000 };
      const list = async (page: Partial<AuditPage>) =>
        (await store.listAudit(tenantId, { ...since, ...page })).map(({ id }) => id);
      const [one, two, three] = await insertAll(world, [
        { atMs: 10_000, action: "a_b.made", actorId: "usr_7" },
        { atMs: 10_000, action: "axb.made", subjectType: "role" },
        { atMs: 12_000, action: "a_b.gone", subjectId: "app_7" },
      ]);
      const [later, earlier] = one!.id > two!.id ? [one!, two!] : [two!, one!];
      assert.deepEqual(await list({}), [three!.id, later.id, earlier.id]);
      assert.deepEqual(await list({ limit: 1 }), [three!.id]);
      assert.deepEqual(await list({ after: { atMs: 12_000, id: three!.id }, limit: 1 }), [
        later.id,
      ]);
      assert.deepEqual(await list({ after: { atMs: 10_000, id: later.id } }), [earlier.id]);
      assert.deepEqual(await list({ untilMs: 12_000 }), [later.id, earlier.id]);
      assert.deepEqual(await list({ sinceMs: 10_001 }), [three!.id]);
      assert.deepEqual(await list({ actorId: "usr_7" }), [one!.id]);
      assert.deepEqual(await list({ subjectType: "role" }), [two!.id]);
      assert.deepEqual(await list({ subjectId: "app_7" }), [three!.id]);
      assert.deepEqual(await list({ action: { text: "axb.made", isPrefix: false } }), [two!.id]);
      assert.deepEqual(await list({ action: { text: "a_b.", isPrefix: true } }), [
        three!.id,
        one!.id,
      ]);
    });

    test("seals events and moves the head in one act, or does nothing", async (world) => {
      const { store, other, query, ours } = world;
      const { tenantId } = ours;
      const waiting = (await store.listUnsealedAudit(1_000, [])).filter(
        (event) => event.tenantId === tenantId,
      );
      const links = waiting.map(({ id }, index) => ({
        id,
        sequence: index + 1,
        hash: `h${index}`,
      }));
      const first = sampleHead(tenantId, { sequence: links.length });
      const seal = { before: undefined, head: first, sealed: links };
      await assertChangesNothing(world, async () => {
        const unknown = { id: "nobody", sequence: 9, hash: "h9" };
        const half = { ...seal, sealed: [...links, unknown] };
        assert.equal(await store.moveAuditHead(half), "conflict");
      });
      const both = await Promise.all([store.moveAuditHead(seal), other.moveAuditHead(seal)]);
      assert.deepEqual(both.toSorted(), ["conflict", "written"]);
      assert.deepEqual(await store.findAuditHead(tenantId), first);
      const [again] = await insertAll(world, [{}]);
      const next = sampleHead(tenantId, { sequence: links.length + 1, jws: "second" });
      const moved = {
        head: next,
        sealed: [{ id: again!.id, sequence: links.length + 1, hash: "n" }],
      };
      await assertChangesNothing(world, async () => {
        assert.equal(await store.moveAuditHead({ ...moved, before: undefined }), "conflict");
        assert.equal(await store.moveAuditHead({ ...moved, before: next }), "conflict");
        const resealed = { before: first, head: next, sealed: [{ ...links[0]!, sequence: 77 }] };
        assert.equal(await store.moveAuditHead(resealed), "conflict");
      });
      assert.equal(await store.moveAuditHead({ ...moved, before: first }), "written");
      const sealed = await store.listSealedAudit(tenantId, 0, 1_000);
      assert.deepEqual(
        sealed.map(({ sequence }) => sequence),
        Array.from({ length: links.length + 1 }, (_, index) => index + 1),
      );
      const rows = await query(`select id from audit_events where tenant_id = '${tenantId}'`);
      assert.equal(rows.length, sealed.length);
    });

    test("removes what the head no longer vouches for, and nothing else", async (world) => {
      const { store, ours } = world;
      const { tenantId } = ours;
      const events = await insertAll(world, [{}, {}, {}]);
      const sealed = events.map(({ id }, index) => ({ id, sequence: index + 1, hash: "h" }));
      const head = sampleHead(tenantId, { sequence: 3 });
      await store.moveAuditHead({ before: undefined, head, sealed });
      const shorter = { ...head, removedSequence: 2, jws: "shorter" };
      await store.moveAuditHead({ before: head, head: shorter, sealed: [] });
      const left = await store.listSealedAudit(tenantId, 0, 10);
      assert.deepEqual(
        left.map(({ sequence }) => sequence),
        [3],
      );
      const unsealed = await store.listUnsealedAudit(10_000, []);
      assert.ok(unsealed.some((event) => event.tenantId === tenantId));
    });

    test("lists what is to be sealed of all customers but some, oldest first", async (world) => {
      const { store, ours, theirs } = world;
      const [event] = await insertAll(world, [{ atMs: 1 }]);
      const mine = await store.listUnsealedAudit(10_000, [theirs.tenantId]);
      assert.equal(
        mine.some(({ tenantId }) => tenantId === theirs.tenantId),
        false,
      );
      const [oldest] = mine.filter(({ tenantId }) => tenantId === ours.tenantId);
      assert.equal(oldest?.id, event!.id);
      const heads = await store.listAuditHeads();
      assert.equal(
        heads.some(({ tenantId }) => tenantId === ours.tenantId),
        false,
      );
    });
  });
}

const anything: AuditPage = {
  after: undefined,
  actorId: undefined,
  action: undefined,
  subjectType: undefined,
  subjectId: undefined,
  sinceMs: undefined,
  untilMs: undefined,
  limit: 100,
};

async function insertAll({ store, ours }: World, some: Partial<AuditRecord>[]) {
  const events = some.map((own) => sampleAudit(ours.tenantId, own));
  for (const audit of events) assert.equal(await store.insertAudit({ audit }), "written");
  return events;
}

const sampleHead = (tenantId: string, own: Partial<AuditHeadRecord>): AuditHeadRecord => ({
  tenantId,
  sequence: 1,
  hash: "hash",
  removedSequence: 0,
  removedHash: "start",
  keyId: "key",
  signedAtMs: 1,
  jws: nextId("jws"),
  mac: "mac",
  ...own,
});
