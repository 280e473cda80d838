import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { after, before, beforeEach, describe, test } from "node:test";
import { sampleAudit, sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { system as realSystem } from "../system.ts";
import { chainStart, followsChain } from "./audit-chain.ts";
import { createAuditSealer, type AuditSealer, type HeadSigner } from "./audit-sealer.ts";

const silent = (): void => undefined;
const day = 86_400_000;

describe("the sealed audit log", () => {
  const file = temporaryFile();
  let store: Store;
  let other: Store;
  let database: DatabaseSync;
  let tenantId: string;
  let atMs: number;
  let keyId: string;
  const errors: unknown[] = [];
  const log = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (...said: unknown[]) => void errors.push(said),
  };
  const signer: HeadSigner = {
    issuerOf: () => "https://issuer.example.com",
    currentKeyId: async () => keyId,
    sign: async (_tenantId, claims) => ({
      keyId,
      jws: `${keyId}.${JSON.stringify(claims)}.${createHash("sha256").update(keyId).digest("hex")}`,
    }),
    macKeyOf: (tenantId) => createHmac("sha256", "key").update(tenantId).digest(),
  };
  const system = { ...realSystem, now: () => atMs };
  const sealerOn = (store: Store, keepMs = 1000 * day): AuditSealer =>
    createAuditSealer({ system, store, signer, log, keepMs });

  before(async () => {
    store = await openSqlite(file.path);
    other = await openSqlite(file.path);
    database = new DatabaseSync(file.path, { timeout: 5_000 });
  });
  after(async () => {
    database.close();
    await store.close();
    await other.close();
    file.remove();
  });
  beforeEach(async () => {
    // Tests share a database; what an earlier one left altered must not be in the way.
    database.exec("delete from audit_events; delete from audit_heads");
    const tenant = sampleTenant();
    tenantId = tenant.tenant.id;
    await store.insertTenant(tenant);
    atMs = 100 * day;
    keyId = "key_1";
    errors.length = 0;
  });

  const insert = (count: number, own: { atMs?: number } = {}) =>
    Promise.all(
      Array.from({ length: count }, () =>
        store.insertAudit({ audit: sampleAudit(tenantId, { after: '{"name":"Ü"}', ...own }) }),
      ),
    );
  const sealed = () => store.listSealedAudit(tenantId, 0, 10_000);
  const sequences = async () => (await sealed()).map(({ sequence }) => sequence);
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  test("numbers events without gaps, oldest first, each hash over the one before", async () => {
    await insert(2, { atMs: 9 });
    await insert(1, { atMs: 5 });
    const sealer = sealerOn(store);
    assert.equal(await sealer.seal(), false);
    await insert(1, { atMs: 1 });
    await sealer.seal();
    const events = await sealed();
    assert.deepEqual(
      events.map(({ atMs }) => atMs),
      [5, 9, 9, 1],
    );
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      [1, 2, 3, 4],
    );
    assert.ok(followsChain(chainStart(tenantId), events));
    const head = await store.findAuditHead(tenantId);
    assert.deepEqual([head?.sequence, head?.hash], [4, events.at(-1)?.hash]);
  });

  test("makes one chain of two processes that seal at once", async () => {
    await insert(500);
    const both = [sealerOn(store), sealerOn(other)];
    for (let round = 0; round < 8; round += 1) {
      await Promise.all(both.map((sealer) => sealer.seal()));
    }
    const events = await sealed();
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      upTo(500),
    );
    assert.ok(followsChain(chainStart(tenantId), events));
    assert.deepEqual(errors, []);
  });

  test("does not lose an event that is inserted while it seals", async () => {
    await insert(3);
    const sealer = createAuditSealer({
      system,
      store,
      log,
      keepMs: day,
      signer: {
        ...signer,
        // In the middle of sealing: read, but not written yet. Earlier by its time, later by its commit.
        async sign(tenantId, claims) {
          await store.insertAudit({ audit: sampleAudit(tenantId, { atMs: 1 }) });
          return signer.sign(tenantId, claims);
        },
      },
    });
    await sealer.seal();
    assert.deepEqual(await sequences(), [1, 2, 3]);
    await sealerOn(store).seal();
    const events = await sealed();
    assert.equal(events.length, 4);
    assert.ok(followsChain(chainStart(tenantId), events));
  });

  test("removes what is older than retention, and the rest still follows the signed head", async () => {
    await insert(700, { atMs: 10 * day });
    await insert(2, { atMs: 99 * day });
    const sealer = sealerOn(store, 30 * day);
    while (await sealer.seal());
    await sealer.tend();
    const head = (await store.findAuditHead(tenantId))!;
    const events = await sealed();
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      [701, 702],
    );
    assert.deepEqual([head.removedSequence, head.sequence], [700, 702]);
    assert.ok(followsChain({ sequence: 700, hash: head.removedHash }, events));
    assert.match(head.jws, /"begins_after":\{"sequence":700,/);
    atMs = 1_000 * day;
    await sealer.tend();
    assert.deepEqual(await sequences(), []);
    await insert(1);
    await sealer.seal();
    assert.deepEqual(await sequences(), [703]);
  });

  test("signs the head anew when another key signs", async () => {
    await insert(1);
    const sealer = sealerOn(store);
    await sealer.seal();
    const before = await store.findAuditHead(tenantId);
    await sealer.tend();
    assert.deepEqual(await store.findAuditHead(tenantId), before);
    keyId = "key_2";
    await sealer.tend();
    const head = await store.findAuditHead(tenantId);
    assert.equal(head?.keyId, "key_2");
    assert.equal(head.sequence, 1);
  });

  test("builds nothing upon a head that was altered, and says so", async () => {
    await insert(2);
    await sealerOn(store).seal();
    // A row is altered and every hash after it made to fit: only the keys are missing.
    database.exec(`update audit_heads set hash = 'forged' where tenant_id = '${tenantId}'`);
    const before = await store.findAuditHead(tenantId);
    await insert(1);
    await sealerOn(store).seal();
    assert.deepEqual(await store.findAuditHead(tenantId), before);
    assert.deepEqual(await sequences(), [1, 2]);
    assert.match(JSON.stringify(errors), /altered/);
  });

  test("goes on sealing for others when one customer's log was altered", async () => {
    await insert(1);
    const sealer = sealerOn(store);
    await sealer.seal();
    database.exec(`update audit_heads set mac = '' where tenant_id = '${tenantId}'`);
    await insert(300);
    const altered = tenantId;
    const tenant = sampleTenant();
    await store.insertTenant(tenant);
    tenantId = tenant.tenant.id;
    await insert(1);
    while (await sealer.seal());
    await sealer.seal();
    assert.deepEqual(await sequences(), [1]);
    assert.equal((await store.listSealedAudit(altered, 0, 1_000)).length, 1);
  });

  test("goes on sealing for others when one customer's key is not known, and tries again", async () => {
    await insert(300);
    let isKnown = false;
    const unknown = tenantId;
    const sealer = createAuditSealer({
      system,
      store,
      log,
      keepMs: 1000 * day,
      signer: {
        ...signer,
        macKeyOf(tenantId) {
          if (tenantId === unknown && !isKnown) throw new Error("no data key");
          return signer.macKeyOf(tenantId);
        },
      },
    });
    const tenant = sampleTenant();
    await store.insertTenant(tenant);
    tenantId = tenant.tenant.id;
    await insert(1);
    for (let round = 0; round < 3; round += 1) await sealer.seal();
    assert.deepEqual(await sequences(), [1]);
    isKnown = true;
    await sealer.tend();
    while (await sealer.seal());
    assert.equal((await store.listSealedAudit(unknown, 0, 1_000)).length, 300);
  });

  test("removes nothing from a log that was altered", async () => {
    await insert(3, { atMs: day });
    const sealer = sealerOn(store, day);
    await sealer.seal();
    database.exec(
      `update audit_events set action = 'x' where tenant_id = '${tenantId}' and sequence = 2`,
    );
    await sealer.tend();
    assert.deepEqual(await sequences(), [1, 2, 3]);
    assert.match(JSON.stringify(errors), /altered/);
  });
});
