import assert from "node:assert/strict";
import { describe } from "node:test";
import type { UserRecord } from "../records.ts";
import type { FactorRecord, UsedChallenge } from "../store.ts";
import { nextId, sampleAudit } from "./records.contract.ts";
import { insertSession, insertUser } from "./sessions.contract.ts";
import { assertChangesNothing, countAudit, twinTest, type OpenStore } from "./twins.contract.ts";

export function factorContract(open: OpenStore): void {
  describe("second factors", () => {
    const test = twinTest(open, async (store, { tenantId }) => {
      const user = await insertUser(store, tenantId);
      await store.insertFactor(adding(user, { id: nextId("fct") }));
    });

    test("keeps factors, with recovery codes for the first one", async (world) => {
      const { store, other, query, ours } = world;
      const user = await insertUser(store, ours.tenantId);
      const first = adding(user);
      assert.equal(await store.insertFactor(first), "written");
      assert.equal(await countAudit(query, first.audit), 1);
      const second = { ...adding(user, { createdAtMs: 9_000 }), recoveryDigests: [] };
      assert.equal(await store.insertFactor(second), "written");
      const listed = await other.listFactors(ours.tenantId, user.id);
      assert.deepEqual(listed, [first.factor, second.factor]);
      assert.equal(await other.countRecoveryCodes(ours.tenantId, user.id), 2);
      await assertChangesNothing(world, async () => {
        assert.equal(await store.insertFactor(adding(user)), "conflict", "codes come once");
        const more = { ...adding(user), recoveryDigests: [], factorsMax: 2 };
        assert.equal(await store.insertFactor(more), "conflict", "too many");
        const nobody = adding({ ...user, id: "usr_x" });
        assert.equal(await store.insertFactor(nobody), "conflict");
      });
    });

    test("gives one of two the first place", async ({ store, other, ours }) => {
      const user = await insertUser(store, ours.tenantId);
      const outcomes = await Promise.all([
        store.insertFactor(adding(user)),
        other.insertFactor(adding(user)),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      assert.equal(await store.countRecoveryCodes(ours.tenantId, user.id), 2);
    });

    test("spends a step once, and none before it", async (world) => {
      const { store, other, ours, theirs } = world;
      const { tenantId } = ours;
      const user = await insertUser(store, tenantId);
      const { factor } = adding(user, { lastStep: undefined });
      await store.insertFactor({ ...adding(user), factor });
      const spend = { tenantId, id: factor.id, step: 100, atMs: 6_000 };
      const elsewhere = { ...spend, tenantId: theirs.tenantId };
      assert.equal(await store.spendTotpStep(elsewhere), "conflict");
      const outcomes = await Promise.all([store.spendTotpStep(spend), other.spendTotpStep(spend)]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      assert.equal(await store.spendTotpStep({ ...spend, step: 99 }), "conflict");
      assert.equal(await store.spendTotpStep({ ...spend, step: 101 }), "written");
      const [used] = await other.listFactors(tenantId, user.id);
      assert.deepEqual([used?.lastStep, used?.lastUsedAtMs], [101, 6_000]);
    });

    test("spends a recovery code once, of its person, until there are new ones", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const [user, stranger] = [
        await insertUser(store, tenantId),
        await insertUser(store, tenantId),
      ];
      const add = adding(user);
      await store.insertFactor(add);
      const spend = (userId: string, digest: string) => ({
        tenantId,
        userId,
        digest,
        audit: sampleAudit(tenantId),
      });
      const [one, two] = add.recoveryDigests;
      await assertChangesNothing(world, async () => {
        assert.equal(await store.spendRecoveryCode(spend(stranger.id, one!)), "conflict");
        assert.equal(await store.spendRecoveryCode(spend(user.id, "x")), "conflict");
      });
      const outcomes = await Promise.all([
        store.spendRecoveryCode(spend(user.id, one!)),
        other.spendRecoveryCode(spend(user.id, one!)),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      const audit = sampleAudit(tenantId);
      const digests = [nextId("digest")];
      const renew = { tenantId, userId: user.id, digests, audit };
      assert.equal(await store.replaceRecoveryCodes(renew), "written");
      assert.equal(await store.spendRecoveryCode(spend(user.id, two!)), "conflict");
      assert.equal(await other.spendRecoveryCode(spend(user.id, digests[0]!)), "written");
    });

    test("uses a passkey for each challenge once, and notes a counter that did not go up", async (world) => {
      const { store, other, ours, theirs, query } = world;
      const { tenantId } = ours;
      const user = await insertUser(store, tenantId);
      const add = passkeyOf(user);
      const { id } = add.factor;
      assert.equal(await store.insertFactor(add), "written");
      const credentialId = add.factor.credentialId!;
      assert.deepEqual(await other.findPasskey(tenantId, credentialId), add.factor);
      assert.equal(await other.findPasskey(theirs.tenantId, credentialId), undefined);
      const again = passkeyOf(user, { challenge: add.challenge, recoveryDigests: [] });
      await assertChangesNothing(world, async () => {
        assert.equal(await store.insertFactor(again), "conflict", "the challenge was used");
      });
      const use = (signCount: number, own: Partial<UsedChallenge> = {}) => ({
        tenantId,
        id,
        challenge: { digest: nextId("challenge"), expiresAtMs: 9_000, ...own },
        signCount,
        atMs: 7_000,
        auditBehind: sampleAudit(tenantId),
      });
      const one = use(5);
      const outcomes = await Promise.all([store.usePasskey(one), other.usePasskey(one)]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      for (const count of [5, 4, 0]) {
        const behind = use(count);
        assert.equal(await store.usePasskey(behind), "counter_behind");
        assert.equal(await countAudit(query, behind.auditBehind), 1);
      }
      assert.equal(await store.usePasskey(use(6)), "written");
      assert.equal(await store.usePasskey({ ...use(7), id: "fct_x" }), "conflict");
      const [used] = await other.listFactors(tenantId, user.id);
      assert.deepEqual([used?.signCount, used?.lastUsedAtMs], [6, 7_000]);
    });

    test("takes all factors of a person away at once, with codes and sessions", async (world) => {
      const { store, other, ours, query } = world;
      const { tenantId } = ours;
      const user = await insertUser(store, tenantId);
      await store.insertFactor(adding(user));
      await store.insertFactor(passkeyOf(user, { recoveryDigests: [] }));
      await insertSession(store, user);
      const removal = { tenantId, userId: user.id, audit: sampleAudit(tenantId) };
      assert.equal(await store.deleteFactors(removal), "written");
      assert.equal(await countAudit(query, removal.audit), 1);
      assert.deepEqual(await other.listFactors(tenantId, user.id), []);
      assert.equal(await other.countRecoveryCodes(tenantId, user.id), 0);
      assert.deepEqual(await other.listSessions(tenantId, user.id, 0), []);
      await assertChangesNothing(world, async () => {
        const second = { ...removal, audit: sampleAudit(tenantId) };
        assert.equal(await store.deleteFactors(second), "conflict");
      });
    });

    test("forgets recovery codes with the last factor, and all with the person", async (world) => {
      const { store, other, ours, query } = world;
      const { tenantId } = ours;
      const user = await insertUser(store, tenantId);
      const add = adding(user);
      await store.insertFactor(add);
      const remove = (id: string) => ({
        tenantId,
        userId: user.id,
        id,
        audit: sampleAudit(tenantId),
      });
      await assertChangesNothing(world, async () => {
        assert.equal(await store.deleteFactor(remove("fct_x")), "conflict");
      });
      assert.equal(await store.deleteFactor(remove(add.factor.id)), "written");
      assert.equal(await other.countRecoveryCodes(tenantId, user.id), 0);
      await store.insertFactor(adding(user));
      const { id, version } = user;
      await store.deleteUser({ tenantId, id, version, audit: sampleAudit(tenantId) });
      for (const table of ["factors", "recovery_codes"]) {
        const rows = await query(`select user_id from ${table} where user_id = '${id}'`);
        assert.deepEqual(rows, []);
      }
    });
  });
}

function adding({ tenantId, id }: UserRecord, own: Partial<FactorRecord> = {}) {
  const factor: FactorRecord = {
    id: nextId("fct"),
    tenantId,
    userId: id,
    kind: "totp",
    name: "phone",
    sealedSecret: "sealed",
    lastStep: 10,
    credentialId: undefined,
    publicKey: undefined,
    signCount: undefined,
    transports: [],
    createdAtMs: 5_000,
    lastUsedAtMs: undefined,
    ...own,
  };
  return {
    factor,
    challenge: undefined as UsedChallenge | undefined,
    factorsMax: 10,
    recoveryDigests: [nextId("code"), nextId("code")],
    audit: sampleAudit(tenantId),
  };
}

function passkeyOf(user: UserRecord, own: Partial<ReturnType<typeof adding>> = {}) {
  return {
    ...adding(user, {
      kind: "passkey",
      sealedSecret: undefined,
      lastStep: undefined,
      credentialId: nextId("credential"),
      publicKey: "key",
      signCount: 0,
      transports: ["internal"],
    }),
    challenge: { digest: nextId("challenge"), expiresAtMs: 9_000 },
    ...own,
  };
}
