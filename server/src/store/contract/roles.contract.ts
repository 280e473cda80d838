import assert from "node:assert/strict";
import { describe } from "node:test";
import type { RoleRecord } from "../records.ts";
import { sampleAudit, sampleClient, sampleIdempotency } from "./records.contract.ts";
import {
  assertChangesNothing,
  countAudit,
  twinTest,
  type OpenStore,
  type World,
} from "./twins.contract.ts";

const namedHoldersMax = 2;
const rolesMax = 3;

const sampleRole = (tenantId: string, own: Partial<RoleRecord> = {}): RoleRecord => ({
  tenantId,
  name: "auditor",
  description: "Reads",
  permissions: ["audit_events:read", "jobs:read"],
  resourceTypes: undefined,
  externalId: undefined,
  labels: {},
  createdAtMs: 1_000,
  updatedAtMs: 1_000,
  version: 1,
  ...own,
});

const inserting = (role: RoleRecord) => ({
  role,
  rolesMax,
  idempotency: undefined,
  audit: sampleAudit(role.tenantId),
});

export function roleContract(open: OpenStore): void {
  describe("roles", () => {
    const test = twinTest(open, async (store, { tenantId }) => {
      const insert = inserting(sampleRole(tenantId));
      assert.deepEqual(await store.insertRole(insert), { outcome: "inserted" });
    });

    /** Clients that hold the role for the account. */
    const insertHolders = async ({ store, ours }: World, count: number): Promise<string[]> => {
      const ids: string[] = [];
      for (let made = 0; made < count; made += 1) {
        const client = sampleClient(ours.tenantId);
        const bindings = [{ role: "auditor", resourceType: "account", resourceId: "*" }];
        const audit = sampleAudit(ours.tenantId);
        const rest = { credential: undefined, bindings, idempotency: undefined, audit };
        await store.insertClient({ client, ...rest });
        ids.push(client.clientId);
      }
      return ids;
    };

    test("keeps roles by name, each of its tenant", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const { tenantId } = ours;
      const own = { externalId: "r-1", labels: { team: "blue" }, resourceTypes: ["project"] };
      const role = sampleRole(tenantId, { name: "aardvark", ...own });
      const insert = inserting(role);
      assert.deepEqual(await store.insertRole(insert), { outcome: "inserted" });
      assert.deepEqual(await other.listRoles(tenantId), [role, sampleRole(tenantId)]);
      assert.deepEqual(await other.findRole(tenantId, role.name), role);
      assert.equal(await other.findRole(theirs.tenantId, role.name), undefined);
      assert.equal(await countAudit(query, insert.audit), 1);
      await assertChangesNothing(world, async () => {
        const again = inserting({ ...role, externalId: undefined });
        assert.deepEqual(await store.insertRole(again), { outcome: "name_taken" });
        const last = { ...inserting(sampleRole(tenantId, { name: "last" })), rolesMax: 2 };
        assert.deepEqual(await store.insertRole(last), { outcome: "too_many" });
      });
    });

    test("does once what is asked twice with one key, and keeps an external id once", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const role = sampleRole(tenantId, { name: "once", externalId: "one" });
      const idempotency = sampleIdempotency(tenantId, role.name);
      const made = await store.insertRole({ ...inserting(role), idempotency });
      assert.deepEqual(made, { outcome: "inserted" });
      await assertChangesNothing(world, async () => {
        const repeated = await other.insertRole({ ...inserting(role), idempotency });
        assert.deepEqual(repeated, {
          outcome: "repeated",
          requestDigest: idempotency.requestDigest,
          subjectId: role.name,
        });
        const another = sampleRole(tenantId, { name: "twice", externalId: "one" });
        const own = { idempotency: { ...idempotency, key: "another" } };
        const taken = await store.insertRole({ ...inserting(another), ...own });
        assert.deepEqual(taken, { outcome: "external_id_taken" });
        const changed = sampleRole(tenantId, { externalId: "one", version: 2 });
        const audit = sampleAudit(tenantId);
        const update = { role: changed, dropped: [], namedHoldersMax, audit };
        assert.equal(await other.updateRole(update), "external_id_taken");
      });
    });

    test("changes the version that was read, and takes what is dropped from each holder", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const holders = await insertHolders(world, namedHoldersMax);
      const role = sampleRole(tenantId, { permissions: ["jobs:read"], version: 2 });
      const head = await store.head();
      const change = { role, dropped: ["audit_events:read"], namedHoldersMax };
      const update = () => store.updateRole({ ...change, audit: sampleAudit(tenantId) });
      assert.equal(await update(), "written");
      assert.deepEqual(await other.findRole(tenantId, role.name), role);
      const revocations = await other.listRevocations(head, 0);
      assert.deepEqual(
        revocations.map(({ subjectType, subjectId, dropped }) => [subjectType, subjectId, dropped]),
        holders.toSorted().map((id) => ["client", id, ["audit_events:read"]]),
      );
      assert.equal((await other.listChanges(head, 1))[0]?.kind, "role");
      await assertChangesNothing(world, async () => assert.equal(await update(), "conflict"));
    });

    test("takes it from the whole tenant when too many hold it to be named", async (world) => {
      const { store, ours } = world;
      const { tenantId } = ours;
      await insertHolders(world, namedHoldersMax + 1);
      const head = await store.head();
      const role = sampleRole(tenantId, { permissions: [], version: 2 });
      const audit = sampleAudit(tenantId);
      await store.updateRole({ role, dropped: ["jobs:read"], namedHoldersMax, audit });
      const revocations = await store.listRevocations(head, 0);
      assert.deepEqual(
        revocations.map(({ subjectType, subjectId }) => [subjectType, subjectId]),
        [["tenant", tenantId]],
      );
    });

    test("deletes a role that nobody holds, and takes one away only by force", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const [holder] = await insertHolders(world, 1);
      const role = sampleRole(tenantId);
      const remove = (isForced: boolean) =>
        store.deleteRole({ role, isForced, namedHoldersMax, audit: sampleAudit(tenantId) });
      await assertChangesNothing(world, async () => assert.equal(await remove(false), "held"));
      const before = await other.findKnownClient(holder!);
      const head = await store.head();
      assert.equal(await remove(true), "written");
      const after = await other.findKnownClient(holder!);
      assert.deepEqual(after?.bindings, []);
      assert.equal(after?.client.version, before!.client.version + 1);
      const kinds = (await other.listChanges(head, 10)).map(({ kind }) => kind);
      assert.deepEqual(kinds, ["role_bindings", "role", "revocation"]);
      assert.equal(await remove(true), "conflict");
    });

    test("gives a new role to nobody who was bound to one of its name", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const role = sampleRole(tenantId);
      const audit = sampleAudit(tenantId);
      await store.deleteRole({ role, isForced: false, namedHoldersMax, audit });
      const [stray] = await insertHolders(world, 1);
      assert.deepEqual(await store.insertRole(inserting(role)), { outcome: "inserted" });
      assert.deepEqual((await other.findKnownClient(stray!))?.bindings, []);
    });
  });
}
