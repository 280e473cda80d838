import assert from "node:assert/strict";
import { describe } from "node:test";
import type { UserRecord } from "../records.ts";
import type { SessionRecord, Store } from "../store.ts";
import { nextId, sampleAudit, sampleUser } from "./records.contract.ts";
import { assertChangesNothing, countAudit, twinTest, type OpenStore } from "./twins.contract.ts";

export function sessionContract(open: OpenStore): void {
  describe("passwords and sessions", () => {
    const test = twinTest(open, async (store, { tenantId }) => {
      const user = sampleUser(tenantId, { username: "same", email: "Same@Example.com" });
      await store.insertUser(insertingUser(user));
      await store.insertSession(starting(user));
    });

    test("finds who is meant by a username or an e-mail, in its tenant", async (world) => {
      const { store, other, ours } = world;
      const find = async (login: string) =>
        (await other.listUsersByLogin(ours.tenantId, login)).map(({ username }) => username);
      assert.deepEqual(await find("same"), ["same"]);
      assert.deepEqual(await find("SAME"), []);
      assert.deepEqual(await find("same@EXAMPLE.com"), ["same"]);
      const named = sampleUser(ours.tenantId, {
        username: "same@example.com",
        createdAtMs: 9_000,
      });
      await store.insertUser(insertingUser(named));
      assert.deepEqual(await find("same@example.com"), ["same@example.com", "same"]);
      assert.deepEqual(await find("nobody"), []);
    });

    test("keeps a session under its digest until it is ended", async (world) => {
      const { store, other, query, ours } = world;
      const user = await insertUser(store, ours.tenantId);
      const start = starting(user, { methods: ["password", "totp"] });
      assert.equal(await store.insertSession(start), "written");
      assert.equal(await countAudit(query, start.audit), 1);
      const { session } = start;
      assert.deepEqual(await other.findSession(session.digest), session);
      assert.deepEqual(await other.listSessions(ours.tenantId, user.id, 1), [session]);
      const { expiresAtMs } = session;
      assert.deepEqual(await other.listSessions(ours.tenantId, user.id, expiresAtMs), []);
      await store.touchSession({ tenantId: ours.tenantId, id: session.id, atMs: 7_000 });
      await store.touchSession({ tenantId: ours.tenantId, id: session.id, atMs: 6_000 });
      assert.equal((await other.findSession(session.digest))?.lastUsedAtMs, 7_000);
      const end = ending(user, { id: session.id });
      assert.equal(await store.endSessions(end), "written");
      assert.equal(await other.findSession(session.digest), undefined);
      await assertChangesNothing(world, async () => {
        const again = { ...end, audit: sampleAudit(ours.tenantId) };
        assert.equal(await store.endSessions(again), "conflict");
      });
    });

    test("starts none for who is disabled, gone, or has another password (C15)", async (world) => {
      const { store, ours, theirs } = world;
      const user = await insertUser(store, ours.tenantId);
      const code = await insertCode(store, user);
      assert.equal(await store.setPassword(setting(user, "hash", { code })), "written");
      const off = sampleUser(ours.tenantId, { enabled: false });
      await store.insertUser(insertingUser(off));
      await assertChangesNothing(world, async () => {
        const refused = [
          starting(off),
          starting({ ...user, id: "usr_x" }),
          starting({ ...user, tenantId: theirs.tenantId }),
          { ...starting(user), passwordHash: "other" },
        ];
        for (const one of refused) assert.equal(await store.insertSession(one), "conflict");
      });
      const right = { ...starting(user), passwordHash: "hash" };
      assert.equal(await store.insertSession(right), "written");
    });

    test("takes the place of one session, and keeps so many at most", async (world) => {
      const { store, other, ours } = world;
      const user = await insertUser(store, ours.tenantId);
      const digests: string[] = [];
      for (let index = 0; index < 4; index += 1) {
        const start = starting(user, { createdAtMs: 10_000 + index });
        const endsDigest = index === 1 ? digests[0] : undefined;
        await store.insertSession({ ...start, endsDigest, sessionsMax: 2 });
        digests.push(start.session.digest);
      }
      const left = await other.listSessions(ours.tenantId, user.id, 1);
      assert.deepEqual(
        left.map(({ digest }) => digest),
        [digests[3], digests[2]],
      );
    });

    test("gives one of two a confirmed session, under a new digest", async (world) => {
      const { store, other, ours } = world;
      const user = await insertUser(store, ours.tenantId);
      const { session } = await insertSession(store, user);
      const confirm = () => ({
        tenantId: ours.tenantId,
        id: session.id,
        fromDigest: session.digest,
        digest: nextId("digest"),
        methods: ["password"],
        atMs: 9_000,
        audit: sampleAudit(ours.tenantId),
      });
      const tries = [confirm(), confirm()];
      const outcomes = await Promise.all([
        store.confirmSession(tries[0]!),
        other.confirmSession(tries[1]!),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      assert.equal(await store.findSession(session.digest), undefined);
      const { digest } = tries[outcomes.indexOf("written")]!;
      assert.equal((await other.findSession(digest))?.confirmedAtMs, 9_000);
    });

    test("spends a code for a password once, and ends all sessions but one", async (world) => {
      const { store, other, ours } = world;
      const user = await insertUser(store, ours.tenantId);
      const [kept, ended] = [await insertSession(store, user), await insertSession(store, user)];
      const code = await insertCode(store, user);
      const found = await other.findUserByCode({ ...code, atMs: 1 });
      assert.deepEqual(found?.user, user);
      assert.equal(await other.findUserByCode({ ...code, atMs: 1e15 }), undefined);
      const set = { ...setting(user, "h", { code }), exceptSessionId: kept.session.id };
      const again = { ...setting(user, "i", { code }) };
      const outcomes = await Promise.all([store.setPassword(set), other.setPassword(again)]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      assert.equal(await other.findSession(ended.session.digest), undefined);
      const hash = outcomes[0] === "written" ? "h" : "i";
      assert.equal((await other.findPassword(user.id))?.hash, hash);
    });

    test("changes a password from the one that was checked, and takes tokens back", async (world) => {
      const { store, other, ours, theirs } = world;
      const user = await insertUser(store, ours.tenantId);
      const stranger = await insertUser(store, ours.tenantId);
      const code = await insertCode(store, user);
      await assertChangesNothing(world, async () => {
        const wrong = [
          setting(stranger, "x", { code }),
          setting({ ...user, tenantId: theirs.tenantId }, "x", { code }),
          setting(user, "x", { beforeHash: "" }),
          {
            ...setting(user, "x", { code }),
            password: { ...passwordOf(user, "x"), setAtMs: 1e15 },
          },
        ];
        for (const one of wrong) assert.equal(await store.setPassword(one), "conflict");
      });
      await store.setPassword(setting(user, "first", { code }));
      const before = await store.head();
      assert.equal(
        await store.setPassword(setting(user, "second", { beforeHash: "first" })),
        "written",
      );
      const [revocation] = await other.listRevocations(before, 0);
      assert.deepEqual([revocation?.subjectType, revocation?.subjectId], ["person", user.id]);
      assert.equal(
        await store.setPassword(setting(user, "third", { beforeHash: "first" })),
        "conflict",
      );
      assert.equal((await other.findPassword(user.id))?.hash, "second");
    });

    test("forgets sessions with who is disabled, reset or deleted (C15)", async (world) => {
      const { store, other, ours, query } = world;
      const acts: ((user: UserRecord) => Promise<unknown>)[] = [
        (user) =>
          store.updateUser({
            user: { ...user, enabled: false, version: 2 },
            bindings: [],
            revocations: [],
            audit: sampleAudit(ours.tenantId),
          }),
        ({ tenantId, id: userId }) =>
          store.replaceUserCode({
            tenantId,
            userId,
            code: { kind: "user_code", digest: nextId("code"), expiresAtMs: 1e15 },
            revocations: [],
            audit: sampleAudit(tenantId),
          }),
        ({ tenantId, id, version }) =>
          store.deleteUser({ tenantId, id, version, audit: sampleAudit(tenantId) }),
      ];
      for (const [index, act] of acts.entries()) {
        const user = await insertUser(store, ours.tenantId);
        const code = await insertCode(store, user);
        await store.setPassword(setting(user, "hash", { code }));
        const { session } = await insertSession(store, user);
        assert.equal(await act(user), "written");
        assert.equal(await other.findSession(session.digest), undefined);
        const passwords = await query(`select hash from passwords where user_id = '${user.id}'`);
        assert.equal(passwords.length, index === 0 ? 1 : 0);
      }
    });

    test(
      "sweeps sessions that have expired",
      async ({ store, other, ours }) => {
        const user = await insertUser(store, ours.tenantId);
        const { session: old } = await insertSession(store, user, { expiresAtMs: 6_000 });
        const { session: young } = await insertSession(store, user);
        const never = {
          changesBeforeMs: 0,
          tombstonesBeforeMs: 0,
          gapsBeforeMs: 0,
          permissionUsesBeforeMs: 0,
        };
        await store.sweep({ atMs: 6_000, ...never });
        assert.equal(await other.findSession(old.digest), undefined);
        assert.ok(await other.findSession(young.digest));
      },
      "all tenants",
    );
  });
}

export const insertingUser = (user: UserRecord) => ({
  user,
  bindings: [],
  code: { kind: "user_code", digest: nextId("code"), expiresAtMs: 1e15 },
  idempotency: undefined,
  audit: sampleAudit(user.tenantId),
});

export async function insertUser(store: Store, tenantId: string): Promise<UserRecord> {
  const user = sampleUser(tenantId);
  assert.deepEqual(await store.insertUser(insertingUser(user)), { outcome: "inserted" });
  return user;
}

async function insertCode(store: Store, { tenantId, id }: UserRecord) {
  const code = { kind: "user_code", digest: nextId("code") };
  await store.insertSingleUse({ ...code, tenantId, payload: id, expiresAtMs: 1e15 });
  return code;
}

export const starting = ({ tenantId, id }: UserRecord, own: Partial<SessionRecord> = {}) => ({
  session: {
    id: nextId("ses"),
    tenantId,
    userId: id,
    digest: nextId("digest"),
    methods: ["password"],
    createdAtMs: 5_000,
    confirmedAtMs: 5_000,
    lastUsedAtMs: 5_000,
    expiresAtMs: 1e15,
    address: "192.0.2.1",
    userAgent: "curl/8",
    ...own,
  },
  passwordHash: undefined,
  endsDigest: undefined,
  sessionsMax: 50,
  audit: sampleAudit(tenantId),
});

export async function insertSession(
  store: Store,
  user: UserRecord,
  own: Partial<SessionRecord> = {},
) {
  const start = starting(user, own);
  assert.equal(await store.insertSession(start), "written");
  return start;
}

const ending = ({ tenantId, id }: UserRecord, which: { id: string } | { exceptId: string }) => ({
  tenantId,
  userId: id,
  which,
  audit: sampleAudit(tenantId),
});

const passwordOf = ({ tenantId, id }: UserRecord, hash: string) => ({
  userId: id,
  tenantId,
  hash,
  setAtMs: 5_000,
});

const setting = (
  user: UserRecord,
  hash: string,
  proof: { code: { kind: string; digest: string } } | { beforeHash: string },
) => ({
  password: passwordOf(user, hash),
  proof,
  exceptSessionId: undefined,
  revocations: [{ subjectType: "person" as const, subjectId: user.id, dropped: undefined }],
  audit: sampleAudit(user.tenantId),
});
