import assert from "node:assert/strict";
import { describe } from "node:test";
import type { RoleBinding, UserRecord } from "../records.ts";
import type { UserCode, UserPage } from "../store.ts";
import { nextId, sampleApiKey, sampleAudit, sampleOwner, sampleUser } from "./records.contract.ts";
import { assertChangesNothing, countAudit, twinTest, type OpenStore } from "./twins.contract.ts";

export function userContract(open: OpenStore): void {
  describe("users", () => {
    const test = twinTest(open, async (store, { tenantId }) => {
      const user = sampleUser(tenantId, { username: "same", externalId: "same" });
      assert.deepEqual(await store.insertUser(inserting(user)), { outcome: "inserted" });
    });

    test("knows a user by id and, in its tenant, by username", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const user = sampleUser(ours.tenantId, { labels: { team: "a" }, description: "d" });
      const insert = inserting(user, [owner]);
      assert.deepEqual(await store.insertUser(insert), { outcome: "inserted" });
      assert.equal(await countAudit(query, insert.audit), 1);
      const known = { user, bindings: [owner] };
      assert.deepEqual(await other.findKnownUser(user.id), known);
      assert.deepEqual(await other.findUser(ours.tenantId, user.username), known);
      assert.equal(await other.findUser(theirs.tenantId, user.username), undefined);
      const one = await other.findUser(ours.tenantId, "same");
      const two = await other.findUser(theirs.tenantId, "same");
      assert.notEqual(one?.user.id, two?.user.id);
    });

    test("takes a username and an external id once in a tenant", async (world) => {
      const { store, ours } = world;
      const free = sampleUser(ours.tenantId);
      await store.insertUser(inserting(free));
      await assertChangesNothing(world, async () => {
        const named = sampleUser(ours.tenantId, { username: "same" });
        const refused = await store.insertUser(inserting(named));
        assert.deepEqual(refused, { outcome: "username_taken" });
        const marked = sampleUser(ours.tenantId, { externalId: "same" });
        const taken = await store.insertUser(inserting(marked));
        assert.deepEqual(taken, { outcome: "external_id_taken" });
        const change = updating({ ...free, externalId: "same", version: 2 });
        assert.equal(await store.updateUser(change), "external_id_taken");
      });
    });

    test("lists in order, by corpus and external id", async ({ store, other, ours }) => {
      const { tenantId } = ours;
      const made: UserRecord[] = [];
      for (let index = 0; index < 4; index += 1) {
        const user = sampleUser(tenantId, { createdAtMs: 4_000 });
        made.push(user);
        await store.insertUser(inserting(user, index < 2 ? [onDocs] : []));
      }
      const inOrder = made.toSorted((one, two) => (one.id < two.id ? -1 : 1));
      const ids = async (own: Partial<UserPage>) =>
        (await other.listUsers(tenantId, page(own))).map(({ user }) => user.id);
      const all = await ids({});
      assert.deepEqual(
        all.slice(1),
        inOrder.map(({ id }) => id),
      );
      const { createdAtMs, id } = inOrder[0]!;
      assert.deepEqual(await ids({ after: { createdAtMs, id }, limit: 2 }), all.slice(2, 4));
      const members = new Set([made[0]!.id, made[1]!.id]);
      assert.deepEqual(new Set(await ids({ corpusKey: "docs" })), members);
      assert.deepEqual(await ids({ externalId: "same" }), all.slice(0, 1));
    });

    test("changes only the version that was read, of the tenant", async (world) => {
      const { store, other, ours, theirs } = world;
      const user = sampleUser(ours.tenantId);
      await store.insertUser(inserting(user));
      const after = { ...user, email: "new@example.com", enabled: false, version: 2 };
      await assertChangesNothing(world, async () => {
        for (const wrong of [{ version: 3 }, { id: "usr_x" }, { tenantId: theirs.tenantId }]) {
          assert.equal(await store.updateUser(updating({ ...after, ...wrong })), "conflict");
        }
      });
      const outcomes = await Promise.all(
        [store, other].map((one) => one.updateUser(updating(after, [onDocs]))),
      );
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      assert.deepEqual(await other.findKnownUser(user.id), { user: after, bindings: [onDocs] });
    });

    test("keeps the last enabled owner, of two who go together too", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const first = sampleOwner(tenantId);
      await store.insertOwner(first);
      const { user } = first;
      const gone = { ...user, version: 2 };
      await assertChangesNothing(world, async () => {
        const disabled = updating({ ...gone, enabled: false }, [owner]);
        assert.equal(await store.updateUser(disabled), "last_owner");
        assert.equal(await store.updateUser(updating(gone, [])), "last_owner");
        assert.equal(await store.deleteUser(deleting(user)), "last_owner");
      });
      const second = sampleUser(tenantId);
      await store.insertUser(inserting(second, [owner]));
      const outcomes = await Promise.all([
        store.deleteUser(deleting(user)),
        other.updateUser(updating({ ...second, version: 2 }, [])),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["last_owner", "written"]);
    });

    test("deletes a user with personal keys and codes, and voids what they earned", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const { tenantId } = ours;
      const user = sampleUser(tenantId);
      const insert = inserting(user, [onDocs]);
      await store.insertUser(insert);
      const audit = sampleAudit(tenantId);
      const bindings: RoleBinding[] = [];
      const personal = sampleApiKey(tenantId, { ownerId: user.id });
      const serving = sampleApiKey(tenantId, { ownerId: user.id, kind: "serving" });
      for (const apiKey of [personal, serving]) {
        const own = { ...audit, id: nextId("evt") };
        await store.insertApiKey({ apiKey, bindings, idempotency: undefined, audit: own });
      }
      await assertChangesNothing(world, async () => {
        assert.equal(await store.deleteUser(deleting({ ...user, version: 2 })), "conflict");
        const { tenantId: elsewhere } = theirs;
        assert.equal(
          await store.deleteUser(deleting({ ...user, tenantId: elsewhere })),
          "conflict",
        );
      });
      const before = await store.head();
      assert.equal(await store.deleteUser(deleting(user)), "written");
      assert.equal(await other.findKnownUser(user.id), undefined);
      assert.equal(await other.findKnownApiKey(personal.id), undefined);
      assert.ok(await other.findKnownApiKey(serving.id), "it has roles of its own");
      assert.equal(await other.consumeSingleUse({ ...insert.code, atMs: 1 }), undefined);
      const left = await query(`select role from role_bindings where principal_id = '${user.id}'`);
      assert.deepEqual(left, []);
      const [revocation] = await other.listRevocations(before, 0);
      assert.deepEqual([revocation?.subjectType, revocation?.subjectId], ["person", user.id]);
    });

    test("gives out one code at a time", async ({ store, other, ours, theirs }) => {
      const { tenantId } = ours;
      const user = sampleUser(tenantId);
      const { code: first, ...rest } = inserting(user);
      await store.insertUser({ ...rest, code: first });
      const replacing = (own: object) => ({
        tenantId,
        userId: user.id,
        code: sampleCode(),
        revocations: [],
        audit: sampleAudit(tenantId),
        ...own,
      });
      assert.equal(await store.replaceUserCode(replacing({ userId: "usr_x" })), "conflict");
      const elsewhere = { tenantId: theirs.tenantId };
      assert.equal(await store.replaceUserCode(replacing(elsewhere)), "conflict");
      const second = replacing({});
      assert.equal(await store.replaceUserCode(second), "written");
      assert.equal(await other.consumeSingleUse({ ...first, atMs: 1 }), undefined);
      const spent = await other.consumeSingleUse({ ...second.code, atMs: 1 });
      assert.deepEqual(spent, { tenantId, payload: user.id });
    });
  });
}

const owner: RoleBinding = { role: "owner", resourceType: "account", resourceId: "*" };
const onDocs: RoleBinding = { role: "viewer", resourceType: "corpus", resourceId: "docs" };

const sampleCode = (): UserCode => ({
  kind: "user_code",
  digest: nextId("code"),
  expiresAtMs: 1e15,
});

const inserting = (user: UserRecord, bindings: RoleBinding[] = []) => ({
  user,
  bindings,
  code: sampleCode(),
  idempotency: undefined,
  audit: sampleAudit(user.tenantId),
});

const updating = (user: UserRecord, bindings: RoleBinding[] = []) => ({
  user,
  bindings,
  revocations: [],
  audit: sampleAudit(user.tenantId),
});

const deleting = ({ tenantId, id, version }: UserRecord) => ({
  tenantId,
  id,
  version,
  audit: sampleAudit(tenantId),
});

const page = (own: Partial<UserPage>): UserPage => ({
  after: undefined,
  corpusKey: undefined,
  externalId: undefined,
  limit: 100,
  ...own,
});
