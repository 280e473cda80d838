import assert from "node:assert/strict";
import { describe } from "node:test";
import type { CredentialRecord } from "../records.ts";
import { sampleAudit, sampleCredential, sampleIdempotency } from "./records.contract.ts";
import {
  assertChangesNothing,
  countAudit,
  twinTest,
  type OpenStore,
  type Twin,
} from "./twins.contract.ts";

export function credentialContract(open: OpenStore): void {
  describe("credentials", () => {
    const test = twinTest(open);

    test("keeps every member of a credential", async ({ store, other, query, ours, theirs }) => {
      const { clientId } = ours.client;
      const full = inserting(ours, {
        createdAtMs: 3_000,
        expiresAtMs: 9_000,
        disabledAtMs: 4_000,
        disabledUntilMs: 5_000,
        revokedAtMs: 6_000,
      });
      const bare = inserting(ours, { createdAtMs: 4_000, sealedSecret: undefined });
      for (const insert of [full, bare]) {
        assert.equal(await store.insertCredential(insert), "written");
        assert.equal(await countAudit(query, insert.audit), 1);
      }
      const expected = [ours.credential, full.credential, bare.credential];
      assert.deepEqual(await other.listCredentials(ours.tenantId, clientId), expected);
      assert.deepEqual((await other.findKnownClient(clientId))?.credentials, expected);
      assert.deepEqual(await other.listCredentials(theirs.tenantId, clientId), []);
      assert.deepEqual(await other.listCredentials(ours.tenantId, "client_unknown"), []);
    });

    test("counts the live ones against the most there may be", async (world) => {
      const { store, query, ours } = world;
      const dead = [{ revokedAtMs: 1 }, { expiresAtMs: 5_000 }];
      for (const own of dead) await store.insertCredential(inserting(ours, own));
      const last = { ...inserting(ours), liveMax: 2 };
      assert.equal(await store.insertCredential(last), "written");
      await assertChangesNothing(world, async () => {
        const tooMany = { ...inserting(ours), liveMax: 2 };
        assert.equal(await store.insertCredential(tooMany), "conflict");
        assert.equal(await countAudit(query, tooMany.audit), 0);
      });
    });

    test("keeps to the most there may be when ten come at once", async (world) => {
      const { store, other, ours } = world;
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          [store, other][index % 2]!.insertCredential({ ...inserting(ours), liveMax: 5 }),
        ),
      );
      assert.equal(outcomes.filter((outcome) => outcome === "written").length, 4);
      const listed = await store.listCredentials(ours.tenantId, ours.client.clientId);
      assert.equal(listed.length, 5);
    });

    test("adds once what is asked twice, and forgets what it refused", async (world) => {
      const { store, other, ours } = world;
      const idempotency = sampleIdempotency(ours.tenantId, "crd_new");
      const insert = { ...inserting(ours), idempotency };
      await assertChangesNothing(world, async () => {
        assert.equal(await store.insertCredential({ ...insert, liveMax: 1 }), "conflict");
      });
      assert.equal(await store.insertCredential(insert), "written");
      const { requestDigest, subjectId } = idempotency;
      await assertChangesNothing(world, async () => {
        const again = { ...inserting(ours), idempotency, liveMax: 2 };
        const expected = { outcome: "repeated", requestDigest, subjectId };
        assert.deepEqual(await other.insertCredential(again), expected);
      });
    });

    test("refuses clients that are gone, unknown or another tenant's", async (world) => {
      const { store, query, ours, theirs } = world;
      const { id, version } = ours.client;
      const { tenantId } = ours;
      const removal = { tenantId, id, version, atMs: 1, audit: sampleAudit(tenantId) };
      assert.equal(await store.deleteClient(removal), "written");
      const refused = [
        inserting(ours),
        inserting(ours, { clientId: "client_unknown" }),
        inserting(theirs, { tenantId: ours.tenantId }),
      ];
      await assertChangesNothing(world, async () => {
        for (const insert of refused) {
          assert.equal(await store.insertCredential(insert), "conflict");
          assert.equal(await countAudit(query, insert.audit), 0);
        }
        const changed = changing(ours, { hint: "new" });
        assert.equal(await store.updateCredential(changed), "conflict");
      });
    });

    test("refuses an id that is taken", async (world) => {
      const { store, ours, theirs } = world;
      await assertChangesNothing(world, async () => {
        for (const { credential } of [ours, theirs]) {
          const insert = inserting(ours, { id: credential.id });
          assert.equal(await store.insertCredential(insert), "conflict");
        }
      });
    });

    test("changes what nobody changed since it was read", async ({ store, other, query, ours }) => {
      const changes = [changing(ours, { disabledAtMs: 1 }), changing(ours, { revokedAtMs: 2 })];
      const outcomes = await Promise.all([
        store.updateCredential(changes[0]!),
        other.updateCredential(changes[1]!),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      const winner = changes[outcomes.indexOf("written")]!;
      const loser = changes[outcomes.indexOf("conflict")]!;
      const listed = await store.listCredentials(ours.tenantId, ours.client.clientId);
      assert.deepEqual(listed, [winner.after]);
      assert.equal(await countAudit(query, winner.audit), 1);
      assert.equal(await countAudit(query, loser.audit), 0);
    });

    test("compares all that was read, and whose it is", async (world) => {
      const { store, ours, theirs } = world;
      const { before, after, audit } = changing(ours, { hint: "new" });
      const stale: Partial<CredentialRecord>[] = [
        { hint: "old" },
        { sealedSecret: undefined },
        { expiresAtMs: 1 },
        { id: "cred_unknown" },
        { id: theirs.credential.id },
        { tenantId: theirs.tenantId },
        { clientId: theirs.client.clientId },
      ];
      await assertChangesNothing(world, async () => {
        for (const own of stale) {
          const update = {
            before: { ...before, ...own },
            after: { ...after, ...own },
            revocations: [],
            audit,
          };
          assert.equal(await store.updateCredential(update), "conflict");
        }
      });
    });

    test("lists uses and findings of the tenant's own", async ({ store, ours, theirs }) => {
      const ids = [ours.credential.id, theirs.credential.id];
      const uses = await store.listCredentialUses(ours.tenantId, ids);
      assert.deepEqual(
        uses.map((use) => [use.tenantId, use.credentialId]),
        [[ours.tenantId, ours.credential.id]],
      );
      const names = [ours.client.clientId, theirs.client.clientId];
      const findings = await store.listFindings(ours.tenantId, names);
      assert.deepEqual(
        findings.map((finding) => [finding.tenantId, finding.clientId]),
        [[ours.tenantId, ours.client.clientId]],
      );
      assert.deepEqual(await store.listCredentialUses(ours.tenantId, []), []);
      assert.deepEqual(await store.listFindings(ours.tenantId, []), []);
    });
  });
}

const inserting = (twin: Twin, own: Partial<CredentialRecord> = {}) => ({
  credential: sampleCredential(twin.client, own),
  liveMax: 100,
  idempotency: undefined,
  audit: sampleAudit(own.tenantId ?? twin.tenantId),
});

const changing = ({ tenantId, credential }: Twin, own: Partial<CredentialRecord>) => ({
  before: credential,
  after: { ...credential, ...own },
  revocations: [],
  audit: sampleAudit(tenantId),
});
