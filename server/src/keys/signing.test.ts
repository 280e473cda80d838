import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, mock, test } from "node:test";
import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import { createLocalJWKSet, jwtVerify } from "jose";
import { sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { followChanges, type Feed } from "../store/feed.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import { StoreUnavailable, type KeyStore, type Store } from "../store/store.ts";
import { system } from "../system.ts";
import { scheduleOf } from "./rotation.ts";
import { createDataKey, openSealer } from "./sealing.ts";
import { createSigningKeys, type SigningKeys } from "./signing.ts";

const algorithms: SigningAlgorithm[] = ["ES256", "RS256", "EdDSA"];
const masterKey = { id: "master", key: system.randomBytes(32) };
const schedule = scheduleOf(90, 86_400);
const dayMs = 86_400_000;

/** One of two processes that share a store. */
interface Process {
  keys: SigningKeys;
  feed: Feed;
  store: Store;
}

describe("signing keys", () => {
  let file: ReturnType<typeof temporaryFile>;
  let stores: Store[];
  let tenantId: string;
  let nowMs: number;
  let one: Process;
  let other: Process;

  before(async () => {
    file = temporaryFile();
    stores = [await openSqlite(file.path), await openSqlite(file.path)];
  });

  after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    file.remove();
  });

  beforeEach(async () => {
    mock.timers.enable({ apis: ["setInterval"] });
    nowMs = 1_700_000_000_000;
    const sample = sampleTenant();
    tenantId = sample.tenant.id;
    const dataKey = createDataKey(system, masterKey, tenantId);
    await stores[0]!.insertTenant({ ...sample, dataKey });
    [one, other] = [await start(stores[0]!), await start(stores[1]!)];
  });

  afterEach(() => mock.timers.reset());

  async function start(store: Store, keyStore: KeyStore = store): Promise<Process> {
    const sealer = await openSealer(system, [masterKey], store);
    const feed = await followChanges(store, system);
    const clock = { ...system, now: () => nowMs };
    const keys = createSigningKeys({ system: clock, store: keyStore, feed, sealer, schedule });
    return { keys, feed, store };
  }

  /** A JWS as the token endpoint would write it, and what a verifier makes of it. */
  async function signWith({ keys }: Process, algorithm: SigningAlgorithm): Promise<string> {
    const key = await keys.current(tenantId, algorithm);
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const input = `${encode({ alg: algorithm, kid: key.id })}.${encode({ sub: "someone" })}`;
    return `${input}.${key.sign(input)}`;
  }

  async function verifyWith({ keys }: Process, token: string): Promise<string | undefined> {
    const published = await keys.publicSet(tenantId);
    const { payload } = await jwtVerify(token, createLocalJWKSet(published));
    return payload.sub;
  }

  const stagesIn = async ({ store }: Process) =>
    (await store.listSigningKeys(tenantId)).map(({ stage }) => stage);

  for (const algorithm of algorithms) {
    test(`sign ${algorithm} so that another library verifies it, in every process`, async () => {
      assert.equal(await one.keys.rotate(tenantId, algorithm, "schedule"), true);
      for (const signer of [one, other]) {
        for (let round = 0; round < 20; round += 1) {
          const token = await signWith(signer, algorithm);
          assert.equal(await verifyWith(one, token), "someone");
          assert.equal(await verifyWith(other, token), "someone");
        }
      }
    });

    test(`verify ${algorithm} themselves, and nothing that was altered`, async () => {
      await one.keys.rotate(tenantId, algorithm, "schedule");
      const [header, payload, signature] = (await signWith(one, algorithm)).split(".");
      const bytes = Buffer.from(signature!, "base64url");
      const key = await other.keys.current(tenantId, algorithm);
      assert.ok(key.verify(`${header}.${payload}`, bytes));
      assert.ok(!key.verify(`${header}.${payload}A`, bytes));
      for (const wrong of [Buffer.alloc(bytes.length), bytes.subarray(1), Buffer.alloc(0)]) {
        assert.equal(key.verify(`${header}.${payload}`, wrong), false);
      }
      bytes[bytes.length - 1]! ^= 1;
      assert.equal(key.verify(`${header}.${payload}`, bytes), false);
    });
  }

  test("publish nothing that is secret", async () => {
    for (const algorithm of algorithms) await one.keys.rotate(tenantId, algorithm, "schedule");
    const { keys } = await one.keys.publicSet(tenantId);
    assert.equal(keys.length, 2 * algorithms.length);
    const names = new Set(keys.flatMap((key) => Object.keys(key)));
    for (const name of ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]) assert.ok(!names.has(name));
    for (const key of keys) assert.equal(key.use, "sig");
    assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length);
  });

  test("are the tenant's own: another has neither keys nor verifies", async () => {
    await one.keys.rotate(tenantId, "ES256", "schedule");
    const { id } = await one.keys.current(tenantId, "ES256");
    assert.equal((await one.keys.find(tenantId, id))?.id, id);
    assert.equal(await one.keys.find("tnt_other", id), undefined);
    assert.deepEqual(await one.keys.publicSet("tnt_other"), { keys: [] });
  });

  test("say clearly that no key signs", async () => {
    await one.keys.rotate(tenantId, "ES256", "schedule");
    const current = async (algorithm: SigningAlgorithm) => one.keys.current(tenantId, algorithm);
    await assert.rejects(current("RS256"), /no RS256 key signs/);
    await current("ES256");
    await assert.rejects(current("RS256"), /no RS256 key signs/);
    assert.equal(await one.keys.find(tenantId, "unknown"), undefined);
  });

  test("are made once and moved once by two processes that come at once", async () => {
    const rotateBoth = async (reason: "schedule" | "now") => {
      const both = [one, other].map(({ keys }) => keys.rotate(tenantId, "ES256", reason));
      return (await Promise.all(both)).filter((isRotated) => isRotated).length;
    };
    assert.equal(await rotateBoth("schedule"), 1);
    assert.deepEqual((await stagesIn(one)).toSorted(), ["current", "next"]);
    nowMs += dayMs;
    assert.equal(await rotateBoth("now"), 1);
    assert.deepEqual((await stagesIn(one)).toSorted(), ["current", "next", "previous"]);
    const ids = await Promise.all(
      [one, other].map(async ({ keys }) => (await keys.current(tenantId, "ES256")).id),
    );
    assert.equal(ids[0], ids[1]);
  });

  test("rotate without an old token being refused, until it has expired", async () => {
    await one.keys.rotate(tenantId, "ES256", "schedule");
    const early = await signWith(one, "ES256");
    nowMs += 90 * dayMs;
    assert.equal(await one.keys.rotate(tenantId, "ES256", "schedule"), true);
    const late = await signWith(one, "ES256");
    await other.feed.catchUp();
    for (const token of [early, late]) assert.equal(await verifyWith(other, token), "someone");
    nowMs += schedule.keepPublishedMs - 1;
    assert.equal(await one.keys.rotate(tenantId, "ES256", "schedule"), false);
    nowMs += 1;
    assert.equal(await one.keys.rotate(tenantId, "ES256", "schedule"), true);
    await other.feed.catchUp();
    await assert.rejects(verifyWith(other, early), { code: "ERR_JWKS_NO_MATCHING_KEY" });
    assert.equal(await verifyWith(other, late), "someone");
  });

  test("sign with the key that is current everywhere, once the change has come", async () => {
    await one.keys.rotate(tenantId, "ES256", "schedule");
    const before = await other.keys.current(tenantId, "ES256");
    nowMs += dayMs;
    await one.keys.rotate(tenantId, "ES256", "now");
    await other.feed.catchUp();
    const after = await other.keys.current(tenantId, "ES256");
    assert.notEqual(after.id, before.id);
    assert.equal(after.id, (await one.keys.current(tenantId, "ES256")).id);
  });

  describe("while the store does not answer", () => {
    test("go on signing, and move nothing", async () => {
      other = await start(await openSqlite(file.path));
      await one.keys.rotate(tenantId, "ES256", "schedule");
      const before = await signWith(other, "ES256");
      nowMs += dayMs;
      await one.keys.rotate(tenantId, "ES256", "now");
      // It knows that its keys are old, and can no longer ask.
      await other.feed.catchUp();
      await other.store.close();
      const during = await signWith(other, "ES256");
      for (const token of [before, during]) assert.equal(await verifyWith(one, token), "someone");
      await assert.rejects(other.keys.rotate(tenantId, "ES256", "now"));
    });

    test("say so when they were never loaded", async () => {
      const outage = { isDown: true };
      const { keys } = await start(other.store, failing(other.store, outage));
      await one.keys.rotate(tenantId, "ES256", "schedule");
      const current = async () => keys.current(tenantId, "ES256");
      await assert.rejects(current(), StoreUnavailable);
      await assert.rejects(keys.publicSet(tenantId), StoreUnavailable);
      await assert.rejects(keys.find(tenantId, "any"), StoreUnavailable);
      outage.isDown = false;
      assert.equal((await current()).stage, "current");
    });

    test("are loaded anew when it answers again", async () => {
      const outage = { isDown: false };
      const third = await start(other.store, failing(other.store, outage));
      await one.keys.rotate(tenantId, "ES256", "schedule");
      const old = await third.keys.current(tenantId, "ES256");
      nowMs += dayMs;
      await one.keys.rotate(tenantId, "ES256", "now");
      await third.feed.catchUp();
      outage.isDown = true;
      assert.equal((await third.keys.current(tenantId, "ES256")).id, old.id);
      outage.isDown = false;
      assert.notEqual((await third.keys.current(tenantId, "ES256")).id, old.id);
    });
  });

  test("are not set back by an older answer that comes late", async () => {
    await one.keys.rotate(tenantId, "ES256", "schedule");
    const gate = Promise.withResolvers<void>();
    let isHeld = true;
    const slow: KeyStore = {
      ...other.store,
      async listSigningKeys(id) {
        const listed = await other.store.listSigningKeys(id);
        if (isHeld) await gate.promise;
        return listed;
      },
    };
    const third = await start(other.store, slow);
    const early = third.keys.publicSet(tenantId);
    nowMs += dayMs;
    await one.keys.rotate(tenantId, "ES256", "now");
    await third.feed.catchUp();
    isHeld = false;
    const { id } = await third.keys.current(tenantId, "ES256");
    gate.resolve();
    await early;
    assert.equal((await third.keys.current(tenantId, "ES256")).id, id);
    assert.equal(id, (await one.keys.current(tenantId, "ES256")).id);
  });
});

const failing = (store: Store, outage: { isDown: boolean }): KeyStore => ({
  ...store,
  listSigningKeys: (tenantId) =>
    outage.isDown ? Promise.reject(new StoreUnavailable("down")) : store.listSigningKeys(tenantId),
});
