import assert from "node:assert/strict";
import { describe } from "node:test";
import type { CredentialUse, UsageCount } from "../records.ts";
import type { UsageBatch } from "../store.ts";
import { nextId } from "./records.contract.ts";
import { twinTest, type OpenStore, type Twin } from "./twins.contract.ts";

const minute = 60_000;
const hour = 60 * minute;

export function usageContract(open: OpenStore): void {
  describe("usage", () => {
    const test = twinTest(open, async (store, twin) => {
      await store.insertUsage(batch({ counts: [counting(twin)] }));
    });

    test("adds counts up, over processes", async ({ store, other, ours }) => {
      const counts = [counting(ours, { count: 5 }), counting(ours, { outcome: "invalid_client" })];
      await Promise.all([store, other].map((one) => one.insertUsage(batch({ counts }))));
      const listed = await store.listUsage(ours.tenantId, minute, 0);
      assert.deepEqual(Object.fromEntries(listed.map(({ outcome, count }) => [outcome, count])), {
        issued: 11,
        invalid_client: 2,
      });
      assert.deepEqual(await store.listUsage(ours.tenantId, hour, 0), []);
      assert.deepEqual(await store.listUsage(ours.tenantId, minute, 1), []);
    });

    test("adds up without a deadlock when processes count in other orders", async (world) => {
      const { store, other, ours } = world;
      const names = Array.from({ length: 200 }, (_, index) => `client_${index}`);
      const counts = names.map((clientId) => counting(ours, { clientId }));
      const uses = names.map((credentialId) =>
        using(ours, { credentialId: ours.tenantId + credentialId }),
      );
      const forth = batch({ counts, uses });
      const back = batch({ counts: counts.toReversed(), uses: uses.toReversed() });
      for (let round = 0; round < 10; round += 1) {
        const both = [store.insertUsage(forth), other.insertUsage(back)];
        assert.deepEqual(await Promise.all(both), ["written", "written"]);
      }
      const listed = await store.listUsage(ours.tenantId, minute, 0);
      const added = listed.filter(({ clientId }) => names.includes(clientId));
      assert.deepEqual([...new Set(added.map(({ count }) => count))], [20]);
      assert.equal(added.length, names.length);
    });

    test("keeps the first use and moves the last one on", async ({ store, ours }) => {
      const reports = [
        using(ours, { firstUsedAtMs: 100, lastUsedAtMs: 200, address: "new", userAgent: "new" }),
        using(ours, { firstUsedAtMs: 50, lastUsedAtMs: 150, address: "late", userAgent: "late" }),
      ];
      for (const use of reports) await store.insertUsage(batch({ uses: [use] }));
      const [use] = await store.listCredentialUses(ours.tenantId, [ours.credential.id]);
      assert.deepEqual(use, { ...reports[0], firstUsedAtMs: 10 });
    });

    test("adds findings up and keeps when the first one was", async ({ store, ours }) => {
      const { tenantId, client } = ours;
      const finding = { tenantId, clientId: client.clientId, kind: "wrong_secret" };
      const seen = { origin: "here", count: 4, firstSeenAtMs: 50, lastSeenAtMs: 60 };
      await store.insertUsage(batch({ findings: [{ ...finding, ...seen }] }));
      assert.deepEqual(await store.listFindings(tenantId, [client.clientId]), [
        { ...finding, ...seen, count: 5, firstSeenAtMs: 1 },
      ]);
    });

    test(
      "rolls minutes up to hours, and adds to hours that are there",
      async ({ store, ours, theirs }) => {
        const at = (startMs: number, clientId = "a") => counting(ours, { startMs, clientId });
        const old = [at(minute), at(hour - minute), at(hour), at(hour, "b")];
        const kept = at(2 * hour);
        await store.insertUsage(batch({ counts: [...old, kept] }));
        const roll = { fromSpanMs: minute, toSpanMs: hour, beforeMs: 2 * hour };
        assert.equal(await store.rollUpUsage(roll), "written");
        await store.insertUsage(batch({ counts: [at(minute)] }));
        assert.equal(await store.rollUpUsage(roll), "written");
        const hours = await store.listUsage(ours.tenantId, hour, 0);
        assert.deepEqual(
          hours
            .filter(({ clientId }) => clientId !== ours.client.clientId)
            .map(({ startMs, clientId, count }) => `${startMs / hour} ${clientId} ${count}`)
            .toSorted(),
          ["0 a 3", "1 a 1", "1 b 1"],
        );
        assert.deepEqual(await store.listUsage(ours.tenantId, minute, 0), [kept]);
        const their = await store.listUsage(theirs.tenantId, hour, 0);
        assert.deepEqual(their, [counting(theirs, { spanMs: hour })]);
        await store.rollUpUsage({ fromSpanMs: hour, toSpanMs: undefined, beforeMs: hour });
        assert.equal((await store.listUsage(ours.tenantId, hour, 0)).length, 2);
        assert.deepEqual(await store.listUsage(theirs.tenantId, hour, 0), []);
      },
      "all tenants",
    );

    test("makes a gap of a process that fell silent, unless it said goodbye", async (world) => {
      const { store, other } = world;
      const [silent, gone, alive] = [nextId("prc"), nextId("prc"), nextId("prc")];
      for (const processId of [silent, gone]) {
        await store.insertUsage(batch({ processId, atMs: 1_000 }));
      }
      await store.insertUsage(batch({ processId: alive, atMs: 5_000 }));
      await store.endUsage({ processId: gone });
      for (const one of [store, other]) {
        await one.closeSilentProcesses({ silentSinceMs: 5_000, atMs: 9_000 });
      }
      assert.deepEqual(await store.listGaps(8_999), [{ fromMs: 1_000, untilMs: 9_000 }]);
      assert.deepEqual(await store.listGaps(9_000), []);
    });

    test("keeps a reported gap once, as long as it became", async ({ store }) => {
      const processId = nextId("prc");
      for (const untilMs of [21_000, 22_000]) {
        await store.insertUsage(batch({ processId, gaps: [{ fromMs: 20_000, untilMs }] }));
      }
      assert.deepEqual(await store.listGaps(20_000), [{ fromMs: 20_000, untilMs: 22_000 }]);
    });
  });
}

const batch = (own: Partial<UsageBatch>): UsageBatch => ({
  processId: "process",
  atMs: 1e15,
  counts: [],
  uses: [],
  findings: [],
  permissionUses: [],
  gaps: [],
  ...own,
});

const counting = ({ tenantId, client, credential }: Twin, own: Partial<UsageCount> = {}) => ({
  tenantId,
  clientId: client.clientId,
  credentialId: credential.id,
  outcome: "issued",
  spanMs: minute,
  startMs: 0,
  count: 1,
  ...own,
});

const using = ({ tenantId, credential }: Twin, own: Partial<CredentialUse>): CredentialUse => ({
  tenantId,
  credentialId: credential.id,
  firstUsedAtMs: 10,
  lastUsedAtMs: 20,
  address: "192.0.2.1",
  userAgent: "curl",
  ...own,
});
