import assert from "node:assert/strict";
import { describe } from "node:test";
import { nextId, sampleAudit, sampleClient, sampleCredential } from "./records.contract.ts";
import { twinTest, type OpenStore, type Twin, type World } from "./twins.contract.ts";

const nothing = {
  atMs: 0,
  changesBeforeMs: 0,
  tombstonesBeforeMs: 0,
  gapsBeforeMs: 0,
  permissionUsesBeforeMs: 0,
};

export function retentionContract(open: OpenStore): void {
  describe("retention", () => {
    const test = twinTest(open);

    test("removes codes and idempotency keys once they have expired", async (world) => {
      const { store, query, ours } = world;
      const { tenantId } = ours;
      for (const expiresAtMs of [100, 101]) {
        const code = { tenantId, kind: "code", digest: nextId("digest"), payload: "" };
        await store.insertSingleUse({ ...code, expiresAtMs });
        const idempotency = idempotencyUntil(tenantId, expiresAtMs);
        await store.insertClient({ ...inserting(ours), idempotency });
      }
      await store.sweep({ ...nothing, atMs: 100 });
      for (const table of ["single_uses", "idempotency_keys"]) {
        const rows = await query(
          `select expires_at_ms from ${table} where tenant_id = '${tenantId}'`,
        );
        assert.deepEqual(
          rows.map((row) => row["expires_at_ms"]),
          [101],
        );
      }
    });

    test("removes gaps that ended long ago", async ({ store }) => {
      for (const untilMs of [100, 101]) {
        await store.insertUsage({
          processId: nextId("prc"),
          atMs: 1e15,
          counts: [],
          uses: [],
          findings: [],
          permissionUses: [],
          gaps: [{ fromMs: 1, untilMs }],
        });
      }
      await store.sweep({ ...nothing, gapsBeforeMs: 101 });
      assert.deepEqual(await store.listGaps(0), [{ fromMs: 1, untilMs: 101 }]);
    });

    test(
      "removes uses of permissions on days long ago",
      async ({ store, query, ours }) => {
        const use = { principalId: "p", permission: "jobs:read", calls: 1, lastUsedAtMs: 1 };
        const permissionUses = [100, 101].map((dayMs) => ({
          tenantId: ours.tenantId,
          dayMs,
          ...use,
        }));
        const rest = { counts: [], uses: [], findings: [], gaps: [] };
        await store.insertUsage({ processId: nextId("prc"), atMs: 1e15, permissionUses, ...rest });
        await store.sweep({ ...nothing, permissionUsesBeforeMs: 101 });
        const left = await query(
          `select day_ms from permission_uses where principal_id = 'p' and tenant_id = '${ours.tenantId}'`,
        );
        assert.deepEqual(
          left.map(({ day_ms }) => Number(day_ms)),
          [101],
        );
      },
      "all tenants",
    );

    test("forgets what was known of credentials revoked long ago", async (world) => {
      const { store, ours } = world;
      const { tenantId, client, credential } = ours;
      const revoked = [100, 101].map((revokedAtMs) => sampleCredential(client, { revokedAtMs }));
      for (const one of revoked) {
        const audit = sampleAudit(tenantId);
        const insert = { credential: one, liveMax: 9, idempotency: undefined, audit };
        await store.insertCredential(insert);
        await use(world, one.id);
      }
      await store.sweep({ ...nothing, tombstonesBeforeMs: 101 });
      const kept = [credential.id, revoked[1]!.id];
      const listed = await store.listCredentials(tenantId, client.clientId);
      assert.deepEqual(listed.map(({ id }) => id).toSorted(), kept.toSorted());
      const all = [...kept, revoked[0]!.id];
      const uses = await store.listCredentialUses(tenantId, all);
      assert.deepEqual(uses.map(({ credentialId }) => credentialId).toSorted(), kept.toSorted());
    });

    test("keeps of a client deleted long ago nothing but its ids", async (world) => {
      const { store, query, ours } = world;
      const { tenantId, client } = ours;
      const removal = { tenantId, id: client.id, version: 1, atMs: 100 };
      await store.deleteClient({ ...removal, audit: sampleAudit(tenantId) });
      const count = async (table: string) =>
        (await query(`select * from ${table} where client_id = '${client.clientId}'`)).length;
      const countRows = () => Promise.all(["clients", "credentials", "findings"].map(count));
      await store.sweep({ ...nothing, tombstonesBeforeMs: 100 });
      assert.deepEqual(await countRows(), [1, 1, 1]);
      await store.sweep({ ...nothing, tombstonesBeforeMs: 101 });
      assert.deepEqual(await countRows(), [1, 0, 0]);
      const again = sampleClient(tenantId, { clientId: client.clientId });
      await assert.rejects(store.insertClient({ ...inserting(ours), client: again }));
    });

    test(
      "removes changes from the oldest on, and leaves no gap between those it keeps",
      async ({ store, ours }) => {
        await store.sweep({ ...nothing, changesBeforeMs: 1e15 });
        const head = await store.head();
        for (const atMs of [100, 300, 100, 300]) {
          const audit = sampleAudit(ours.tenantId, { atMs });
          await store.insertClient({ ...inserting(ours), audit });
        }
        await store.sweep({ ...nothing, changesBeforeMs: 200 });
        const kept = await store.listChanges(0, 10);
        assert.deepEqual(
          kept.map(({ position }) => position - head),
          [2, 3, 4],
        );
        await store.sweep({ ...nothing, changesBeforeMs: 301 });
        assert.deepEqual(await store.listChanges(0, 10), []);
        assert.equal(await store.head(), head + 4);
      },
      "all tenants",
    );
  });
}

function inserting({ tenantId }: Twin) {
  const client = sampleClient(tenantId);
  return {
    client,
    credential: undefined,
    bindings: [],
    idempotency: undefined,
    audit: sampleAudit(tenantId),
  };
}

const idempotencyUntil = (tenantId: string, expiresAtMs: number) => ({
  tenantId,
  principalId: "usr_1",
  key: nextId("key"),
  requestDigest: "digest",
  subjectId: "app_1",
  expiresAtMs,
});

const use = ({ store, ours }: World, credentialId: string) =>
  store.insertUsage({
    processId: "process",
    atMs: 1e15,
    counts: [],
    uses: [
      {
        tenantId: ours.tenantId,
        credentialId,
        firstUsedAtMs: 1,
        lastUsedAtMs: 2,
        address: "",
        userAgent: "",
      },
    ],
    findings: [],
    permissionUses: [],
    gaps: [],
  });
