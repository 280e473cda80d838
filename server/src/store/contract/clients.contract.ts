import assert from "node:assert/strict";
import { describe } from "node:test";
import { StoreUnavailable, type ClientPage, type InsertClient } from "../store.ts";
import {
  sampleAudit,
  sampleClient,
  sampleCredential,
  sampleIdempotency,
} from "./records.contract.ts";
import {
  assertChangesNothing,
  countAudit,
  twinTest,
  type OpenStore,
  type Twin,
} from "./twins.contract.ts";

export function clientContract(open: OpenStore): void {
  describe("clients", () => {
    const test = twinTest(open);

    test("finds a client by OAuth's name and by its id", async ({ other, ours }) => {
      const known = {
        client: ours.client,
        credentials: [ours.credential],
        bindings: ours.bindings,
      };
      assert.deepEqual(await other.findKnownClient(ours.client.clientId), known);
      assert.deepEqual(await other.findClient(ours.tenantId, ours.client.id), known);
    });

    test("keeps every member of a client", async ({ store, other, ours }) => {
      const client = sampleClient(ours.tenantId, {
        name: 'Ünï "quoted" \u2028 name',
        enabled: false,
        grantTypes: ["authorization_code", "refresh_token"],
        redirectUris: ["https://a.example/cb?x=1"],
        authenticationMethod: "client_secret_post",
        tokenLifetimeSeconds: 60,
        externalId: "other",
        labels: { a: "1", "b c": "ü" },
      });
      await store.insertClient(inserting(client.tenantId, { client, credential: undefined }));
      const found = await other.findClient(client.tenantId, client.id);
      assert.deepEqual(found, { client, credentials: [], bindings: [] });
    });

    test("does not find what is not there or not the tenant's", async ({ store, ours, theirs }) => {
      assert.equal(await store.findKnownClient("client_unknown"), undefined);
      assert.equal(await store.findKnownClient("\0"), undefined);
      assert.equal(await store.findClient(ours.tenantId, "app_unknown"), undefined);
      assert.equal(await store.findClient(theirs.tenantId, ours.client.id), undefined);
      const bindings = await store.listBindings(theirs.tenantId, [ours.client.clientId]);
      assert.deepEqual([...bindings.values()], [[]]);
    });

    test("stores a text that Postgres does not take as it is", async ({ store, ours }) => {
      const client = sampleClient(ours.tenantId, { name: "nul\0nul" });
      const inserted = await store.insertClient(inserting(ours.tenantId, { client }));
      assert.deepEqual(inserted, { outcome: "inserted" });
      assert.ok(await store.findKnownClient(client.clientId));
    });

    test("lists in pages, and by external id", async ({ store, ours, theirs }) => {
      const more = [3_000, 3_000, 2_500].map((createdAtMs) =>
        sampleClient(ours.tenantId, { createdAtMs }),
      );
      for (const client of more) await store.insertClient(inserting(ours.tenantId, { client }));
      const expected = [ours.client, more[2]!, more[0]!, more[1]!];
      const first = await store.listClients(ours.tenantId, page({ limit: 2 }));
      const rest = await store.listClients(ours.tenantId, page({ after: first.at(-1) }));
      assert.deepEqual([...first, ...rest], expected);
      const newest = await store.listClients(
        ours.tenantId,
        page({ limit: 2, isNewestFirst: true }),
      );
      const before = { after: newest.at(-1), isNewestFirst: true };
      const older = await store.listClients(ours.tenantId, page(before));
      assert.deepEqual([...newest, ...older], expected.toReversed());
      const named = page({ externalId: "billing" });
      assert.deepEqual(await store.listClients(ours.tenantId, named), [ours.client]);
      assert.deepEqual(await store.listClients(theirs.tenantId, named), [theirs.client]);
      assert.deepEqual(await store.listClients("tnt_unknown", page({})), []);
    });

    test("says when each client was used last, by tenant", async ({ store, ours, theirs }) => {
      const ids = [ours.client.clientId, theirs.client.clientId, "client_unknown"];
      const uses = await store.listLastUses(ours.tenantId, ids);
      assert.deepEqual([...uses], [[ours.client.clientId, 20]]);
      assert.deepEqual([...(await store.listLastUses(ours.tenantId, []))], []);
    });

    test("lists the bindings of several clients", async ({ store, ours, theirs }) => {
      const names = [ours.client.clientId, theirs.client.clientId, "client_unknown"];
      const bindings = await store.listBindings(ours.tenantId, names);
      assert.deepEqual(
        [...bindings],
        [
          [names[0], ours.bindings],
          [names[1], []],
          [names[2], []],
        ],
      );
      assert.deepEqual(await store.listBindings(ours.tenantId, []), new Map());
    });

    test("inserts once for one idempotency key", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const idempotency = idempotencyOf(ours);
      const first = inserting(ours.tenantId, { idempotency });
      assert.deepEqual(await store.insertClient(first), { outcome: "inserted" });
      assert.equal(await countAudit(query, first.audit), 1);
      const { principalId, key, requestDigest, subjectId } = idempotency;
      assert.deepEqual(await other.findIdempotency(ours.tenantId, principalId, key), idempotency);
      assert.equal(await other.findIdempotency(theirs.tenantId, principalId, key), undefined);
      assert.equal(await other.findIdempotency(ours.tenantId, "usr_other", key), undefined);

      await assertChangesNothing(world, async () => {
        const again = { ...idempotency, requestDigest: "another", subjectId: "app_other" };
        const second = inserting(ours.tenantId, { idempotency: again });
        const repeated = { outcome: "repeated", requestDigest, subjectId };
        assert.deepEqual(await other.insertClient(second), repeated);
        assert.equal(await countAudit(query, second.audit), 0);
      });
    });

    test("lets another person and another tenant use the same idempotency key", async (world) => {
      const { store, ours } = world;
      const mine = idempotencyOf(ours);
      const others = [{ principalId: "usr_other" }, { tenantId: "tnt_elsewhere" }, {}];
      const outcomes = [];
      for (const own of others) {
        const idempotency = { ...mine, ...own };
        outcomes.push(
          (await store.insertClient(inserting(ours.tenantId, { idempotency }))).outcome,
        );
      }
      assert.deepEqual(outcomes, ["inserted", "inserted", "inserted"]);
    });

    test("inserts once when one key comes twice at once", async ({ store, other, ours }) => {
      const idempotency = idempotencyOf(ours);
      const outcomes = await Promise.all(
        [store, other, store, other].map((one) =>
          one.insertClient(inserting(ours.tenantId, { idempotency })),
        ),
      );
      assert.deepEqual(outcomes.map(({ outcome }) => outcome).toSorted(), [
        "inserted",
        "repeated",
        "repeated",
        "repeated",
      ]);
    });

    test("takes an idempotency key anew once it has expired", async ({ store, ours }) => {
      const idempotency = { ...idempotencyOf(ours), expiresAtMs: 6_000 };
      const at = (atMs: number, subjectId: string): InsertClient =>
        inserting(ours.tenantId, {
          idempotency: { ...idempotency, subjectId, expiresAtMs: atMs + 1_000 },
          audit: sampleAudit(ours.tenantId, { atMs }),
        });
      assert.equal((await store.insertClient(at(5_000, "app_a"))).outcome, "inserted");
      assert.equal((await store.insertClient(at(5_999, "app_b"))).outcome, "repeated");
      assert.equal((await store.insertClient(at(6_000, "app_c"))).outcome, "inserted");
      const { principalId, key } = idempotency;
      const kept = await store.findIdempotency(ours.tenantId, principalId, key);
      assert.equal(kept?.subjectId, "app_c");
    });

    test("leaves no trace of a client whose external id is taken", async (world) => {
      const { store, query, ours } = world;
      const client = sampleClient(ours.tenantId, { externalId: "billing" });
      const idempotency = idempotencyOf(ours);
      const insert = inserting(ours.tenantId, { client, idempotency });
      await assertChangesNothing(world, async () => {
        assert.deepEqual(await store.insertClient(insert), { outcome: "external_id_taken" });
      });
      const { principalId, key } = idempotency;
      assert.equal(await store.findIdempotency(ours.tenantId, principalId, key), undefined);
      assert.equal(await countAudit(query, insert.audit), 0);
    });

    test("never uses an id again, whoever had it", async (world) => {
      const { store, ours, theirs } = world;
      for (const { client } of [ours, theirs]) {
        for (const own of [{ id: client.id }, { clientId: client.clientId }]) {
          await assertChangesNothing(world, async () => {
            const again = inserting(ours.tenantId, { client: sampleClient(ours.tenantId, own) });
            await assert.rejects(store.insertClient(again), isMistake);
          });
        }
      }
    });

    test("updates the version that was read, once", async ({ store, other, query, ours }) => {
      const updates = ["One", "Two"].map((name) => updating(ours, { name }));
      const outcomes = await Promise.all([
        store.updateClient(updates[0]!),
        other.updateClient(updates[1]!),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      const winner = updates[outcomes.indexOf("written")]!;
      const loser = updates[outcomes.indexOf("conflict")]!;
      const found = await store.findClient(ours.tenantId, ours.client.id);
      assert.deepEqual(found?.client, winner.client);
      assert.deepEqual(found?.bindings, ours.bindings);
      assert.equal(await countAudit(query, winner.audit), 1);
      assert.equal(await countAudit(query, loser.audit), 0);
    });

    test("replaces the bindings when new ones are given", async ({ store, ours }) => {
      const bindings = [{ role: "owner", resourceType: "account", resourceId: "*" }];
      assert.equal(await store.updateClient({ ...updating(ours, {}), bindings }), "written");
      const found = await store.findKnownClient(ours.client.clientId);
      assert.deepEqual(found?.bindings, bindings);
    });

    test("refuses updates of stale versions and of what is not the tenant's", async (world) => {
      const { store, query, ours, theirs } = world;
      const refused = [
        updating(ours, { version: 1 }),
        updating(ours, { version: 3 }),
        updating(ours, { clientId: "client_unknown", externalId: undefined }),
        updating(theirs, { tenantId: ours.tenantId, externalId: undefined }),
        updating(ours, { id: theirs.client.id, externalId: undefined }),
      ];
      await assertChangesNothing(world, async () => {
        for (const update of refused) {
          assert.equal(await store.updateClient(update), "conflict");
          assert.equal(await countAudit(query, update.audit), 0);
        }
      });
    });

    test("refuses an external id that another client of the tenant has", async (world) => {
      const { store, ours } = world;
      const client = sampleClient(ours.tenantId, { externalId: "second" });
      await store.insertClient(inserting(ours.tenantId, { client }));
      await assertChangesNothing(world, async () => {
        const taken = updating(ours, { externalId: "second" });
        assert.equal(await store.updateClient(taken), "external_id_taken");
      });
      assert.equal(await store.updateClient(updating(ours, { externalId: "third" })), "written");
    });

    test("leaves a tombstone: no secrets, no rights, no second use", async (world) => {
      const { store, other, query, ours } = world;
      const { id, clientId } = ours.client;
      const removal = deleting(ours);
      assert.equal(await store.deleteClient(removal), "written");
      assert.equal(await countAudit(query, removal.audit), 1);
      assert.equal(await other.findKnownClient(clientId), undefined);
      assert.equal(await other.findClient(ours.tenantId, id), undefined);
      assert.deepEqual(await other.listClients(ours.tenantId, page({})), []);
      assert.deepEqual((await other.listBindings(ours.tenantId, [clientId])).get(clientId), []);
      const secrets = await query(
        `select digest, sealed_secret, revoked_at_ms from credentials where client_id = '${clientId}'`,
      );
      assert.deepEqual(
        secrets.map((row) => ({ ...row })),
        [{ digest: "", sealed_secret: null, revoked_at_ms: 6_000 }],
      );
      const again = inserting(ours.tenantId, { client: sampleClient(ours.tenantId, { clientId }) });
      await assert.rejects(store.insertClient(again), isMistake);
      const heir = sampleClient(ours.tenantId, { externalId: "billing" });
      const inherited = await store.insertClient(inserting(ours.tenantId, { client: heir }));
      assert.deepEqual(inherited, { outcome: "inserted" });
    });

    test("deletes only the version that was read, of the tenant, and once", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const refused = [
        { ...deleting(ours), version: 2 },
        { ...deleting(ours), id: "app_unknown" },
        { ...deleting(ours), tenantId: theirs.tenantId },
        { ...deleting(theirs), tenantId: ours.tenantId },
      ];
      await assertChangesNothing(world, async () => {
        for (const removal of refused) {
          assert.equal(await store.deleteClient(removal), "conflict");
          assert.equal(await countAudit(query, removal.audit), 0);
        }
      });
      const outcomes = await Promise.all(
        [store, other].map((one) => one.deleteClient(deleting(ours))),
      );
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      assert.equal(await store.updateClient(updating(ours, { version: 3 })), "conflict");
    });
  });
}

const isMistake = (error: Error): boolean => !(error instanceof StoreUnavailable);

function inserting(tenantId: string, own: Partial<InsertClient>): InsertClient {
  const client = own.client ?? sampleClient(tenantId);
  return {
    client,
    credential: sampleCredential(client),
    bindings: [],
    idempotency: undefined,
    audit: sampleAudit(tenantId),
    ...own,
  };
}

const updating = (twin: Twin, own: Partial<Twin["client"]>) => ({
  client: { ...twin.client, updatedAtMs: 4_000, version: twin.client.version + 1, ...own },
  bindings: undefined,
  revocations: [],
  audit: sampleAudit(twin.tenantId),
});

const deleting = ({ tenantId, client }: Twin) => ({
  tenantId,
  id: client.id,
  version: client.version,
  atMs: 6_000,
  audit: sampleAudit(tenantId),
});

const idempotencyOf = ({ tenantId }: Twin) => sampleIdempotency(tenantId, "app_new");

const page = (own: Partial<ClientPage>) => ({
  after: undefined,
  externalId: undefined,
  limit: 100,
  ...own,
});
