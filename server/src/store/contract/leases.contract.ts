import assert from "node:assert/strict";
import { describe } from "node:test";
import { nextId } from "./records.contract.ts";
import { twinTest, type OpenStore } from "./twins.contract.ts";

export function leaseContract(open: OpenStore): void {
  describe("leases", () => {
    const test = twinTest(open);

    test("goes to one of those who find nobody", async ({ store, other }) => {
      const name = nextId("job");
      assert.equal(await store.findLease(name), undefined);
      const outcomes = await Promise.all([
        store.takeLease({ name, holder: "a", seenBeat: 0 }),
        other.takeLease({ name, holder: "b", seenBeat: 0 }),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      const holder = outcomes[0] === "written" ? "a" : "b";
      assert.deepEqual(await store.findLease(name), { holder, beat: 1 });
    });

    test("is kept by beating, and lost to who saw the newest beat", async ({ store, other }) => {
      const name = nextId("job");
      await store.takeLease({ name, holder: "a", seenBeat: 0 });
      assert.equal(await store.takeLease({ name, holder: "a", seenBeat: 1 }), "written");
      assert.equal(await other.takeLease({ name, holder: "b", seenBeat: 1 }), "conflict");
      assert.deepEqual(await other.findLease(name), { holder: "a", beat: 2 });
      assert.equal(await other.takeLease({ name, holder: "b", seenBeat: 2 }), "written");
      assert.equal(await store.takeLease({ name, holder: "a", seenBeat: 2 }), "conflict");
      assert.deepEqual(await store.findLease(name), { holder: "b", beat: 3 });
    });

    test("goes to one of two who saw the same beat", async ({ store, other }) => {
      const name = nextId("job");
      await store.takeLease({ name, holder: "a", seenBeat: 0 });
      const outcomes = await Promise.all([
        store.takeLease({ name, holder: "b", seenBeat: 1 }),
        other.takeLease({ name, holder: "c", seenBeat: 1 }),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
    });

    test("is free at once after its holder released it, and nobody else", async (world) => {
      const { store, other } = world;
      const [name, another] = [nextId("job"), nextId("job")];
      for (const lease of [name, another]) {
        await store.takeLease({ name: lease, holder: "a", seenBeat: 0 });
      }
      await other.releaseLease({ name, holder: "b" });
      assert.deepEqual(await store.findLease(name), { holder: "a", beat: 1 });
      await store.releaseLease({ name, holder: "a" });
      assert.equal(await other.findLease(name), undefined);
      assert.equal(await other.takeLease({ name, holder: "b", seenBeat: 0 }), "written");
      assert.deepEqual(await other.findLease(another), { holder: "a", beat: 1 });
    });

    test("never shows a beat twice, so that a new holder is not taken for a dead one", async (world) => {
      const { store, other } = world;
      const name = nextId("job");
      await store.takeLease({ name, holder: "a", seenBeat: 0 });
      const seenLongAgo = (await other.findLease(name))!.beat;
      await store.releaseLease({ name, holder: "a" });
      assert.equal(await other.takeLease({ name, holder: "c", seenBeat: seenLongAgo }), "conflict");
      await store.takeLease({ name, holder: "b", seenBeat: 0 });
      const stolen = await other.takeLease({ name, holder: "c", seenBeat: seenLongAgo });
      assert.equal(stolen, "conflict");
      assert.equal((await store.findLease(name))?.holder, "b");
    });
  });
}
