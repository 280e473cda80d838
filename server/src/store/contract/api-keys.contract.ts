import assert from "node:assert/strict";
import { describe } from "node:test";
import type { ApiKeyRecord, RoleBinding } from "../records.ts";
import type { ApiKeyPage } from "../store.ts";
import { nextId, sampleApiKey, sampleAudit } from "./records.contract.ts";
import { assertChangesNothing, countAudit, twinTest, type OpenStore } from "./twins.contract.ts";

export function apiKeyContract(open: OpenStore): void {
  describe("API keys", () => {
    const test = twinTest(open, async (store, { tenantId }) => {
      const apiKey = sampleApiKey(tenantId, { externalId: "same", ownerId: "usr_same" });
      assert.deepEqual(await store.insertApiKey(inserting(apiKey)), { outcome: "inserted" });
    });

    test("knows a key by its digest, its id and its tenant", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const apiKey = sampleApiKey(ours.tenantId, {
        labels: { customer: "acme" },
        expiresAtMs: 9_000,
        kind: "serving",
      });
      const insert = inserting(apiKey, [viewer("docs")]);
      assert.deepEqual(await store.insertApiKey(insert), { outcome: "inserted" });
      assert.equal(await countAudit(query, insert.audit), 1);
      const known = { apiKey, bindings: [viewer("docs")] };
      assert.deepEqual(await other.findApiKeyByDigest("sha256", apiKey.digest), { id: apiKey.id });
      assert.deepEqual(await other.findKnownApiKey(apiKey.id), known);
      assert.deepEqual(await other.findApiKey(ours.tenantId, apiKey.id), known);
      assert.equal(await other.findApiKey(theirs.tenantId, apiKey.id), undefined);
      assert.equal(await other.findApiKeyByDigest("bcrypt", apiKey.digest), undefined);
    });

    test("lists a tenant's keys in order, by owner, kind, corpus and external id", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const made: ApiKeyRecord[] = [];
      for (let index = 0; index < 5; index += 1) {
        const kind = index % 2 === 0 ? "serving" : "serving_and_indexing";
        const apiKey = sampleApiKey(tenantId, { kind, createdAtMs: 4_000 + (index >> 1) });
        made.push(apiKey);
        await store.insertApiKey(inserting(apiKey, [viewer(index < 3 ? "docs" : "news")]));
      }
      const inOrder = made.toSorted(
        (one, two) => one.createdAtMs - two.createdAtMs || (one.id < two.id ? -1 : 1),
      );
      const ids = async (own: Partial<ApiKeyPage>) =>
        (await other.listApiKeys(tenantId, page(own))).map(({ apiKey }) => apiKey.id);
      const idsOf = (keys: ApiKeyRecord[]) => keys.map(({ id }) => id);
      const all = await ids({});
      assert.deepEqual(all.slice(1), idsOf(inOrder));
      const after = { createdAtMs: inOrder[1]!.createdAtMs, id: inOrder[1]!.id };
      assert.deepEqual(await ids({ after, limit: 2 }), idsOf(inOrder.slice(2, 4)));
      const serving = inOrder.filter(({ kind }) => kind === "serving");
      assert.deepEqual(await ids({ kind: "serving" }), idsOf(serving));
      const onDocs = inOrder.filter((apiKey) => made.indexOf(apiKey) < 3);
      assert.deepEqual(await ids({ corpusKey: "docs" }), idsOf(onDocs));
      assert.deepEqual(await ids({ owner: { type: "user", id: "usr_same" } }), all.slice(0, 1));
      assert.deepEqual(await ids({ owner: { type: "client", id: "usr_same" } }), []);
      assert.deepEqual(await ids({ externalId: "same" }), all.slice(0, 1));
    });

    test("answers a repetition with what the first request made", async ({ store, ours }) => {
      const { tenantId } = ours;
      const apiKey = sampleApiKey(tenantId);
      const idempotency = {
        tenantId,
        principalId: "usr_1",
        key: nextId("key"),
        requestDigest: "digest",
        subjectId: apiKey.id,
        expiresAtMs: 1e15,
      };
      const insert = { ...inserting(apiKey), idempotency };
      assert.deepEqual(await store.insertApiKey(insert), { outcome: "inserted" });
      const again = { ...inserting(sampleApiKey(tenantId)), idempotency };
      const { requestDigest, subjectId } = idempotency;
      const repeated = { outcome: "repeated", requestDigest, subjectId };
      assert.deepEqual(await store.insertApiKey(again), repeated);
      assert.equal(await store.findKnownApiKey(again.apiKey.id), undefined);
    });

    test("takes an external id once in a tenant", async (world) => {
      const { store, ours } = world;
      const taken = sampleApiKey(ours.tenantId, { externalId: "same" });
      const free = sampleApiKey(ours.tenantId);
      await store.insertApiKey(inserting(free));
      await assertChangesNothing(world, async () => {
        const refused = await store.insertApiKey(inserting(taken));
        assert.deepEqual(refused, { outcome: "external_id_taken" });
        const change = updating({ ...free, externalId: "same", version: 2 });
        assert.equal(await store.updateApiKey(change), "external_id_taken");
      });
    });

    test("changes only the version that was read, of the tenant", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const apiKey = sampleApiKey(ours.tenantId);
      await store.insertApiKey(inserting(apiKey));
      const after = { ...apiKey, enabled: false, revokedAtMs: 7_000, name: "new", version: 2 };
      await assertChangesNothing(world, async () => {
        for (const wrong of [{ version: 3 }, { id: "aky_x" }, { tenantId: theirs.tenantId }]) {
          const change = updating({ ...after, ...wrong });
          assert.equal(await store.updateApiKey(change), "conflict");
          assert.equal(await countAudit(query, change.audit), 0);
        }
      });
      const outcomes = await Promise.all(
        [store, other].map((one) => one.updateApiKey(updating(after))),
      );
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      assert.deepEqual((await other.findKnownApiKey(apiKey.id))?.apiKey, after);
    });

    test("deletes a key with all that belongs to it, and voids what it earned", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const { tenantId } = ours;
      const apiKey = sampleApiKey(tenantId, { kind: "serving" });
      await store.insertApiKey(inserting(apiKey, [viewer("docs")]));
      const { id, version } = apiKey;
      const deleting = (own: object = {}) => ({
        tenantId,
        id,
        version,
        audit: sampleAudit(tenantId),
        ...own,
      });
      await assertChangesNothing(world, async () => {
        for (const wrong of [{ version: 2 }, { id: "aky_x" }, { tenantId: theirs.tenantId }]) {
          assert.equal(await store.deleteApiKey(deleting(wrong)), "conflict");
        }
      });
      const before = await store.head();
      assert.equal(await store.deleteApiKey(deleting()), "written");
      assert.equal(await other.findKnownApiKey(id), undefined);
      const left = await query(`select role from role_bindings where principal_id = '${id}'`);
      assert.deepEqual(left, []);
      const changes = await other.listChanges(before, 10);
      assert.deepEqual(
        changes.map(({ kind, subjectId }) => [kind, subjectId]),
        [
          ["api_key", id],
          ["revocation", id],
        ],
      );
      const [revocation] = await other.listRevocations(before, 0);
      assert.deepEqual([revocation?.subjectType, revocation?.subjectId], ["credential", id]);
    });
  });
}

const viewer = (resourceId: string): RoleBinding => ({
  role: "viewer",
  resourceType: "corpus",
  resourceId,
});

const inserting = (apiKey: ApiKeyRecord, bindings: RoleBinding[] = []) => ({
  apiKey,
  bindings,
  idempotency: undefined,
  audit: sampleAudit(apiKey.tenantId),
});

const updating = (apiKey: ApiKeyRecord) => ({
  apiKey,
  revocations: [],
  audit: sampleAudit(apiKey.tenantId),
});

const page = (own: Partial<ApiKeyPage>): ApiKeyPage => ({
  after: undefined,
  owner: undefined,
  kind: undefined,
  corpusKey: undefined,
  externalId: undefined,
  limit: 100,
  ...own,
});
