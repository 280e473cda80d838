import assert from "node:assert/strict";
import { describe } from "node:test";
import { nextId, sampleApi, sampleAudit, sampleIdempotency } from "./records.contract.ts";
import { assertChangesNothing, countAudit, twinTest, type OpenStore } from "./twins.contract.ts";

const apisMax = 4;

export function apiContract(open: OpenStore): void {
  describe("APIs", () => {
    const test = twinTest(open, async (store, { tenantId }) => {
      const api = sampleApi(tenantId, { audience: "https://twin.example.com" });
      const audit = sampleAudit(tenantId);
      const insert = { api, apisMax, idempotency: undefined, audit };
      assert.deepEqual(await store.insertApi(insert), { outcome: "inserted" });
    });

    test("keeps an API with all that it is, and finds it by its id", async (world) => {
      const { store, other, query, ours } = world;
      const { tenantId } = ours;
      const api = sampleApi(tenantId, {
        permissions: [{ name: "invoices:read", description: "See invoices" }],
        openapiUrl: "https://example.com/openapi.json",
        isOffered: true,
        verifierDigest: "digest",
        verifierHint: "abcd",
        verifierSinceMs: 5,
        previousVerifierDigest: "before",
        previousVerifierUntilMs: 6,
        externalId: "invoices-7",
        labels: { team: "billing" },
      });
      const audit = sampleAudit(tenantId);
      const insert = { api, apisMax, idempotency: undefined, audit };
      assert.deepEqual(await store.insertApi(insert), { outcome: "inserted" });
      assert.deepEqual(await other.findApi(api.id), api);
      assert.ok((await other.listApis(tenantId)).some(({ id }) => id === api.id));
      assert.equal(await countAudit(query, audit), 1);
      assert.equal(await store.findApi("api_unknown"), undefined);
    });

    test("has an audience once in a tenant, also when two come at once", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const insert = (at: typeof store, audience: string) =>
        at.insertApi({
          api: sampleApi(tenantId, { audience }),
          apisMax,
          idempotency: undefined,
          audit: sampleAudit(tenantId),
        });
      await assertChangesNothing(world, async () => {
        const taken = await insert(store, "https://twin.example.com");
        assert.deepEqual(taken, { outcome: "audience_taken" });
      });
      const outcomes = await Promise.all(
        [store, other].map((at) => insert(at, "https://race.example.com")),
      );
      const names = outcomes.map(({ outcome }) => outcome);
      assert.deepEqual(names.toSorted(), ["audience_taken", "inserted"]);
    });

    test("refuses one more than a tenant may have", async (world) => {
      const { store, ours } = world;
      const { tenantId } = ours;
      const insert = () =>
        store.insertApi({
          api: sampleApi(tenantId),
          apisMax,
          idempotency: undefined,
          audit: sampleAudit(tenantId),
        });
      for (let made = 2; made < apisMax; made += 1) await insert();
      await assertChangesNothing(world, async () => {
        assert.deepEqual(await insert(), { outcome: "too_many" });
      });
    });

    test("does once what is asked twice with one key, and keeps an external id once", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const api = sampleApi(tenantId, { externalId: "one" });
      const idempotency = sampleIdempotency(tenantId, api.id);
      const insert = (one: typeof api, own: Partial<Parameters<typeof store.insertApi>[0]>) =>
        store.insertApi({
          api: one,
          apisMax,
          idempotency: undefined,
          audit: sampleAudit(tenantId),
          ...own,
        });
      assert.deepEqual(await insert(api, { idempotency }), { outcome: "inserted" });
      const [, second] = await store.listApis(tenantId);
      await assertChangesNothing(world, async () => {
        const repeated = await insert(sampleApi(tenantId), { idempotency });
        assert.deepEqual(repeated, {
          outcome: "repeated",
          requestDigest: idempotency.requestDigest,
          subjectId: api.id,
        });
        const own = { idempotency: { ...idempotency, key: "another" } };
        const taken = await insert(sampleApi(tenantId, { externalId: "one" }), own);
        assert.deepEqual(taken, { outcome: "external_id_taken" });
        const changed = { ...second!, externalId: "one", version: 2 };
        const update = { api: changed, revocations: [], audit: sampleAudit(tenantId) };
        assert.equal(await other.updateApi(update), "external_id_taken");
      });
    });

    test("changes the version that was read, and takes back what left it", async (world) => {
      const { store, other, query, ours } = world;
      const { tenantId } = ours;
      const [, before] = await store.listApis(tenantId);
      const api = { ...before!, name: "New", version: 2 };
      const dropped = ["invoices:send"];
      const revocations = [{ subjectType: "api" as const, subjectId: api.audience, dropped }];
      const audit = sampleAudit(tenantId);
      const head = await store.head();
      assert.equal(await store.updateApi({ api, revocations, audit }), "written");
      assert.deepEqual(await other.findApi(api.id), api);
      assert.equal(await countAudit(query, audit), 1);
      const changes = await other.listChanges(head, 10);
      assert.deepEqual(
        changes.map(({ kind, subjectId }) => [kind, subjectId]),
        [
          ["api", api.id],
          ["revocation", api.audience],
        ],
      );
      const [revocation] = await other.listRevocations(head, 0);
      assert.deepEqual(revocation?.dropped, dropped);
      await assertChangesNothing(world, async () => {
        for (const wrong of [api, { ...api, version: 3, id: nextId("api") }]) {
          const update = { api: wrong, revocations, audit: sampleAudit(tenantId) };
          assert.equal(await store.updateApi(update), "conflict");
        }
      });
    });

    test("deletes within its tenant, and never the default API", async (world) => {
      const { store, other, ours, theirs } = world;
      const { tenantId } = ours;
      const [ownDefault, api] = await store.listApis(tenantId);
      const remove = (wanted: NonNullable<typeof api>) =>
        store.deleteApi({ api: wanted, revocations: [], audit: sampleAudit(tenantId) });
      await assertChangesNothing(world, async () => {
        assert.equal(await remove(ownDefault!), "conflict");
        assert.equal(await remove({ ...api!, tenantId: theirs.tenantId }), "conflict");
        assert.equal(await remove({ ...api!, version: 7 }), "conflict");
      });
      assert.equal(await remove(api!), "written");
      assert.equal(await other.findApi(api!.id), undefined);
      assert.equal(await remove(api!), "conflict");
    });
  });
}
