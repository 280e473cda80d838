import assert from "node:assert/strict";
import { describe } from "node:test";
import { sampleTenant, nextId } from "./records.contract.ts";
import { assertChangesNothing, twinTest, type OpenStore } from "./twins.contract.ts";

export function tenantContract(open: OpenStore): void {
  describe("tenants and APIs", () => {
    const test = twinTest(open);

    test("keeps what a tenant was made with", async ({ store, other }) => {
      const made = sampleTenant();
      made.tenant.keepsSecrets = false;
      assert.equal(await store.insertTenant(made), "written");
      assert.deepEqual(await other.findTenant(made.tenant.id), made.tenant);
      assert.deepEqual(await other.listApis(made.tenant.id), [made.api]);
      assert.deepEqual(
        (await other.listDataKeys()).filter(({ tenantId }) => tenantId === made.tenant.id),
        [made.dataKey],
      );
    });

    test("refuses a second tenant, API or data key of the same id", async (world) => {
      const { store, ours } = world;
      const [api] = await store.listApis(ours.tenantId);
      const dataKey = (await store.listDataKeys()).find((key) => key.tenantId === ours.tenantId);
      const fresh = sampleTenant();
      await assertChangesNothing(world, async () => {
        const sameTenant = { ...fresh.tenant, id: ours.tenantId };
        assert.equal(await store.insertTenant({ ...fresh, tenant: sameTenant }), "conflict");
        const sameApi = { ...fresh.api, id: api!.id };
        assert.equal(await store.insertTenant({ ...fresh, api: sameApi }), "conflict");
        const sameKey = { ...fresh.dataKey, id: dataKey!.id };
        assert.equal(await store.insertTenant({ ...fresh, dataKey: sameKey }), "conflict");
      });
      assert.equal(await store.findTenant(fresh.tenant.id), undefined);
    });

    test("makes one tenant when two processes make the same at once", async ({ store, other }) => {
      const made = sampleTenant();
      const outcomes = await Promise.all(
        [store, other].map((one) =>
          one.insertTenant({
            tenant: made.tenant,
            api: { ...made.api, id: nextId("api") },
            dataKey: { ...made.dataKey, id: nextId("dk") },
          }),
        ),
      );
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      assert.equal((await store.listApis(made.tenant.id)).length, 1);
    });

    test("lists tenants from the oldest on, which is the first", async ({ store }) => {
      const listed = await store.listTenants();
      const times = listed.map(({ createdAtMs }) => createdAtMs);
      assert.deepEqual(
        times,
        times.toSorted((one, two) => one - two),
      );
      assert.deepEqual(await store.findFirstTenant(), listed[0]);
      assert.equal(await store.findTenant("tnt_unknown"), undefined);
      assert.deepEqual(await store.listApis("tnt_unknown"), []);
    });

    test("moves an API's audience within its tenant only", async (world) => {
      const { store, other, ours, theirs } = world;
      const [api] = await store.listApis(ours.tenantId);
      const { tenantId } = ours;
      const audience = "https://new.example.com";
      const atMs = 1_000;
      await assertChangesNothing(world, async () => {
        const moves = [
          { tenantId: theirs.tenantId, id: api!.id, audience, atMs },
          { tenantId, id: "api_unknown", audience, atMs },
          { tenantId, id: api!.id, audience: api!.audience, atMs },
        ];
        for (const move of moves) assert.equal(await store.updateAudience(move), "conflict");
      });
      assert.equal(
        await store.updateAudience({ tenantId, id: api!.id, audience, atMs }),
        "written",
      );
      assert.deepEqual(await other.listApis(tenantId), [{ ...api, audience }]);
    });
  });
}
