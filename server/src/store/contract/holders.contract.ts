import assert from "node:assert/strict";
import { describe } from "node:test";
import type { HeldBinding, PermissionUse } from "../holder-store.ts";
import { nextId, sampleAudit, sampleClient } from "./records.contract.ts";
import { twinTest, type OpenStore, type Twin, type World } from "./twins.contract.ts";

/** Who holds a role, and what they used of it. The twins hold `viewer` for the account. */

const day = 24 * 60 * 60_000;

export function holderContract(open: OpenStore): void {
  describe("holders of a role", () => {
    const test = twinTest(open);

    test("counts each principal once, and pages through all they hold it on", async (world) => {
      const { store, ours } = world;
      const { tenantId } = ours;
      const other = await insertHolder(world, ["crp_2", "crp_1"]);
      assert.equal(await store.countHolders(tenantId, "viewer"), 1);
      assert.equal(await store.countHolders(tenantId, "corpus_viewer"), 2);
      assert.equal(await store.countHolders(tenantId, "nobody"), 0);
      const all: HeldBinding[] = [];
      for (;;) {
        const page = { role: "corpus_viewer", after: all.at(-1), limit: 1 };
        const found = await store.pageHolders(tenantId, page);
        if (found.length === 0) break;
        all.push(...found);
      }
      const held = all.map((one) => [one.principalId, one.resourceType, one.resourceId]);
      const expected = [
        [other, "corpus", "crp_1"],
        [other, "corpus", "crp_2"],
        [ours.client.clientId, "corpus", "crp_1"],
      ].toSorted((one, two) => (one.join() < two.join() ? -1 : 1));
      assert.deepEqual(held, expected);
    });

    test("adds up uses of a day, from any process, and keeps the last", async ({
      store,
      other,
      ours,
    }) => {
      const dayMs = 10 * day;
      await write(store, [using(ours, { dayMs, calls: 2, lastUsedAtMs: dayMs + 50 })]);
      await write(other, [using(ours, { dayMs, calls: 3, lastUsedAtMs: dayMs + 40 })]);
      await write(other, [using(ours, { dayMs: dayMs + day, lastUsedAtMs: dayMs + day + 1 })]);
      const ask = (sinceMs: number) =>
        store.listPermissionUses(ours.tenantId, { ...usesOfViewers, sinceMs });
      const { clientId: principalId } = ours.client;
      const permission = "corpora:read";
      assert.deepEqual(await ask(dayMs), [
        { principalId, permission, calls: 6, lastUsedAtMs: dayMs + day + 1 },
      ]);
      assert.deepEqual(await ask(dayMs + 1), [
        { principalId, permission, calls: 1, lastUsedAtMs: dayMs + day + 1 },
      ]);
      assert.deepEqual(await ask(dayMs + day + 1), []);
    });

    test("answers uses of holders only, of what was asked, most often used first", async (world) => {
      const { store, ours } = world;
      const dayMs = 10 * day;
      const holder = await insertHolder(world, ["crp_9"]);
      await write(store, [
        using(ours, { dayMs, calls: 2 }),
        using(ours, { dayMs, calls: 9, permission: "corpora:write" }),
        using(ours, { dayMs, calls: 5, permission: "documents:read" }),
        using(ours, { dayMs, calls: 7, principalId: holder }),
      ]);
      const query = { permissions: ["corpora:read", "documents:read"], sinceMs: dayMs };
      const of = async (role: string, limit: number) => {
        const asked = { ...query, role, limit };
        const uses = await store.listPermissionUses(ours.tenantId, asked);
        return uses.map((use) => [use.principalId, use.permission, use.calls]);
      };
      const { clientId } = ours.client;
      assert.deepEqual(await of("viewer", 10), [
        [clientId, "documents:read", 5],
        [clientId, "corpora:read", 2],
      ]);
      const all = [
        [holder, "corpora:read", 7],
        [clientId, "documents:read", 5],
        [clientId, "corpora:read", 2],
      ];
      assert.deepEqual(await of("corpus_viewer", 10), all);
      assert.deepEqual(await of("corpus_viewer", 2), all.slice(0, 2));
    });
  });
}

const usesOfViewers = { role: "viewer", permissions: ["corpora:read"], limit: 10 };

const using = (twin: Twin, own: Partial<PermissionUse>): PermissionUse => ({
  tenantId: twin.tenantId,
  principalId: twin.client.clientId,
  permission: "corpora:read",
  dayMs: 0,
  calls: 1,
  lastUsedAtMs: 1,
  ...own,
});

const write = (store: World["store"], permissionUses: PermissionUse[]) =>
  store.insertUsage({
    processId: nextId("process"),
    atMs: 1e15,
    counts: [],
    uses: [],
    findings: [],
    permissionUses,
    gaps: [],
  });

/** A client that is a viewer of these corpora. */
async function insertHolder({ store, ours }: World, corpora: string[]): Promise<string> {
  const client = sampleClient(ours.tenantId, { externalId: nextId("external") });
  const bindings = corpora.map((resourceId) => ({
    role: "corpus_viewer",
    resourceType: "corpus",
    resourceId,
  }));
  const audit = sampleAudit(ours.tenantId);
  const rest = { credential: undefined, bindings, idempotency: undefined, audit };
  await store.insertClient({ client, ...rest });
  return client.clientId;
}
