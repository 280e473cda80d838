import assert from "node:assert/strict";
import { describe } from "node:test";
import type { ExchangeRecord } from "../exchange-store.ts";
import { sampleConnection, sampleDatasource } from "./datasources.contract.ts";
import { nextId, sampleAudit } from "./records.contract.ts";
import { twinTest, type OpenStore, type World } from "./twins.contract.ts";

/** What was said to providers: the last few exchanges of each connection. */

const sampleExchange = (
  { tenantId, id }: { tenantId: string; id: string },
  own: Partial<ExchangeRecord> = {},
): ExchangeRecord => ({
  id: nextId("exc"),
  tenantId,
  connectionId: id,
  atMs: 1_000,
  step: "refresh",
  curl: "curl",
  status: 200,
  answer: "{}",
  durationMs: 12,
  cause: undefined,
  detail: undefined,
  tolerances: ["no_token_type"],
  ...own,
});

async function insertConnection({ store, ours: { tenantId } }: World) {
  const datasource = sampleDatasource(tenantId);
  const audit = () => sampleAudit(tenantId);
  const rest = { idempotency: undefined };
  await store.insertDatasource({ datasource, datasourcesMax: 9, ...rest, audit: audit() });
  const connection = sampleConnection(datasource);
  await store.insertConnection({ connection, ...rest, audit: audit() });
  return connection;
}

export function exchangeContract(open: OpenStore): void {
  describe("exchanges with providers", () => {
    const test = twinTest(open);

    test("are kept as they were, newest first, of one tenant", async (world) => {
      const { store, other, ours, theirs } = world;
      const connection = await insertConnection(world);
      const older = sampleExchange(connection, { cause: "unreachable", status: undefined });
      const newer = sampleExchange(connection, { atMs: 2_000, answer: undefined, detail: "tls" });
      await store.insertExchanges({ exchanges: [older, newer], keptMax: 5 });
      assert.deepEqual(await other.listExchanges(ours.tenantId, connection.id, 5), [newer, older]);
      assert.deepEqual(await other.listExchanges(ours.tenantId, connection.id, 1), [newer]);
      assert.deepEqual(await other.listExchanges(theirs.tenantId, connection.id, 5), []);
    });

    test("only the last ones of a connection stay, and none of one that is gone", async (world) => {
      const { store, ours } = world;
      const [one, two] = [await insertConnection(world), await insertConnection(world)];
      const of = async (connection: { id: string }) => {
        const found = await store.listExchanges(ours.tenantId, connection.id, 9);
        return found.map(({ atMs }) => atMs);
      };
      const at = (connection: typeof one, atMs: number) => sampleExchange(connection, { atMs });
      const gone = { ...one, id: nextId("con") };
      const first = [at(one, 1), at(one, 2), at(one, 3), at(two, 1), at(gone, 1)];
      await store.insertExchanges({ exchanges: first, keptMax: 2 });
      assert.deepEqual([await of(one), await of(two)], [[3, 2], [1]]);
      await store.insertExchanges({ exchanges: [at(one, 4)], keptMax: 2 });
      assert.deepEqual([await of(one), await of(two)], [[4, 3], [1]]);
      const audit = sampleAudit(ours.tenantId);
      await store.deleteConnection({ connection: one, audit });
      assert.deepEqual(await of(one), []);
    });

    test(
      "are forgotten after their time",
      async (world) => {
        const { store, ours } = world;
        const connection = await insertConnection(world);
        const exchanges = [100, 101].map((atMs) => sampleExchange(connection, { atMs }));
        await store.insertExchanges({ exchanges, keptMax: 9 });
        await store.sweepExchanges({ beforeMs: 101 });
        const left = await store.listExchanges(ours.tenantId, connection.id, 9);
        assert.deepEqual(
          left.map(({ atMs }) => atMs),
          [101],
        );
      },
      "all tenants",
    );
  });
}
