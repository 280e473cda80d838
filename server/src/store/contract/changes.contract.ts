import assert from "node:assert/strict";
import { describe } from "node:test";
import type { ChangeRecord } from "../records.ts";
import type { Store } from "../store.ts";
import {
  nextId,
  sampleAudit,
  sampleClient,
  sampleCredential,
  sampleOwner,
  sampleSigningKey,
} from "./records.contract.ts";
import { twinTest, type OpenStore, type World } from "./twins.contract.ts";

export function changeContract(open: OpenStore): void {
  describe("changes", () => {
    const test = twinTest(open);

    test("takes positions without gaps, in commit order, from many writers", async (world) => {
      const { store, other, ours } = world;
      const start = await store.head();
      const writers = 20;
      const changesEach = 5;
      const follower = follow(other, start, start + writers * changesEach);
      const writing = Array.from({ length: writers }, async (_, index) => {
        const one = [store, other][index % 2]!;
        for (let change = 0; change < changesEach; change += 1) {
          const outcome = await one.insertClient(inserting(ours.tenantId));
          assert.equal(outcome.outcome, "inserted");
        }
      });
      await Promise.all(writing);
      const seen = await follower;
      const expected = Array.from({ length: seen.length }, (_, index) => start + 1 + index);
      assert.deepEqual(
        seen.map(({ position }) => position),
        expected,
      );
      assert.equal(new Set(seen.map(({ subjectId }) => subjectId)).size, writers * changesEach);
      assert.equal(await store.head(), start + writers * changesEach);
    });

    test("lists as many as are asked for, from where one is", async ({ store, ours, theirs }) => {
      const head = await store.head();
      for (let count = 0; count < 3; count += 1) {
        await store.insertClient(inserting(ours.tenantId));
      }
      const positions = async (after: number, limit: number) =>
        (await store.listChanges(after, limit)).map(({ position }) => position - head);
      assert.deepEqual(await positions(head, 2), [1, 2]);
      assert.deepEqual(await positions(head + 2, 2), [3]);
      assert.deepEqual(await positions(head + 3, 2), []);
      const ourChanges = await store.listChanges(head, 10);
      assert.ok(ourChanges.every(({ tenantId }) => tenantId === ours.tenantId));
      const [their] = (await store.listChanges(0, 1000)).filter(
        ({ tenantId, kind }) => tenantId === theirs.tenantId && kind === "client",
      );
      assert.equal(their?.subjectId, theirs.client.clientId);
    });

    for (const [name, act, ...kinds] of cachedActs) {
      test(`tells of every ${name}`, async (world) => {
        const { store, other, ours } = world;
        const { expected, done } = await act(world);
        const head = await store.head();
        await done();
        const changes = await other.listChanges(head, 100);
        assert.deepEqual(
          changes.map(({ kind, tenantId }) => [kind, tenantId]),
          kinds.map((kind) => [kind, ours.tenantId]),
        );
        assert.deepEqual(
          changes.map(({ subjectId }) => subjectId),
          expected,
        );
      });
    }

    for (const [name, act] of silentActs) {
      test(`takes no position for ${name}`, async (world) => {
        const head = await world.store.head();
        await act(world);
        assert.equal(await world.store.head(), head);
        assert.deepEqual(await world.store.listChanges(head, 10), []);
      });
    }
  });
}

/** Polls as fast as it can; what it has seen it would never look at again. */
async function follow(store: Store, from: number, until: number): Promise<ChangeRecord[]> {
  const seen: ChangeRecord[] = [];
  let position = from;
  while (position < until) {
    const changes = await store.listChanges(position, 7);
    seen.push(...changes);
    position = changes.at(-1)?.position ?? position;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return seen;
}

interface Announced {
  expected: string[];
  done(): Promise<unknown>;
}
type CachedAct = [
  string,
  (world: World) => Announced | Promise<Announced>,
  ...ChangeRecord["kind"][],
];

const cachedActs: CachedAct[] = [
  [
    "new client",
    ({ store, ours }) => {
      const insert = inserting(ours.tenantId);
      return { expected: [insert.client.clientId], done: () => store.insertClient(insert) };
    },
    "client",
  ],
  [
    "changed client",
    ({ store, ours }) => ({
      expected: [ours.client.clientId],
      done: () =>
        store.updateClient({
          client: { ...ours.client, version: 2 },
          bindings: [],
          revocations: [],
          audit: sampleAudit(ours.tenantId),
        }),
    }),
    "client",
  ],
  [
    "deleted client",
    ({ store, ours: { tenantId, client } }) => ({
      expected: [client.clientId, client.clientId],
      done: () =>
        store.deleteClient({
          tenantId,
          id: client.id,
          version: 1,
          atMs: 1,
          audit: sampleAudit(tenantId),
        }),
    }),
    "client",
    "revocation",
  ],
  [
    "new credential",
    ({ store, ours }) => ({
      expected: [ours.client.clientId],
      done: () =>
        store.insertCredential({
          credential: sampleCredential(ours.client),
          liveMax: 5,
          idempotency: undefined,
          audit: sampleAudit(ours.tenantId),
        }),
    }),
    "client",
  ],
  [
    "changed credential",
    ({ store, ours: { tenantId, client, credential } }) => ({
      expected: [client.clientId],
      done: () =>
        store.updateCredential({
          before: credential,
          after: { ...credential, revokedAtMs: 1 },
          revocations: [],
          audit: sampleAudit(tenantId),
        }),
    }),
    "client",
  ],
  [
    "moved audience",
    async ({ store, ours: { tenantId } }) => {
      const [api] = await store.listApis(tenantId);
      const audience = "https://new.example.com";
      return {
        expected: [api!.id],
        done: () => store.updateAudience({ tenantId, id: api!.id, audience, atMs: 1 }),
      };
    },
    "api",
  ],
  [
    "first owner",
    ({ store, ours: { tenantId } }) => {
      const owner = sampleOwner(tenantId);
      return { expected: [owner.apiKey.digest], done: () => store.insertOwner(owner) };
    },
    "api_key",
  ],
  [
    "new signing key",
    ({ store, ours: { tenantId } }) => {
      const keys = [sampleSigningKey(tenantId), sampleSigningKey(tenantId, { stage: "current" })];
      return {
        expected: keys.map(({ id }) => id),
        done: () => store.insertSigningKeys({ keys }),
      };
    },
    "signing_key",
    "signing_key",
  ],
  [
    "moved signing key",
    async ({ store, ours: { tenantId } }) => {
      const key = sampleSigningKey(tenantId);
      await store.insertSigningKeys({ keys: [key] });
      const moves = [{ id: key.id, from: "next" as const, to: "current" as const }];
      const fresh = sampleSigningKey(tenantId);
      const rotation = { tenantId, moves, inserts: [fresh], atMs: 1 };
      return { expected: [key.id, fresh.id], done: () => store.moveSigningKeys(rotation) };
    },
    "signing_key",
    "signing_key",
  ],
];

const silentActs: [string, (world: World) => Promise<unknown>][] = [
  [
    "what can happen once",
    async ({ store, ours: { tenantId } }) => {
      const code = { kind: "code", digest: nextId("digest") };
      await store.insertSingleUse({ ...code, tenantId, payload: "", expiresAtMs: 10 });
      await store.consumeSingleUse({ ...code, atMs: 1 });
      await store.clearSingleUse({ tenantId, kind: "code" });
    },
  ],
  [
    "usage",
    async ({ store }) => {
      const processId = nextId("prc");
      const batch = {
        processId,
        atMs: 1,
        counts: [],
        uses: [],
        findings: [],
        permissionUses: [],
        gaps: [],
      };
      await store.insertUsage(batch);
      await store.closeSilentProcesses({ silentSinceMs: 2, atMs: 3 });
      await store.endUsage({ processId });
      await store.rollUpUsage({ fromSpanMs: 1, toSpanMs: 2, beforeMs: 3 });
    },
  ],
  [
    "leases",
    async ({ store }) => {
      const name = nextId("job");
      await store.takeLease({ name, holder: "a", seenBeat: 0 });
      await store.releaseLease({ name, holder: "a" });
    },
  ],
  ["audit alone", ({ store, ours }) => store.insertAudit({ audit: sampleAudit(ours.tenantId) })],
  [
    "sweeping",
    ({ store }) =>
      store.sweep({
        atMs: 0,
        changesBeforeMs: 0,
        tombstonesBeforeMs: 0,
        gapsBeforeMs: 0,
        permissionUsesBeforeMs: 0,
      }),
  ],
];

function inserting(tenantId: string) {
  const client = sampleClient(tenantId);
  const credential = sampleCredential(client);
  return { client, credential, bindings: [], idempotency: undefined, audit: sampleAudit(tenantId) };
}
