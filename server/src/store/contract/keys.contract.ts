import assert from "node:assert/strict";
import { describe } from "node:test";
import type { SigningKeyRecord, SigningKeyStage } from "../records.ts";
import type { Store } from "../store.ts";
import { nextId, sampleAudit, sampleSigningKey, sampleTenant } from "./records.contract.ts";
import {
  assertChangesNothing,
  countAudit,
  twinTest,
  type OpenStore,
  type Twin,
} from "./twins.contract.ts";

export function keyContract(open: OpenStore): void {
  describe("keys", () => {
    const test = twinTest(open, insertCurrent);

    test("keeps signing keys by tenant, oldest first", async ({ store, other, ours, theirs }) => {
      const [current] = await store.listSigningKeys(ours.tenantId);
      const next = sampleSigningKey(ours.tenantId);
      const rsa = sampleSigningKey(ours.tenantId, { algorithm: "RS256", stage: "current" });
      assert.equal(await store.insertSigningKeys({ keys: [next, rsa] }), "written");
      assert.deepEqual(await other.listSigningKeys(ours.tenantId), [current, next, rsa]);
      assert.equal((await other.listSigningKeys(theirs.tenantId)).length, 1);
      assert.deepEqual(await other.listSigningKeys("tnt_unknown"), []);
    });

    for (const stage of ["next", "current"] as const) {
      test(`allows one ${stage} key for an algorithm, all or nothing`, async (world) => {
        const { store, ours } = world;
        if (stage === "next") {
          await store.insertSigningKeys({ keys: [sampleSigningKey(ours.tenantId)] });
        }
        await assertChangesNothing(world, async () => {
          const fine = sampleSigningKey(ours.tenantId, { algorithm: "RS256", stage });
          const second = sampleSigningKey(ours.tenantId, { stage });
          assert.equal(await store.insertSigningKeys({ keys: [fine, second] }), "conflict");
        });
      });
    }

    test("lets one of two processes make the next key", async ({ store, other, ours }) => {
      const outcomes = await Promise.all(
        [store, other].map((one) =>
          one.insertSigningKeys({ keys: [sampleSigningKey(ours.tenantId)] }),
        ),
      );
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
    });

    test("moves all keys of a rotation in one step", async ({ store, other, ours }) => {
      const { current, next } = await insertNext(store, ours);
      const fresh = sampleSigningKey(ours.tenantId);
      const moves = [move(current, "previous"), move(next, "current")];
      const rotation = { tenantId: ours.tenantId, moves, inserts: [fresh], atMs: 7_000 };
      assert.equal(await store.moveSigningKeys(rotation), "written");
      assert.deepEqual(await other.listSigningKeys(ours.tenantId), [
        { ...current, stage: "previous", stageSinceMs: 7_000 },
        { ...next, stage: "current", stageSinceMs: 7_000 },
        fresh,
      ]);
    });

    test("moves nothing when one key is elsewhere by now", async (world) => {
      const { store, ours, theirs } = world;
      const { current, next } = await insertNext(store, ours);
      const [foreign] = await store.listSigningKeys(theirs.tenantId);
      const refused = [
        [move(current, "previous"), { ...move(next, "current"), from: "previous" as const }],
        [move(current, "previous"), { ...move(next, "current"), id: "kid_unknown" }],
        [move(current, "previous"), move(foreign!, "previous")],
        [move(next, "current")],
      ];
      await assertChangesNothing(world, async () => {
        for (const moves of refused) {
          const rotation = { tenantId: ours.tenantId, moves, inserts: [], atMs: 7_000 };
          assert.equal(await store.moveSigningKeys(rotation), "conflict");
        }
        const inserts = [sampleSigningKey(ours.tenantId)];
        const moves = [move(current, "previous")];
        const rotation = { tenantId: ours.tenantId, moves, inserts, atMs: 7_000 };
        assert.equal(await store.moveSigningKeys(rotation), "conflict");
      });
    });

    test("lets one of two rotations win", async ({ store, other, ours }) => {
      const { current, next } = await insertNext(store, ours);
      const moves = [move(current, "previous"), move(next, "current")];
      const outcomes = await Promise.all(
        [store, other].map((one) =>
          one.moveSigningKeys({
            tenantId: ours.tenantId,
            moves,
            inserts: [sampleSigningKey(ours.tenantId)],
            atMs: 7_000,
          }),
        ),
      );
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      const stages = (await store.listSigningKeys(ours.tenantId)).map(({ stage }) => stage);
      assert.deepEqual(stages, ["previous", "current", "next"]);
    });

    test("rotates two algorithms at once without waiting in a circle", async (world) => {
      const { store, other, ours } = world;
      const both = ["A", "B"].map((algorithm) => [
        sampleSigningKey(ours.tenantId, { algorithm, stage: "current" }),
        sampleSigningKey(ours.tenantId, { algorithm }),
      ]);
      await store.insertSigningKeys({ keys: both.flat() });
      const outcomes = await Promise.all(
        both.map(([current, next], index) =>
          [store, other][index]!.moveSigningKeys({
            tenantId: ours.tenantId,
            moves: [move(current!, "previous"), move(next!, "current")],
            inserts: [],
            atMs: 7_000,
          }),
        ),
      );
      assert.deepEqual(outcomes, ["written", "written"]);
    });

    test("forgets the private key of a retired key", async ({ store, query, ours }) => {
      const [current] = await store.listSigningKeys(ours.tenantId);
      const moves = [move(current!, "retired")];
      const rotation = { tenantId: ours.tenantId, moves, inserts: [], atMs: 7_000 };
      assert.equal(await store.moveSigningKeys(rotation), "written");
      assert.deepEqual(await store.listSigningKeys(ours.tenantId), []);
      const id = current!.id;
      const [row] = await query(`select sealed_private_key from signing_keys where id = '${id}'`);
      assert.equal(row?.["sealed_private_key"], null);
    });

    test("remembers what was done by hand, and what it takes back", async (world) => {
      const { store, other, query, ours } = world;
      const { tenantId } = ours;
      const { current, next } = await insertNext(store, ours);
      const removal = (id: string) => ({
        tenantId,
        moves: [move({ ...current, id }, "retired"), move(next, "current")],
        inserts: [],
        atMs: 7_000,
        act: {
          audits: [sampleAudit(tenantId)],
          revocations: [{ subjectType: "key" as const, subjectId: id, dropped: undefined }],
        },
      });
      await assertChangesNothing(world, async () => {
        assert.equal(await store.moveSigningKeys(removal("kid_unknown")), "conflict");
      });
      const removed = removal(current.id);
      const before = await store.head();
      assert.equal(await store.moveSigningKeys(removed), "written");
      assert.equal(await countAudit(query, removed.act.audits[0]!), 1);
      const [revocation] = await other.listRevocations(before, 7_000);
      assert.deepEqual([revocation?.subjectType, revocation?.subjectId], ["key", current.id]);
      assert.equal(revocation?.position, await other.head(), "behind the changes it belongs to");
    });

    test("keeps data keys, and wraps each anew once", async ({ store, other, ours }) => {
      const { dataKey } = sampleTenant();
      const fresh = { ...dataKey, tenantId: ours.tenantId, createdAtMs: 2_000 };
      assert.equal(await store.insertDataKey({ dataKey: fresh }), "written");
      assert.equal(await store.insertDataKey({ dataKey: fresh }), "conflict");
      const rewrap = { id: fresh.id, fromMasterKeyId: "mk_1", masterKeyId: "mk_2" };
      const outcomes = await Promise.all([
        store.rewrapDataKey({ ...rewrap, wrappedKey: "again" }),
        other.rewrapDataKey({ ...rewrap, wrappedKey: "again" }),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      const unknown = { ...rewrap, id: nextId("dk"), wrappedKey: "again" };
      assert.equal(await store.rewrapDataKey(unknown), "conflict");
      const kept = (await store.listDataKeys()).filter(
        ({ tenantId }) => tenantId === ours.tenantId,
      );
      assert.equal(kept.length, 2);
      assert.deepEqual(kept[1], { ...fresh, masterKeyId: "mk_2", wrappedKey: "again" });
    });
  });
}

async function insertCurrent(store: Store, { tenantId }: Twin): Promise<void> {
  const current = sampleSigningKey(tenantId, { stage: "current" });
  assert.equal(await store.insertSigningKeys({ keys: [current] }), "written");
}

async function insertNext(store: Store, { tenantId }: Twin) {
  const [current] = await store.listSigningKeys(tenantId);
  const next = sampleSigningKey(tenantId);
  assert.equal(await store.insertSigningKeys({ keys: [next] }), "written");
  return { current: current!, next };
}

const move = ({ id, stage }: SigningKeyRecord, to: SigningKeyStage) => ({ id, from: stage, to });
