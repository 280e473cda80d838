import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, beforeEach, describe, test } from "node:test";
import { hasValidChecksum } from "../keys/secret.ts";
import { sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { system } from "../system.ts";
import { bootstrapOwner, claimOwnership, issueSetupCode } from "./owner.ts";
import { createPasswordHashes } from "./password-hash.ts";

const from = { requestId: "req_1", sourceAddress: "192.0.2.1" };
const email = "owner@example.com";
const dayMs = 86_400_000;
const isRefused = { name: "AdminError", status: 403 };

describe("the first person", () => {
  let file: ReturnType<typeof temporaryFile>;
  let stores: Store[];
  let tenantId: string;
  let nowMs: number;

  before(async () => {
    file = temporaryFile();
    stores = [await openSqlite(file.path), await openSqlite(file.path)];
  });

  after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    file.remove();
  });

  beforeEach(async () => {
    const sample = sampleTenant();
    tenantId = sample.tenant.id;
    await stores[0]!.insertTenant(sample);
    nowMs = 1_700_000_000_000;
  });

  /** One of two processes. */
  const at = (index: number) => ({
    system: { ...system, now: () => nowMs },
    store: stores[index]!,
    tenantId,
    hashes: createPasswordHashes(system),
  });
  const given = (owner: string, plainKey: string) => ({
    email: owner,
    plainKey,
    plainPassword: undefined,
  });
  const issue = () => issueSetupCode(at(0));
  const claim = (code: string, index = 0) => claimOwnership(at(index), { code, email }, from);
  const findOwner = () => stores[0]!.findOwner(tenantId);

  test("is who brings the code, and gets a key that only they see", async () => {
    const code = await issue();
    assert.match(code, /^(?:[2-9A-HJKMNP-TV-Z]{5}-){4}[2-9A-HJKMNP-TV-Z]{5}$/);
    const { user, plainKey } = await claim(code);
    assert.match(plainKey, /^cspk_/);
    assert.ok(hasValidChecksum(plainKey));
    const owner = await findOwner();
    assert.deepEqual([owner?.id, owner?.email], [user.id, email]);
    const content = dump(file.path);
    for (const secret of [code, plainKey]) assert.ok(!content.includes(secret));
  });

  test("may type the code in lower case, and with spaces around it", async () => {
    const code = await issue();
    assert.equal((await claim(`  ${code.toLowerCase()}\n`)).user.email, email);
  });

  test("is nobody with another code", async () => {
    const code = await issue();
    const codes = ["", "-", code.slice(1), `${code}A`, code.replaceAll("-", ""), "A".repeat(1e5)];
    for (const wrong of codes) await assert.rejects(claim(wrong), isRefused);
    assert.equal(await findOwner(), undefined);
    await claim(code);
  });

  test("comes within a day, or with a new code", async () => {
    const late = await issue();
    nowMs += dayMs;
    await assert.rejects(claim(late), isRefused);
    const inTime = await issue();
    nowMs += dayMs - 1;
    await claim(inTime);
  });

  test("cannot use a code that was printed before the newest start", async () => {
    const old = await issue();
    const fresh = await issueSetupCode(at(1));
    await assert.rejects(claim(old), isRefused);
    await claim(fresh);
  });

  test("is one, when several come at once to two processes", async () => {
    const code = await issue();
    const claims = await Promise.allSettled([0, 1, 0, 1].map((index) => claim(code, index)));
    const [won, ...more] = claims.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    assert.equal(more.length, 0);
    assert.equal((await findOwner())?.id, won?.user.id);
  });

  test("stays the only one: no code and no setting makes a second", async () => {
    const { user } = await claim(await issue());
    await assert.rejects(claim(await issue()), isRefused);
    const second = given("second@example.com", "k".repeat(32));
    assert.equal(await bootstrapOwner(at(1), second), false);
    assert.equal((await findOwner())?.id, user.id);
  });

  test("is made once from the settings, by two processes that start at once", async () => {
    const key = "a bootstrap key of any form, 32+";
    const made = await Promise.all(
      [0, 1].map((index) => bootstrapOwner(at(index), given(email, key))),
    );
    assert.deepEqual(made.filter((isMade) => isMade).length, 1);
    assert.equal((await findOwner())?.email, email);
    assert.ok(!dump(file.path).includes(key));
    await assert.rejects(claim(await issue()), isRefused);
  });
});

/** Everything that is stored, as text. */
function dump(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
  const rows = tables.map(({ name }) => database.prepare(`select * from "${String(name)}"`).all());
  database.close();
  return JSON.stringify(rows);
}
