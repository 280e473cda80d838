import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, beforeEach, test } from "node:test";
import * as fc from "fast-check";
import { makeSecret } from "../clients/client-secret.ts";
import { sampleAudit, sampleClient, sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { system } from "../system.ts";
import { MasterKeyRefused, type MasterKey } from "./master-key.ts";
import { createDataKey, openSealer, type Place, type Sealer } from "./sealing.ts";
import { generateSigningKey } from "./signing-key.ts";

let file: ReturnType<typeof temporaryFile>;
let store: Store;
/** Two tenants: whatever is sealed for one means nothing to the other. */
let ours: string;
let theirs: string;
let sealer: Sealer;

const masterKey = (id: string): MasterKey => ({ id, key: system.randomBytes(32) });
const first = masterKey("first");
const second = masterKey("second");

before(async () => {
  file = temporaryFile();
  store = await openSqlite(file.path);
});

after(async () => {
  await store.close();
  file.remove();
});

// Opening a sealer opens the keys of all tenants: each test begins with two that are whole.
beforeEach(async () => {
  query("delete from data_keys");
  [ours, theirs] = [await insertTenant(first), await insertTenant(first)];
  sealer = await openSealer(system, [first], store);
});

async function insertTenant(key: MasterKey): Promise<string> {
  const sample = sampleTenant();
  const { id } = sample.tenant;
  await store.insertTenant({ ...sample, dataKey: createDataKey(system, key, id) });
  return id;
}

const place = (own: Partial<Place> = {}): Place => ({
  tenantId: ours,
  label: "credential.secret",
  rowId: "crd_1",
  ...own,
});

test("opens what it sealed, and seals nothing twice alike", () => {
  const texts = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.constant(""));
  fc.assert(
    fc.property(texts, fc.string(), fc.string(), (text, label, rowId) => {
      fc.pre(text.isWellFormed());
      const there = place({ label, rowId });
      const sealed = sealer.seal(there, text);
      assert.equal(sealer.open(there, sealed), text);
      assert.notEqual(sealer.seal(there, text), sealed);
    }),
  );
});

test("refuses a sealed text that was altered anywhere", () => {
  const sealed = sealer.seal(place(), "a secret");
  const characters = fc.constantFrom("A", "Z", "a", "9", "-", "_", ".", "+", "/", "=", " ");
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), characters, fc.boolean(), (at, character, isAdded) => {
      const altered = sealed.slice(0, at) + character + sealed.slice(isAdded ? at : at + 1);
      fc.pre(altered !== sealed);
      assert.throws(() => sealer.open(place(), altered), altered);
    }),
    { numRuns: 500 },
  );
  for (let length = 0; length < sealed.length; length += 1) {
    assert.throws(() => sealer.open(place(), sealed.slice(0, length)), String(length));
  }
  for (const addition of ["A", "AA", "=", ".", ".v1", " ", "\n"]) {
    assert.throws(() => sealer.open(place(), sealed + addition), JSON.stringify(addition));
  }
});

test("refuses a sealed text that was moved to another row, use or tenant", () => {
  const sealed = sealer.seal(place(), "a secret");
  const elsewhere = [{ rowId: "crd_2" }, { label: "signing_key.private" }, { tenantId: theirs }];
  for (const own of elsewhere) assert.throws(() => sealer.open(place(own), sealed));
  // Nor do two places run together into one.
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (label, rowId, other, row) => {
      fc.pre(label !== other || rowId !== row);
      const sealed = sealer.seal(place({ label, rowId }), "a secret");
      assert.throws(() => sealer.open(place({ label: other, rowId: row }), sealed));
    }),
  );
});

test("refuses a text that is said to be sealed under the key of another tenant", () => {
  const [version, , cipherText] = sealer.seal(place(), "a secret").split(".");
  const [, theirKey] = sealer.seal(place({ tenantId: theirs }), "another").split(".");
  const renamed = [version, theirKey, cipherText].join(".");
  assert.throws(() => sealer.open(place(), renamed));
  assert.throws(() => sealer.open(place({ tenantId: theirs }), renamed));
});

test("seals nothing for a tenant without a key, and so opens nothing of a shredded one", async () => {
  assert.throws(() => sealer.seal(place({ tenantId: "tnt_unknown" }), "a secret"), /no data key/);
  const sealed = sealer.seal(place(), "a secret");
  query(`delete from data_keys where tenant_id = '${ours}'`);
  const shredded = await openSealer(system, [first], store);
  assert.throws(() => shredded.open(place(), sealed), /unknown key/);
  assert.throws(() => shredded.seal(place(), "a secret"));
  const their = place({ tenantId: theirs });
  assert.equal(shredded.open(their, sealer.seal(their, "theirs")), "theirs");
});

test("refuses the master key of another database, and names both", async () => {
  await assert.rejects(
    openSealer(system, [second, masterKey("third")], store),
    (error: unknown) =>
      error instanceof MasterKeyRefused && /\bfirst\b.*\bsecond, third\b/.test(error.message),
  );
});

test("refuses data keys that were altered or exchanged in the database, by name", async () => {
  const [one, other] = await store.listDataKeys();
  const wrapped = [one!.wrappedKey.replace(/^./, (first) => (first === "A" ? "B" : "A"))];
  for (const wrappedKey of [...wrapped, other!.wrappedKey, ""]) {
    query(`update data_keys set wrapped_key = '${wrappedKey}' where id = '${one!.id}'`);
    await assert.rejects(
      openSealer(system, [first], store),
      (error: unknown) => error instanceof MasterKeyRefused && error.message.includes(one!.id),
    );
  }
});

test("wraps data keys anew under a new master key, so that the old line can be removed", async () => {
  const sealed = sealer.seal(place(), "a secret");
  const both = await openSealer(system, [second, first], store);
  assert.equal(both.open(place(), sealed), "a secret");
  const alone = await openSealer(system, [second], store);
  assert.equal(alone.open(place(), sealed), "a secret");
  assert.equal(alone.open(place(), both.seal(place(), "another")), "another");
  await assert.rejects(openSealer(system, [first], store), MasterKeyRefused);
  assert.deepEqual(alone.deriveKey(ours, "page keys"), sealer.deriveKey(ours, "page keys"));
});

test("survives two processes that wrap the same keys anew at once", async () => {
  const sealed = sealer.seal(place(), "a secret");
  const other = await openSqlite(file.path);
  const sealers = await Promise.all(
    [store, other].map((one) => openSealer(system, [second, first], one)),
  );
  await other.close();
  const after = await openSealer(system, [second], store);
  for (const one of [...sealers, after]) assert.equal(one.open(place(), sealed), "a secret");
});

test("leaves data keys alone that the active master key wraps already", async () => {
  const before = await store.listDataKeys();
  await openSealer(system, [first, second], store);
  assert.deepEqual(await store.listDataKeys(), before);
});

test("derives another key for every tenant and use", () => {
  const keys = [
    sealer.deriveKey(ours, "page keys"),
    sealer.deriveKey(ours, "something else"),
    sealer.deriveKey(theirs, "page keys"),
  ].map((key) => key.toString("hex"));
  assert.equal(new Set(keys).size, 3);
});

test("leaves neither a secret nor a key in the database file", async () => {
  const client = sampleClient(ours);
  const { credential, plainSecret } = await makeSecret({ system, store, sealer }, client);
  const [audit, bindings] = [sampleAudit(ours), []];
  await store.insertClient({ client, credential, bindings, idempotency: undefined, audit });
  const key = { tenantId: ours, algorithm: "ES256", stage: "current" } as const;
  const signingKey = await generateSigningKey(system, sealer, key);
  await store.insertSigningKeys({ keys: [signingKey] });
  const there = { tenantId: ours, label: "signing_key.private", rowId: signingKey.id };
  const { d } = JSON.parse(sealer.open(there, signingKey.sealedPrivateKey!)) as { d: string };
  const content = dump();
  assert.ok(content.includes(credential.digest) && content.includes(credential.sealedSecret!));
  for (const secret of [
    plainSecret,
    plainSecret.slice(5, 30),
    d,
    first.key.toString("base64url"),
  ]) {
    assert.ok(!content.includes(secret));
    assert.ok(!content.includes(Buffer.from(secret).toString("base64url").slice(0, 24)));
  }
});

function query(sql: string): void {
  const database = new DatabaseSync(file.path);
  database.exec(sql);
  database.close();
}

/** Everything that is stored, as text. */
function dump(): string {
  const database = new DatabaseSync(file.path);
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
  const rows = tables.map(({ name }) => database.prepare(`select * from "${String(name)}"`).all());
  database.close();
  return JSON.stringify(rows);
}
