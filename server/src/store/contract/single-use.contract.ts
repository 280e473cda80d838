import assert from "node:assert/strict";
import { describe } from "node:test";
import { nextId } from "./records.contract.ts";
import { twinTest, type OpenStore, type Twin } from "./twins.contract.ts";

export function singleUseContract(open: OpenStore): void {
  describe("what can happen once", () => {
    const test = twinTest(open, async (store, twin) => {
      await store.insertSingleUse(sampleCode(twin));
    });

    test("gives the payload to the first who asks", async ({ store, other, ours }) => {
      const code = sampleCode(ours);
      assert.equal(await store.insertSingleUse(code), "written");
      const payload = { tenantId: ours.tenantId, payload: "payload" };
      assert.deepEqual(await other.consumeSingleUse(consuming(code)), payload);
      assert.equal(await store.consumeSingleUse(consuming(code)), undefined);
    });

    test("gives each payload to one of two who ask at once", async ({ store, other, ours }) => {
      for (let round = 0; round < 50; round += 1) {
        const code = sampleCode(ours);
        await store.insertSingleUse(code);
        const found = await Promise.all([
          store.consumeSingleUse(consuming(code)),
          other.consumeSingleUse(consuming(code)),
        ]);
        assert.equal(found.filter((one) => one !== undefined).length, 1);
      }
    });

    test("refuses a digest that is there already, whoever's it is", async (world) => {
      const { store, ours, theirs } = world;
      const code = sampleCode(ours);
      await store.insertSingleUse(code);
      assert.equal(await store.insertSingleUse({ ...code, payload: "other" }), "conflict");
      const stolen = { ...code, tenantId: theirs.tenantId, payload: "other" };
      assert.equal(await store.insertSingleUse(stolen), "conflict");
      assert.equal((await store.consumeSingleUse(consuming(code)))?.payload, "payload");
    });

    test("never mixes kinds", async ({ store, ours }) => {
      const code = sampleCode(ours);
      await store.insertSingleUse(code);
      await store.insertSingleUse({ ...code, kind: "jti", payload: "jti" });
      assert.equal(await store.consumeSingleUse(consuming({ ...code, kind: "link" })), undefined);
      const jti = await store.consumeSingleUse(consuming({ ...code, kind: "jti" }));
      assert.equal(jti?.payload, "jti");
      assert.equal((await store.consumeSingleUse(consuming(code)))?.payload, "payload");
    });

    test("gives nothing from the moment of expiry on", async ({ store, ours }) => {
      const code = { ...sampleCode(ours), expiresAtMs: 100 };
      await store.insertSingleUse(code);
      assert.equal(await store.consumeSingleUse({ ...consuming(code), atMs: 100 }), undefined);
      assert.ok(await store.consumeSingleUse({ ...consuming(code), atMs: 99 }));
    });

    test("clears one kind of one tenant", async ({ store, ours }) => {
      const [code, jti] = [sampleCode(ours), { ...sampleCode(ours), kind: "jti" }];
      for (const one of [code, jti]) await store.insertSingleUse(one);
      const cleared = await store.clearSingleUse({ tenantId: ours.tenantId, kind: "code" });
      assert.equal(cleared, "written");
      assert.equal(await store.consumeSingleUse(consuming(code)), undefined);
      assert.ok(await store.consumeSingleUse(consuming(jti)));
    });
  });
}

const sampleCode = ({ tenantId }: Twin) => ({
  tenantId,
  kind: "code",
  digest: nextId("digest"),
  payload: "payload",
  expiresAtMs: 10_000,
});

const consuming = ({ kind, digest }: { kind: string; digest: string }) => ({
  kind,
  digest,
  atMs: 5_000,
});
