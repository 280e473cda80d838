import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as fc from "fast-check";
import { sampleAudit, sampleClient, sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import type { ClientRecord } from "../store/records.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { listUnusedClients } from "./unused-clients.ts";
import { listClients, type ListedClients, type ListQuery } from "./listing.ts";

const clientsInAll = 5_000;

describe("a list of 5,000 app clients", () => {
  let file: ReturnType<typeof temporaryFile>;
  let store: Store;
  let tenantId: string;
  /** As they are listed: oldest first. */
  let names: string[];

  before(async () => {
    file = temporaryFile();
    store = await openSqlite(file.path);
    const sample = sampleTenant();
    await store.insertTenant(sample);
    tenantId = sample.tenant.id;
    const clients = Array.from({ length: clientsInAll }, (_, index) =>
      sampleClient(tenantId, {
        // Ten are as old as each other, so that a page may end among them.
        createdAtMs: 1_000 + Math.floor(index / 10),
        id: `app_${String(index).padStart(5, "0")}`,
        name: `${index % 7 === 0 ? "Billing" : "Search"} ${index} ${"a".repeat(index % 40)}`,
        externalId: index % 2 === 0 ? `external ${index}` : undefined,
      }),
    );
    await insertAll(clients);
    names = clients.map(({ name }) => name);
  });

  after(async () => {
    await store.close();
    file.remove();
  });

  async function insertAll(clients: ClientRecord[]): Promise<void> {
    const nothing = { credential: undefined, bindings: [], idempotency: undefined };
    for (let start = 0; start < clients.length; start += 500) {
      const inserts = clients
        .slice(start, start + 500)
        .map((client) => store.insertClient({ client, ...nothing, audit: sampleAudit(tenantId) }));
      await Promise.all(inserts);
    }
  }

  const page = (query: Partial<ListQuery>): Promise<ListedClients> =>
    listClients(store, tenantId, {
      after: undefined,
      filter: undefined,
      externalId: undefined,
      limit: 100,
      ...query,
    });

  /** All pages, one after the other. Each must end behind where the one before it ended. */
  async function walk(query: Partial<ListQuery>): Promise<{ names: string[]; pages: number }> {
    const found: string[] = [];
    let pages = 0;
    for (let after: ListQuery["after"]; ; pages += 1) {
      const { clients, next } = await page({ ...query, after });
      assert.ok(clients.length <= (query.limit ?? 100));
      found.push(...clients.map(({ name }) => name));
      if (next === undefined) return { names: found, pages: pages + 1 };
      const [nowAt, thenAt] = [next, after].map((at) => at && [at.createdAtMs, at.id].join(" "));
      assert.ok(thenAt === undefined || nowAt! > thenAt, "a page went back");
      after = next;
    }
  }

  test("shows each once, in their order, whatever the size of a page", async () => {
    for (const limit of [100, 97]) {
      const walked = await walk({ limit });
      assert.deepEqual(walked.names, names);
      assert.equal(walked.pages, Math.ceil(clientsInAll / limit));
    }
  });

  test("has no further page behind the last client", async () => {
    const last = await page({ limit: 100, after: { createdAtMs: 1_489, id: "app_04899" } });
    assert.equal(last.clients.length, 100);
    assert.equal(last.next, undefined);
  });

  const filters = ["^Billing", "49+ ", "(?i)BILLING .*9", "a{39}$", "^Search 4999 ", "", "nowhere"];
  for (const filter of filters) {
    test(`finds all that match ${filter || "nothing in particular"}, over all pages`, async () => {
      const pattern = new RegExp(filter.replace("(?i)", ""), filter.startsWith("(?i)") ? "i" : "");
      const expected = names.filter((name) => pattern.test(name));
      for (const limit of [100, 3].slice(0, expected.length > 500 ? 1 : 2)) {
        assert.deepEqual((await walk({ limit, filter })).names, expected);
      }
    });
  }

  test("finds by external id, also beside a filter", async () => {
    const query = { externalId: "external 42" };
    assert.deepEqual(
      (await page(query)).clients.map(({ name }) => name),
      [names[42]],
    );
    assert.deepEqual((await page({ ...query, filter: "^Billing" })).clients.length, 1);
    assert.deepEqual((await page({ ...query, filter: "^Search" })).clients, []);
    assert.deepEqual((await page({ externalId: "external 43" })).clients, []);
  });

  test("keeps to its tenant", async () => {
    const query = { after: undefined, filter: "Billing", externalId: undefined, limit: 100 };
    const listed = await listClients(store, "tnt_other", query);
    assert.deepEqual(listed, { clients: [], next: undefined });
  });

  test("stops where the work of a costly filter is done, and goes on from there", async () => {
    const costly = `${"a?".repeat(150)}a{39}$`;
    const first = await page({ filter: costly, limit: 100 });
    assert.ok(first.clients.length < 100);
    assert.ok(first.next !== undefined);
    const pattern = /a{39}$/;
    const walked = await walk({ filter: costly });
    assert.deepEqual(
      walked.names,
      names.filter((name) => pattern.test(name)),
    );
    assert.ok(walked.pages > 3 && walked.pages < clientsInAll, `${walked.pages} pages`);
  });

  test("lets others in while it looks through all", async () => {
    let turns = 0;
    let isLooking = true;
    const countTurns = (): void => {
      turns += 1;
      if (isLooking) setImmediate(countTurns);
    };
    setImmediate(countTurns);
    const turnsOf = async (look: () => Promise<unknown>): Promise<number> => {
      const before = turns;
      await look();
      return turns - before;
    };
    const all = { sinceMs: 1e15, after: undefined, limit: clientsInAll };
    const seen = {
      search: await turnsOf(() => page({ filter: "nowhere" })),
      costlySearch: await turnsOf(() => page({ filter: `${"a?".repeat(150)}zz` })),
      unused: await turnsOf(() => listUnusedClients(store, tenantId, all)),
    };
    isLooking = false;
    const [reads, spells] = [clientsInAll / 200, 2_000_000 / 200_000];
    assert.ok(seen.search >= reads && seen.unused >= reads, JSON.stringify(seen));
    assert.ok(seen.costlySearch >= spells - 1, JSON.stringify(seen));
  });

  test("takes patterns that other engines try for years", async () => {
    const evil = [
      "(a+)+$",
      "(a|a)*$",
      "(a|aa)+$",
      "(.*)*$",
      "^(([a-z])+.)+[A-Z]([a-z])+$",
      "(x+x+)+y",
    ];
    for (const filter of evil) {
      const { clients, next } = await page({ filter: `${filter.replace(/\$$/, "")}!$` });
      assert.deepEqual(clients, [], filter);
      assert.ok(next === undefined || next.id > "app_00000");
    }
  });

  const isRefused = { name: "AdminError", status: 400, message: /^filter: / };

  test("refuses what is no pattern, and what would be too large a one", async () => {
    const wrong = ["(", "[", "a**", "(?<name", "\\", "(?=a)", "\\1", "a{2,1}", "[z-a]", "(?!a)b"];
    const large = [
      "a{1001}",
      "(a{100}){100}",
      "((a{10}){10}){10}{10}",
      "(\\pL{900}){3}",
      "x".repeat(3_000),
    ];
    for (const filter of [...wrong, ...large]) {
      await assert.rejects(page({ filter }), isRefused, filter);
    }
    await assert.rejects(page({ filter: "(".repeat(200) + ")".repeat(200) + "[" }), isRefused);
  });

  test("answers any text with a page or a refusal", async () => {
    const pieces = fc.constantFrom(
      "a",
      ".",
      "*",
      "+",
      "?",
      "(",
      ")",
      "[",
      "]",
      "{9}",
      "|",
      "\\",
      "^",
      "$",
      "(?i)",
      "\\p{L}",
      "-",
    );
    const filters = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
      fc.string({ maxLength: 20 }),
      fc.string({ unit: "binary", maxLength: 10 }),
    );
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const query = { filter, externalId: "external 42" };
        const outcome = await page(query).catch((error: unknown) => error);
        if (outcome instanceof Error)
          assert.throws(() => {
            throw outcome;
          }, isRefused);
      }),
      { numRuns: 300 },
    );
  });
});
