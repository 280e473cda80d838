import assert from "node:assert/strict";
import { describe } from "node:test";
import type { RefusalRecord } from "../records.ts";
import { nextId } from "./records.contract.ts";
import { twinTest, type OpenStore } from "./twins.contract.ts";

export function refusalContract(open: OpenStore): void {
  describe("refusals", () => {
    const test = twinTest(open, async (store, twin) => {
      await store.insertRefusals({ refusals: [sampleRefusal(twin.tenantId)] });
    });

    test("keeps why a request was refused, word for word, for its own customer", async (world) => {
      const { store, ours, theirs } = world;
      const refusal = sampleRefusal(ours.tenantId, {
        clientId: ours.client.clientId,
        details: '{"permission":"corpora:read"}',
      });
      const bare = sampleRefusal(ours.tenantId, { clientId: undefined, error: undefined });
      assert.equal(await store.insertRefusals({ refusals: [refusal, bare] }), "written");
      assert.deepEqual(await store.findRefusal(ours.tenantId, refusal.requestId), refusal);
      assert.deepEqual(await store.findRefusal(ours.tenantId, bare.requestId), bare);
      assert.equal(await store.findRefusal(theirs.tenantId, refusal.requestId), undefined);
      assert.equal(await store.findRefusal(ours.tenantId, "req_unknown"), undefined);
    });

    test("takes a batch twice, as after an answer that was lost", async ({ store, ours }) => {
      const refusals = Array.from({ length: 2_500 }, () => sampleRefusal(ours.tenantId));
      for (let round = 0; round < 2; round += 1) {
        assert.equal(await store.insertRefusals({ refusals }), "written");
      }
      const page = { after: undefined, clientId: undefined, cause: undefined, limit: 5_000 };
      assert.equal((await store.listRefusals(ours.tenantId, page)).length, 2_501);
    });

    test("lists newest first, page by page, by client and by cause", async ({ store, ours }) => {
      const own = [
        { atMs: 20_000, clientId: "client_x" },
        { atMs: 20_000, cause: "scope_unknown" },
        { atMs: 30_000, clientId: "client_x", cause: "scope_unknown" },
      ].map((some) => sampleRefusal(ours.tenantId, some));
      await store.insertRefusals({ refusals: own });
      const [one, two, three] = own.map(({ requestId }) => requestId) as [string, string, string];
      const all = { after: undefined, clientId: undefined, cause: undefined, limit: 3 };
      const list = async (page: object) =>
        (await store.listRefusals(ours.tenantId, { ...all, ...page })).map(
          ({ requestId }) => requestId,
        );
      const [later, earlier] = one > two ? [one, two] : [two, one];
      assert.deepEqual(await list({}), [three, later, earlier]);
      assert.deepEqual(await list({ after: { atMs: 30_000, requestId: three }, limit: 1 }), [
        later,
      ]);
      assert.deepEqual(await list({ clientId: "client_x" }), [three, one]);
      assert.deepEqual(await list({ cause: "scope_unknown" }), [three, two]);
    });

    test("names the clients of one customer, deleted ones too", async ({ store, ours, theirs }) => {
      const { tenantId, client } = ours;
      const name = { id: client.id, clientId: client.clientId, name: client.name };
      const both = [client.clientId, theirs.client.clientId, "nobody"];
      assert.deepEqual(await store.listClientNames(tenantId, both), [name]);
      assert.deepEqual(await store.listClientNames(tenantId, []), []);
      const audit = { ...ours.audit, id: nextId("evt") };
      await store.deleteClient({ tenantId, id: client.id, version: 1, atMs: 100, audit });
      assert.deepEqual(await store.listClientNames(tenantId, both), [name]);
    });

    test(
      "removes those from before a time",
      async ({ store, ours }) => {
        const refusals = [1, 2].map((atMs) => sampleRefusal(ours.tenantId, { atMs }));
        await store.insertRefusals({ refusals });
        await store.sweepRefusals({ beforeMs: 2 });
        const [old, young] = refusals;
        assert.equal(await store.findRefusal(ours.tenantId, old!.requestId), undefined);
        assert.deepEqual(await store.findRefusal(ours.tenantId, young!.requestId), young);
      },
      "all tenants",
    );
  });
}

const sampleRefusal = (tenantId: string, own: Partial<RefusalRecord> = {}): RefusalRecord => ({
  requestId: nextId("req"),
  tenantId,
  atMs: 5_000,
  endpoint: "POST /oauth2/token",
  status: 401,
  error: "invalid_client",
  cause: "wrong_secret",
  clientId: undefined,
  sourceAddress: "192.0.2.1",
  details: "{}",
  ...own,
});
