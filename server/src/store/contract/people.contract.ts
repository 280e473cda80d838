import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Store } from "../store.ts";
import { nextId, sampleOwner, sampleTenant } from "./records.contract.ts";
import { assertChangesNothing, countAudit, twinTest, type OpenStore } from "./twins.contract.ts";

export function peopleContract(open: OpenStore): void {
  describe("people and API keys", () => {
    const test = twinTest(open);

    test("finds the owner, and knows the owner by the key", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const owner = sampleOwner(ours.tenantId);
      assert.equal(await store.findOwner(ours.tenantId), undefined);
      assert.equal(await store.insertOwner(owner), "written");
      assert.equal(await countAudit(query, owner.audit), 1);
      assert.deepEqual(await other.findOwner(ours.tenantId), owner.user);
      const { user, apiKey, bindings } = owner;
      assert.deepEqual(await other.findApiKeyByDigest("sha256", apiKey.digest), { id: apiKey.id });
      assert.deepEqual(await other.findKnownApiKey(apiKey.id), { apiKey, bindings: [] });
      assert.deepEqual(await other.findKnownUser(user.id), { user, bindings });
      assert.equal(await other.findApiKeyByDigest("bcrypt", apiKey.digest), undefined);
      assert.equal(await other.findApiKeyByDigest("sha256", "unknown"), undefined);
      assert.equal(await other.findOwner(theirs.tenantId), undefined);
    });

    test("lets one of two first owners in", async ({ store, other, query, ours }) => {
      const owners = [sampleOwner(ours.tenantId), sampleOwner(ours.tenantId)];
      const outcomes = await Promise.all([
        store.insertOwner(owners[0]!),
        other.insertOwner(owners[1]!),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      const winner = owners[outcomes.indexOf("written")]!;
      const loser = owners[outcomes.indexOf("conflict")]!;
      assert.deepEqual(await store.findOwner(ours.tenantId), winner.user);
      assert.equal(await store.findApiKeyByDigest("sha256", loser.apiKey.digest), undefined);
      assert.equal(await countAudit(query, loser.audit), 0);
    });

    test("spends the setup code once, however many bring it", async ({ store, other, ours }) => {
      const setupCode = await insertSetupCode(store, ours.tenantId);
      const owners = [0, 1, 2, 3].map(() => ({ ...sampleOwner(ours.tenantId), setupCode }));
      const outcomes = await Promise.all(
        owners.map((owner, index) => [store, other][index % 2]!.insertOwner(owner)),
      );
      const written = outcomes.filter((outcome) => outcome === "written");
      assert.equal(written.length, 1);
      assert.equal(await store.consumeSingleUse(setupCode), undefined);
    });

    test("keeps the setup code when its bearer is refused", async (world) => {
      const { store, query, ours } = world;
      const first = sampleOwner(ours.tenantId);
      assert.equal(await store.insertOwner(first), "written");
      const setupCode = await insertSetupCode(store, ours.tenantId);
      await assertChangesNothing(world, async () => {
        const late = { ...sampleOwner(ours.tenantId), setupCode };
        assert.equal(await store.insertOwner(late), "conflict");
        assert.equal(await countAudit(query, late.audit), 0);
      });
      assert.ok(await store.consumeSingleUse(setupCode));
    });

    test("refuses a setup code that is wrong, expired or another tenant's", async (world) => {
      const { store, ours } = world;
      const mine = await insertSetupCode(store, ours.tenantId);
      const elsewhere = await insertSetupCode(store, "tnt_elsewhere");
      const refused = [
        { ...mine, digest: "wrong" },
        { ...mine, kind: "code" },
        { ...mine, atMs: 1e15 },
        elsewhere,
      ];
      await assertChangesNothing(world, async () => {
        for (const setupCode of refused) {
          const owner = { ...sampleOwner(ours.tenantId), setupCode };
          assert.equal(await store.insertOwner(owner), "conflict");
        }
      });
      assert.ok(await store.consumeSingleUse(elsewhere));
      const setupCode = mine;
      assert.equal(
        await store.insertOwner({ ...sampleOwner(ours.tenantId), setupCode }),
        "written",
      );
    });

    test("refuses an API key that somebody has", async (world) => {
      const { store, ours } = world;
      const neighbour = sampleTenant();
      await store.insertTenant(neighbour);
      const theirOwner = sampleOwner(neighbour.tenant.id);
      assert.equal(await store.insertOwner(theirOwner), "written");
      await assertChangesNothing(world, async () => {
        const owner = sampleOwner(ours.tenantId);
        const apiKey = { ...owner.apiKey, digest: theirOwner.apiKey.digest };
        assert.equal(await store.insertOwner({ ...owner, apiKey }), "conflict");
      });
    });
  });
}

async function insertSetupCode(store: Store, tenantId: string) {
  const code = { kind: "setup_code", digest: nextId("digest") };
  await store.insertSingleUse({ ...code, tenantId, payload: "", expiresAtMs: 1e15 });
  return { ...code, atMs: 5_000 };
}
