import assert from "node:assert/strict";
import { describe } from "node:test";
import type { LeakPlaceRecord, LeakRecord } from "../leak-store.ts";
import type { LeakStore, Store } from "../store.ts";
import { nextId, sampleApi, sampleApiKey, sampleAudit } from "./records.contract.ts";
import {
  assertChangesNothing,
  countAudit,
  twinTest,
  type OpenStore,
  type Twin,
} from "./twins.contract.ts";

const samplePlace = (own: Partial<LeakPlaceRecord> = {}): LeakPlaceRecord => ({
  placeDigest: nextId("place"),
  url: "https://example.com",
  source: "commit",
  type: "countersign",
  reporterType: "partner",
  reporterId: "key",
  atMs: 5_000,
  ...own,
});

const sampleLeak = (
  { tenantId, client, credential }: Twin,
  own: Partial<LeakRecord> = {},
): LeakRecord => ({
  id: nextId("lek"),
  tenantId,
  digest: nextId("digest"),
  kind: "client_secret",
  subjectId: credential.id,
  clientId: client.clientId,
  ownerType: undefined,
  ownerId: undefined,
  hint: "abcd",
  state: "active",
  policy: "notify",
  response: "notified",
  rights: "{}",
  status: "open",
  note: "",
  placeCount: 1,
  firstReportedAtMs: 5_000,
  lastReportedAtMs: 5_000,
  version: 1,
  ...own,
});

type Recorded = Parameters<LeakStore["recordLeak"]>[0];

const recording = (twin: Twin, own: Partial<LeakRecord> = {}): Recorded => {
  const leak = sampleLeak(twin, own);
  const { tenantId, client } = twin;
  const seen = { origin: "", count: 1, firstSeenAtMs: 5_000, lastSeenAtMs: 5_000 };
  return {
    leak,
    place: samplePlace(),
    act: undefined,
    finding: { tenantId, clientId: client.clientId, kind: "secret_leaked", ...seen },
    audit: sampleAudit(tenantId),
  };
};

/** The credential, disabled because of a leak. */
const disabling = ({ credential, tenantId }: Twin): NonNullable<Recorded["act"]> => ({
  kind: "credential",
  input: {
    before: credential,
    after: { ...credential, disabledAtMs: 5_000 },
    revocations: [{ subjectType: "credential", subjectId: credential.id, dropped: undefined }],
    audit: sampleAudit(tenantId),
  },
});

const findingsOf = async (store: Store, { tenantId, client }: Twin): Promise<string[]> =>
  (await store.listFindings(tenantId, [client.clientId]))
    .map(({ kind }) => kind)
    .filter((kind) => kind === "secret_leaked");

const everything = {
  after: undefined,
  status: undefined,
  kind: undefined,
  clientId: undefined,
  subjectId: undefined,
  limit: 100,
};

export function leakContract(open: OpenStore): void {
  describe("leaks", () => {
    const test = twinTest(open);

    test("forgets closed leaks that were closed long ago, with their places", async (world) => {
      const { store, query, ours } = world;
      const { tenantId } = ours;
      const close = async (
        status: LeakRecord["status"],
        closedAtMs: number,
      ): Promise<LeakRecord> => {
        const { leak, ...rest } = recording(ours);
        await store.recordLeak({ leak, ...rest });
        const closed: LeakRecord = { ...leak, status, version: 2 };
        const audit = sampleAudit(tenantId, { subjectId: leak.id, atMs: closedAtMs });
        assert.equal(await store.updateLeak({ leak: closed, audit }), "written");
        return closed;
      };
      const old = [await close("resolved", 6_999), await close("false_alarm", 6_999)];
      const kept = [await close("resolved", 7_000), await close("open", 6_999)];
      assert.equal(await store.sweepLeaks({ beforeMs: 5_000 }), "written");
      for (const leak of [...old, ...kept]) {
        assert.deepEqual(await store.findLeak(tenantId, leak.id), leak, "was reported just now");
      }
      assert.equal(await store.sweepLeaks({ beforeMs: 7_000 }), "written");
      for (const { id } of old) {
        assert.equal(await store.findLeak(tenantId, id), undefined);
        assert.deepEqual(await query(`select * from leak_places where leak_id = '${id}'`), []);
      }
      for (const leak of kept) {
        assert.deepEqual(await store.findLeak(tenantId, leak.id), leak);
        assert.equal((await store.listLeakPlaces(leak.id)).length, 1);
      }
    });

    test("keeps a leak with its places, each of its tenant", async ({ store, other, ...world }) => {
      const { query, ours, theirs } = world;
      const { tenantId } = ours;
      const first = recording(ours);
      assert.equal(await store.recordLeak(first), "written");
      const { leak, place } = first;
      assert.deepEqual(await other.findLeak(tenantId, leak.id), leak);
      assert.equal(await other.findLeak(theirs.tenantId, leak.id), undefined);
      assert.deepEqual(await other.listLeakPlaces(leak.id), [place]);
      const find = (digest: string) => other.findLeakByDigest(tenantId, leak.digest, digest);
      assert.deepEqual(await find(place.placeDigest), { leak, isKnownPlace: true });
      assert.deepEqual(await find("elsewhere"), { leak, isKnownPlace: false });
      const theirView = await other.findLeakByDigest(theirs.tenantId, leak.digest, "elsewhere");
      assert.equal(theirView, undefined);
      assert.equal(await countAudit(query, first.audit), 1);
      assert.deepEqual(await findingsOf(other, ours), ["secret_leaked"]);
    });

    test("adds a place to the version that was read, and repeats none", async (world) => {
      const { store, other, ours } = world;
      const first = recording(ours);
      await store.recordLeak(first);
      const next = { ...recording(ours), leak: { ...first.leak, placeCount: 2, version: 2 } };
      assert.equal(await store.recordLeak(next), "written");
      assert.equal((await other.listLeakPlaces(first.leak.id)).length, 2);
      await assertChangesNothing(world, async () => {
        const stale = { ...recording(ours), leak: next.leak };
        assert.equal(await store.recordLeak(stale), "conflict");
        const another = { ...recording(ours), leak: sampleLeak(ours, first.leak) };
        assert.equal(await store.recordLeak(another), "conflict", "one leak of one secret");
        const again = { ...next, leak: { ...next.leak, version: 3 }, audit: recording(ours).audit };
        assert.equal(await store.recordLeak(again), "repeated");
      });
    });

    test("acts in the same transaction: with a revocation, or nothing at all", async (world) => {
      const { store, other, ours } = world;
      const head = await store.head();
      const acting = { ...recording(ours), act: disabling(ours) };
      assert.equal(await store.recordLeak(acting), "written");
      const [credential] = await other.listCredentials(ours.tenantId, ours.client.clientId);
      assert.equal(credential?.disabledAtMs, 5_000);
      assert.deepEqual(
        (await other.listRevocations(head, 0)).map(({ subjectId }) => subjectId),
        [ours.credential.id],
      );
      await assertChangesNothing(world, async () => {
        const late = { ...recording(ours), act: disabling(ours) };
        assert.equal(await store.recordLeak(late), "conflict", "the credential has changed");
      });
    });

    test("records one leak when two processes hear of it at once", async ({
      store,
      other,
      ours,
    }) => {
      const digest = nextId("digest");
      const outcomes = await Promise.all(
        [store, other].map((one) => one.recordLeak(recording(ours, { digest }))),
      );
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
    });

    test("finds what a digest belongs to: credential, key, or an API's secret", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const apiKey = sampleApiKey(tenantId);
      const audit = () => sampleAudit(tenantId);
      const rest = { bindings: [], idempotency: undefined };
      await store.insertApiKey({ apiKey, ...rest, audit: audit() });
      const digests = [nextId("verifier"), nextId("verifier")];
      const [verifierDigest, previousVerifierDigest] = digests;
      const api = sampleApi(tenantId, { verifierDigest, previousVerifierDigest });
      await store.insertApi({ api, apisMax: 100, idempotency: undefined, audit: audit() });
      const many = Array.from({ length: 2_500 }, (_, index) => `unknown ${index}`);
      const owners = await other.findDigestOwners("sha256", [...many, apiKey.digest, ...digests]);
      assert.deepEqual(
        owners.map(({ kind, id, digest }) => [kind, id, digest]),
        [
          ["api_key", apiKey.id, apiKey.digest],
          ["verifier_secret", api.id, digests[0]],
          ["verifier_secret", api.id, digests[1]],
        ],
      );
      const [credential] = await other.findDigestOwners("sha256", [ours.credential.digest]);
      assert.equal(credential?.kind, "client_secret");
      assert.deepEqual(await other.findDigestOwners("other", [apiKey.digest]), []);
    });

    test("lists the newest first, by status, kind, client and what leaked", async (world) => {
      const { store, other, ours, theirs } = world;
      const { tenantId } = ours;
      const kinds = ["client_secret", "api_key", "access_token"];
      const ids: string[] = [];
      for (const [index, kind] of kinds.entries()) {
        const own = { kind, subjectId: nextId("subject"), firstReportedAtMs: 9_000 + index };
        const leak = recording(ours, own);
        await store.recordLeak(leak);
        ids.unshift(leak.leak.id);
      }
      const list = async (page: object) =>
        (await other.listLeaks(tenantId, { ...everything, ...page })).map(({ id }) => id);
      assert.deepEqual((await list({})).slice(0, 3), ids);
      const after = { firstReportedAtMs: 9_002, id: ids[0]! };
      assert.deepEqual(await list({ after, limit: 2 }), ids.slice(1));
      assert.deepEqual(await list({ kind: "access_token" }), [ids[0]]);
      assert.deepEqual(await list({ status: "resolved" }), []);
      assert.deepEqual(await list({ clientId: "nobody" }), []);
      assert.deepEqual(await list({ subjectId: "nothing" }), []);
      assert.deepEqual(await other.listLeaks(theirs.tenantId, everything), []);
    });

    test("closes a leak, and takes the finding away with the last open one", async (world) => {
      const { store, other, ours } = world;
      const { tenantId } = ours;
      const open = [recording(ours), recording(ours)];
      for (const one of open) await store.recordLeak(one);
      for (const { id } of await store.listLeaks(tenantId, { ...everything, status: "open" })) {
        const before = (await other.findLeak(tenantId, id))!;
        assert.deepEqual(await findingsOf(other, ours), ["secret_leaked"]);
        const leak = { ...before, status: "resolved", version: before.version + 1 };
        const audit = sampleAudit(tenantId);
        assert.equal(await store.updateLeak({ leak, audit }), "written");
        assert.deepEqual(await other.findLeak(tenantId, id), leak);
      }
      assert.deepEqual(await findingsOf(other, ours), []);
      await assertChangesNothing(world, async () => {
        const leak = { ...open[0]!.leak, status: "false_alarm", version: 2 };
        const audit = sampleAudit(tenantId);
        assert.equal(await store.updateLeak({ leak, audit }), "conflict");
      });
    });
  });
}
