import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Revocation } from "../records.ts";
import { sampleAudit } from "./records.contract.ts";
import { countAudit, twinTest, type OpenStore, type Twin } from "./twins.contract.ts";

export function revocationContract(open: OpenStore): void {
  describe("what is taken back", () => {
    const test = twinTest(open, async (store, twin) => {
      await store.revokeToken(revoking(twin, "a token of before"));
    });

    test("takes a position behind the change that it belongs to", async (world) => {
      const { store, other, ours } = world;
      const head = await store.head();
      const all: Revocation = {
        subjectType: "client",
        subjectId: ours.client.clientId,
        dropped: undefined,
      };
      const outcome = await store.updateClient({
        client: { ...ours.client, enabled: false, version: ours.client.version + 1 },
        bindings: undefined,
        revocations: [all, { ...all, dropped: ["corpora:read"] }],
        audit: sampleAudit(ours.tenantId),
      });
      assert.equal(outcome, "written");
      const kinds = (await other.listChanges(head, 10)).map(({ kind }) => kind);
      assert.deepEqual(kinds, ["client", "revocation", "revocation"]);
      const listed = await other.listRevocations(head, 0);
      assert.deepEqual(
        listed.map(({ position, subjectType, subjectId, dropped, tenantId }) => ({
          position,
          revocation: { subjectType, subjectId, dropped },
          tenantId,
        })),
        [
          { position: head + 2, revocation: all, tenantId: ours.tenantId },
          {
            position: head + 3,
            revocation: { ...all, dropped: ["corpora:read"] },
            tenantId: ours.tenantId,
          },
        ],
      );
    });

    test("leaves nothing behind when the change is a conflict", async ({ store, ours }) => {
      const head = await store.head();
      const stale = { ...ours.client, version: 7 };
      const taken: Revocation = { subjectType: "client", subjectId: "x", dropped: undefined };
      const outcome = await store.updateClient({
        client: stale,
        bindings: undefined,
        revocations: [taken],
        audit: sampleAudit(ours.tenantId),
      });
      assert.equal(outcome, "conflict");
      assert.deepEqual(await store.listRevocations(head, 0), []);
    });

    test("takes a token back once, however often and by whom it is asked", async (world) => {
      const { store, other, query, ours } = world;
      const head = await store.head();
      const tries = Array.from({ length: 6 }, () => revoking(ours, "token-1"));
      const outcomes = await Promise.all(
        tries.map((input, index) => (index % 2 === 0 ? store : other).revokeToken(input)),
      );
      assert.deepEqual(new Set(outcomes), new Set(["written"]));
      const listed = await store.listRevocations(head, 0);
      assert.ok(listed.every(({ subjectId }) => subjectId === "token-1"));
      const audits = await Promise.all(tries.map(({ audit }) => countAudit(query, audit)));
      assert.equal(
        audits.reduce((sum, count) => sum + count, 0),
        listed.length,
      );
    });

    test("remembers so many single tokens of a client, and no more", async (world) => {
      const { store, ours } = world;
      const inputs = ["1", "2", "3"].map((id) => ({ ...revoking(ours, id), perClientMax: 3 }));
      const outcomes = [];
      for (const input of inputs) outcomes.push(await store.revokeToken(input));
      // One was taken back before the test.
      assert.deepEqual(outcomes, ["written", "written", "conflict"]);
    });

    test("forgets when the last token has expired", async ({ store, ours }) => {
      const head = await store.head();
      await store.revokeToken(revoking(ours, "short"));
      const [revocation] = await store.listRevocations(head, 0);
      const { expiresAtMs } = revocation!;
      assert.equal((await store.listRevocations(head, expiresAtMs - 1)).length, 1);
      assert.deepEqual(await store.listRevocations(head, expiresAtMs), []);
    });
  });
}

const revoking = ({ tenantId, client }: Twin, tokenId: string) => ({
  tenantId,
  clientId: client.clientId,
  tokenId,
  perClientMax: 1_000,
  audit: sampleAudit(tenantId),
});
