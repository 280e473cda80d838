import assert from "node:assert/strict";
import { describe } from "node:test";
import { listUnusedClients, type UnusedQuery } from "../../clients/unused-clients.ts";
import type { UsageCount } from "../records.ts";
import type { UsageBatch, UsageQuery } from "../store.ts";
import { nextId, sampleAudit, sampleClient, sampleCredential } from "./records.contract.ts";
import { twinTest, type OpenStore, type World } from "./twins.contract.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export function usageReportContract(open: OpenStore): void {
  describe("usage reports", () => {
    const test = twinTest(open, (store, { tenantId }) => count(store, tenantId));

    const sum = ({ store, ours }: World, query: Partial<UsageQuery>) =>
      store.sumUsage(ours.tenantId, { ...everything, ...query });

    test("adds counts up by client, the largest first", async (world) => {
      assert.deepEqual(await sum(world, { groupBy: "client" }), [
        { ...nothing, clientId: "one", issued: 16, refused: 4 },
        { ...nothing, clientId: "two", issued: 3, refused: 0 },
        { ...nothing, clientId: "", issued: 0, refused: 2 },
      ]);
      assert.deepEqual(await sum(world, { groupBy: "client", limit: 1, clientId: "two" }), [
        { ...nothing, clientId: "two", issued: 3, refused: 0 },
      ]);
    });

    test("adds counts up by credential, where one is known", async (world) => {
      assert.deepEqual(await sum(world, { groupBy: "credential" }), [
        { ...nothing, clientId: "one", credentialId: "crd_1", issued: 15, refused: 0 },
        { ...nothing, clientId: "two", credentialId: "crd_1", issued: 3, refused: 0 },
        { ...nothing, clientId: "one", credentialId: "crd_2", issued: 1, refused: 0 },
      ]);
    });

    test("adds counts up by cause, of refusals only", async (world) => {
      assert.deepEqual(await sum(world, { groupBy: "cause" }), [
        { ...nothing, cause: "wrong_secret", issued: 0, refused: 4 },
        { ...nothing, cause: "unknown_client", issued: 0, refused: 2 },
      ]);
    });

    test("adds counts up over time, finer spans into coarser ones", async (world) => {
      const byTime = async (spanMs: number, spansMs: number[]) => {
        const groups = await sum(world, { groupBy: "time", spanMs, spansMs });
        return groups
          .map(({ startMs, issued, refused }) => [startMs / spanMs, issued, refused])
          .toSorted(([one = 0], [other = 0]) => one - other);
      };
      assert.deepEqual(await byTime(minute, [minute]), [
        [0, 5, 0],
        [1, 1, 2],
        [60, 3, 4],
      ]);
      assert.deepEqual(await byTime(hour, [minute, hour]), [
        [0, 6, 2],
        [1, 13, 4],
      ]);
    });

    test("counts from one time to before another", async (world) => {
      const issued = async (query: Partial<UsageQuery>) =>
        (await sum(world, { groupBy: "time", spanMs: day, ...query })).map((group) => group.issued);
      assert.deepEqual(await issued({ sinceMs: minute, untilMs: hour }), [1]);
      assert.deepEqual(await issued({ sinceMs: minute }), [14]);
      assert.deepEqual(await issued({ sinceMs: 2 * hour }), []);
    });

    test("lists clients that were there and got nothing, oldest first", async (world) => {
      const { store, ours } = world;
      const { tenantId } = ours;
      const made = [];
      for (const [name, createdAtMs, lastUsedAtMs] of [
        ["used", 1, 500],
        ["quiet", 2, 99],
        ["never", 2, undefined],
        ["new", 100, undefined],
      ] as const) {
        made.push(await insertUsed(world, { name, createdAtMs }, lastUsedAtMs));
      }
      const [, quiet, never] = made as [Made, Made, Made, Made];
      const inOrder = [quiet, never].toSorted((one, other) => (one.id < other.id ? -1 : 1));
      const page = { sinceMs: 100, after: undefined, limit: 10 };
      const last = { clients: inOrder, next: undefined };
      assert.deepEqual(await listUnusedClients(store, tenantId, page), last);
      const [first, second] = inOrder as [Made, Made];
      const next = { createdAtMs: first.createdAtMs, id: first.id };
      assert.deepEqual(await listUnusedClients(store, tenantId, { ...page, limit: 1 }), {
        clients: [first],
        next,
      });
      const after = { ...page, after: next, limit: 1 };
      assert.deepEqual(await listUnusedClients(store, tenantId, after), {
        clients: [second],
        next: undefined,
      });
      const audit = sampleAudit(tenantId);
      await store.deleteClient({ tenantId, id: first.id, version: 1, atMs: 1_000, audit });
      assert.deepEqual((await listUnusedClients(store, tenantId, page)).clients, [second]);
    });

    test("finds the few unused among many that are used, each once and in order", async (world) => {
      const { tenantId } = world.ours;
      const unused = [0, 199, 200, 201, 399, 400, 449, 450, 451];
      const ids = await insertMany(world, 452, unused);
      const expected = unused.map((index) => ids[index]);
      for (const limit of [1, 2, 4, 9, 20]) {
        const { found, pages } = await walkUnused(world.store, tenantId, { limit });
        assert.deepEqual(found, expected);
        assert.equal(pages, Math.ceil(unused.length / limit), `${limit} on a page`);
      }
    });

    test("goes on where a page stopped that looked at enough", async (world) => {
      const { tenantId } = world.ours;
      const ids = await insertMany(world, 60, [57, 58]);
      const query = { limit: 2, lookedAtMax: 20 };
      const { found, pages } = await walkUnused(world.store, tenantId, query);
      assert.deepEqual(found, [ids[57], ids[58]]);
      assert.ok(pages >= 3, `${pages} pages`);
    });

    test("lists findings page by page, by client and by kind", async (world) => {
      const { store, ours } = world;
      const { tenantId, client } = ours;
      const finding = { tenantId, origin: "", count: 1, firstSeenAtMs: 1, lastSeenAtMs: 2 };
      await store.insertUsage(
        batch({ findings: [{ ...finding, clientId: "zzz", kind: "many_tokens" }] }),
      );
      const all = { after: undefined, clientId: undefined, kind: undefined, limit: 10 };
      const list = async (page: object) =>
        (await store.pageFindings(tenantId, { ...all, ...page })).map(({ kind }) => kind);
      assert.deepEqual(await list({}), ["wrong_secret", "many_tokens"]);
      assert.deepEqual(await list({ limit: 1 }), ["wrong_secret"]);
      const after = { clientId: client.clientId, kind: "wrong_secret" };
      assert.deepEqual(await list({ after }), ["many_tokens"]);
      assert.deepEqual(await list({ clientId: client.clientId }), ["wrong_secret"]);
      assert.deepEqual(await list({ kind: "many_tokens" }), ["many_tokens"]);
    });
  });
}

const everything: UsageQuery = {
  sinceMs: 0,
  untilMs: 1e15,
  spansMs: [minute, hour, day],
  clientId: undefined,
  groupBy: "client",
  spanMs: hour,
  limit: 100,
};
const nothing = { clientId: "", credentialId: "", cause: "", startMs: 0 };

const batch = (own: Partial<UsageBatch>): UsageBatch => ({
  processId: "process",
  atMs: 1e15,
  counts: [],
  uses: [],
  findings: [],
  permissionUses: [],
  gaps: [],
  ...own,
});

async function count(store: World["store"], tenantId: string): Promise<void> {
  const counting = (own: Partial<UsageCount>): UsageCount => ({
    tenantId,
    clientId: "one",
    credentialId: "crd_1",
    outcome: "issued",
    spanMs: minute,
    startMs: 0,
    count: 1,
    ...own,
  });
  const refused = { credentialId: "", outcome: "wrong_secret" };
  await store.insertUsage(
    batch({
      counts: [
        counting({ count: 5 }),
        counting({ startMs: minute, credentialId: "crd_2" }),
        counting({ startMs: hour, clientId: "two", count: 3 }),
        counting({ startMs: hour, spanMs: hour, count: 10 }),
        counting({ ...refused, startMs: hour, count: 4 }),
        counting({
          ...refused,
          startMs: minute,
          clientId: "",
          outcome: "unknown_client",
          count: 2,
        }),
      ],
    }),
  );
}

/** Clients that are as old as their neighbours, all but some in use; their ids in the order of the list. */
async function insertMany(
  { store, ours: { tenantId } }: World,
  count: number,
  unused: readonly number[],
): Promise<string[]> {
  const made = Array.from({ length: count }, (_, index) => {
    const id = nextId(`app_${String(index).padStart(5, "0")}`);
    const client = sampleClient(tenantId, { id, createdAtMs: 1 + Math.floor(index / 10) });
    return { client, credential: sampleCredential(client) };
  });
  const nothing = { bindings: [], idempotency: undefined };
  await Promise.all(
    made.map((one) => store.insertClient({ ...one, ...nothing, audit: sampleAudit(tenantId) })),
  );
  const use = { tenantId, firstUsedAtMs: 1, lastUsedAtMs: 500, address: "", userAgent: "" };
  const used = made.filter((_, index) => !unused.includes(index));
  await store.insertUsage(
    batch({ uses: used.map(({ credential: { id } }) => ({ ...use, credentialId: id })) }),
  );
  return made.map(({ client: { id } }) => id);
}

/** All pages, one after the other. */
async function walkUnused(
  store: World["store"],
  tenantId: string,
  query: Pick<UnusedQuery, "limit" | "lookedAtMax">,
): Promise<{ found: string[]; pages: number }> {
  const found: string[] = [];
  let after: UnusedQuery["after"];
  for (let pages = 1; ; pages += 1) {
    const page = await listUnusedClients(store, tenantId, { sinceMs: 100, after, ...query });
    assert.ok(page.clients.length <= query.limit);
    found.push(...page.clients.map(({ id }) => id));
    if (page.next === undefined) return { found, pages };
    after = page.next;
  }
}

type Made = Awaited<ReturnType<typeof insertUsed>>;

async function insertUsed(
  { store, ours: { tenantId } }: World,
  own: { name: string; createdAtMs: number },
  lastUsedAtMs: number | undefined,
) {
  const client = sampleClient(tenantId, { ...own, externalId: nextId("external") });
  const [credential, older] = [sampleCredential(client), sampleCredential(client)];
  const audit = sampleAudit(tenantId);
  await store.insertClient({ client, credential, bindings: [], idempotency: undefined, audit });
  await store.insertCredential({
    credential: older,
    liveMax: 5,
    idempotency: undefined,
    audit: sampleAudit(tenantId),
  });
  if (lastUsedAtMs !== undefined) {
    const use = { tenantId, firstUsedAtMs: 1, address: "", userAgent: "" };
    await store.insertUsage(
      batch({
        uses: [
          { ...use, credentialId: credential.id, lastUsedAtMs },
          { ...use, credentialId: older.id, lastUsedAtMs: 1 },
        ],
      }),
    );
  }
  const { id, clientId, name, createdAtMs } = client;
  return { id, clientId, name, enabled: true, createdAtMs, lastUsedAtMs };
}
