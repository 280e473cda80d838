import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, beforeEach, describe, test } from "node:test";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { system as realSystem } from "../system.ts";
import { createRefusals, keptPerMinute, keptPerMinuteMax, type Refusal } from "./refusals.ts";

const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };
const minute = 60_000;

describe("refusals that are kept", () => {
  const file = temporaryFile();
  let store: Store;
  let database: DatabaseSync;
  let atMs: number;
  let made = 0;
  const system = { ...realSystem, now: () => atMs };
  before(async () => {
    store = await openSqlite(file.path);
    database = new DatabaseSync(file.path, { timeout: 5_000 });
  });
  after(async () => {
    database.close();
    await store.close();
    file.remove();
  });
  beforeEach(() => {
    atMs = 1_000 * minute;
    database.exec("delete from refusals");
  });

  const refusal = (own: Partial<Refusal> = {}): Refusal => {
    made += 1;
    return {
      requestId: `req_${made}`,
      tenantId: "tnt_1",
      endpoint: "POST /oauth2/token",
      status: 401,
      error: "invalid_client",
      cause: "unknown_client",
      clientId: undefined,
      sourceAddress: "192.0.2.1",
      details: {},
      ...own,
    };
  };
  const rows = (where = "true") =>
    database.prepare(`select count(*) as count from refusals where ${where}`).get()!["count"];

  test("stay few under a flood of 100,000, in memory and in the store", async () => {
    const refusals = createRefusals(system, store, log);
    for (let count = 0; count < 50_000; count += 1) {
      refusals.note(refusal());
      refusals.note(refusal({ clientId: `client_${count}`, cause: "wrong_secret" }));
      assert.ok(refusals.waiting <= keptPerMinuteMax);
    }
    await refusals.flush();
    assert.equal(refusals.waiting, 0);
    assert.equal(rows(), keptPerMinuteMax);
    assert.equal(rows("client_id is null"), keptPerMinute);
    await refusals.stop();
  });

  test("are the first five a minute of a client and a cause, and as many in the next", async () => {
    const refusals = createRefusals(system, store, log);
    const kinds = [
      { clientId: "one", cause: "wrong_secret" },
      { clientId: "one", cause: "scope_unknown" },
      { clientId: "two", cause: "wrong_secret" },
      { clientId: undefined, cause: "wrong_secret" },
      { clientId: "one", cause: "wrong_secret", tenantId: "tnt_2" },
    ];
    for (const kind of kinds)
      for (let count = 0; count < 9; count += 1) refusals.note(refusal(kind));
    atMs += minute;
    for (let count = 0; count < 9; count += 1) refusals.note(refusal(kinds[0]));
    await refusals.stop();
    assert.equal(rows(), (kinds.length + 1) * keptPerMinute);
  });

  test("wait while the store does not answer, but not without end, and are written later", async () => {
    let isDown = true;
    const failing: Store = {
      ...store,
      insertRefusals: (input) =>
        isDown ? Promise.reject(new Error("down")) : store.insertRefusals(input),
    };
    const refusals = createRefusals(system, failing, log);
    for (let minutes = 0; minutes < 20; minutes += 1) {
      atMs += minute;
      for (let count = 0; count < 1_000; count += 1) {
        refusals.note(refusal({ clientId: `client_${count}` }));
      }
      await assert.rejects(refusals.flush(), /down/);
      assert.ok(refusals.waiting <= 2_000);
    }
    isDown = false;
    await refusals.stop();
    assert.equal(rows(), 2_000);
  });
});
