import assert from "node:assert/strict";
import { describe } from "node:test";
import type { ConnectionRecord, ConnectionTokens, DatasourceRecord } from "../store.ts";
import { nextId, sampleAudit, sampleIdempotency } from "./records.contract.ts";
import {
  assertChangesNothing,
  countAudit,
  twinTest,
  type OpenStore,
  type World,
} from "./twins.contract.ts";

const datasourcesMax = 3;

export const sampleDatasource = (
  tenantId: string,
  own: Partial<DatasourceRecord> = {},
): DatasourceRecord => ({
  id: nextId("dsr"),
  tenantId,
  name: "Files",
  settings: { clientId: "c", scopes: ["a", "b"] },
  sealedSecrets: "sealed",
  externalId: undefined,
  labels: { team: "blue" },
  createdAtMs: 1_000,
  updatedAtMs: 1_000,
  version: 1,
  ...own,
});

export const sampleConnection = (
  { tenantId, id }: Pick<DatasourceRecord, "tenantId" | "id">,
  own: Partial<ConnectionRecord> = {},
): ConnectionRecord => ({
  id: nextId("con"),
  tenantId,
  datasourceId: id,
  owner: "",
  enabled: true,
  state: "connected",
  reason: undefined,
  reasonDetail: undefined,
  sinceMs: 1_000,
  linkId: "link",
  account: "somebody",
  requestedScopes: ["a"],
  grantedScopes: undefined,
  tolerances: [],
  captured: { realm: "1" },
  tokenOrigin: undefined,
  apiBaseUrl: undefined,
  sealedTokens: "sealed",
  tokenVersion: 1,
  tokensAtMs: 1_000,
  expiresAtMs: 2_000,
  refreshTokenExpiresAtMs: undefined,
  refreshId: undefined,
  refreshTries: 0,
  failures: 0,
  failingSinceMs: undefined,
  nextTryAtMs: undefined,
  externalId: undefined,
  labels: {},
  createdAtMs: 1_000,
  updatedAtMs: 1_000,
  version: 1,
  ...own,
});

export const inserting = (datasource: DatasourceRecord) => ({
  datasource,
  datasourcesMax,
  idempotency: undefined,
  audit: sampleAudit(datasource.tenantId),
});
const connecting = (connection: ConnectionRecord) => ({
  connection,
  idempotency: undefined,
  audit: sampleAudit(connection.tenantId),
});
const inserted = { outcome: "inserted" };

export function datasourceContract(open: OpenStore): void {
  describe("datasources and connections", () => {
    const test = twinTest(open, async (store, { tenantId }) => {
      const datasource = sampleDatasource(tenantId);
      assert.deepEqual(await store.insertDatasource(inserting(datasource)), inserted);
      const connection = sampleConnection(datasource);
      assert.deepEqual(await store.insertConnection(connecting(connection)), inserted);
    });
    const only = async ({ store, ours: { tenantId } }: World) => {
      const page = { after: undefined, name: undefined, externalId: undefined, limit: 10 };
      const [datasource] = await store.listDatasources(tenantId, page);
      const none = { datasourceId: undefined, owner: undefined, state: undefined };
      const all = { ...page, ...none, connectingSinceMs: 0 };
      const [connection] = await store.listConnections(tenantId, all);
      return { datasource: datasource!, connection: connection!, all };
    };

    test("are found by a part of their name, in which nothing is a pattern", async (world) => {
      const { store, ours } = world;
      const { tenantId } = ours;
      const named = { name: "Sales 100%_CRM" };
      await store.insertDatasource(inserting(sampleDatasource(tenantId, named)));
      const found = async (name: string): Promise<string[]> => {
        const page = { after: undefined, name, externalId: undefined, limit: 10 };
        return (await store.listDatasources(tenantId, page)).map((one) => one.name);
      };
      assert.deepEqual(await found("100%_crm"), ["Sales 100%_CRM"]);
      assert.deepEqual(await found("Sales%CRM"), []);
      assert.deepEqual(await found("Sales_100"), []);
    });

    test("keep what they were given, each of its tenant", async (world) => {
      const { store, other, query, ours, theirs } = world;
      const { tenantId } = ours;
      const datasource = sampleDatasource(tenantId, {
        externalId: "one",
        sealedSecrets: undefined,
      });
      const insert = inserting(datasource);
      assert.deepEqual(await store.insertDatasource(insert), inserted);
      assert.equal(await countAudit(query, insert.audit), 1);
      assert.deepEqual(await other.findDatasource(tenantId, datasource.id), datasource);
      assert.equal(await other.findDatasource(theirs.tenantId, datasource.id), undefined);
      const connection = sampleConnection(datasource, { owner: "u-1", grantedScopes: ["a"] });
      assert.deepEqual(await store.insertConnection(connecting(connection)), inserted);
      assert.deepEqual(await other.findConnection(tenantId, connection.id), connection);
      assert.equal(await other.findConnection(theirs.tenantId, connection.id), undefined);
      const { all } = await only(world);
      const ofOwner = { ...all, owner: "u-1", datasourceId: datasource.id };
      assert.deepEqual(await store.listConnections(tenantId, ofOwner), [connection]);
      assert.deepEqual(
        await store.findConnectionOfOwner(tenantId, datasource.id, "u-1"),
        connection,
      );
    });

    test("are listed and counted by the state that people see", async (world) => {
      const { store, ours, theirs } = world;
      const { tenantId } = ours;
      const datasource = sampleDatasource(tenantId);
      await store.insertDatasource(inserting(datasource));
      const made: Record<string, string> = {};
      const make = async (seen: string, own: Partial<ConnectionRecord>): Promise<void> => {
        const connection = sampleConnection(datasource, { owner: nextId("owner"), ...own });
        await store.insertConnection(connecting(connection));
        made[connection.id] = seen;
      };
      await make("disabled", { enabled: false });
      await make("refreshing", { refreshId: "r" });
      await make("disabled", { enabled: false, refreshId: "r" });
      await make("connected", {});
      await make("connecting", { state: "connecting", sinceMs: 100 });
      await make("not_connected", { state: "connecting", sinceMs: 99 });
      await make("not_connected", { state: "not_connected", sinceMs: 99 });
      const { all } = await only(world);
      const filters = { ...all, datasourceId: datasource.id, connectingSinceMs: 100 };
      for (const state of new Set(Object.values(made))) {
        const found = await store.listConnections(tenantId, { ...filters, state });
        const expected = Object.keys(made).filter((id) => made[id] === state);
        assert.deepEqual(found.map(({ id }) => id).toSorted(), expected.toSorted(), state);
      }
      const ids = [datasource.id];
      assert.deepEqual(
        (await store.countConnections(tenantId, ids, 100)).map((one) => [one.state, one.count]),
        [
          ["connected", 1],
          ["connecting", 1],
          ["disabled", 2],
          ["not_connected", 2],
          ["refreshing", 1],
        ],
      );
      assert.deepEqual(await store.countConnections(theirs.tenantId, ids, 100), []);
      assert.deepEqual(await store.countConnections(tenantId, [], 100), []);
    });

    test("refuse a second owner, external id or one too many without a trace", async (world) => {
      const { store, ours } = world;
      const { tenantId } = ours;
      const { datasource } = await only(world);
      const named = { externalId: "once" };
      await store.insertDatasource(inserting(sampleDatasource(tenantId, named)));
      await store.insertConnection(
        connecting(sampleConnection(datasource, { owner: "u", ...named })),
      );
      await assertChangesNothing(world, async () => {
        const again = sampleDatasource(tenantId, named);
        assert.deepEqual(await store.insertDatasource(inserting(again)), {
          outcome: "external_id_taken",
        });
        const last = { ...inserting(sampleDatasource(tenantId)), datasourcesMax: 2 };
        assert.deepEqual(await store.insertDatasource(last), { outcome: "too_many" });
        const second = connecting(sampleConnection(datasource, { owner: "u" }));
        assert.deepEqual(await store.insertConnection(second), { outcome: "owner_taken" });
        const alike = connecting(sampleConnection(datasource, { owner: "v", ...named }));
        assert.deepEqual(await store.insertConnection(alike), { outcome: "external_id_taken" });
        const nowhere = connecting(sampleConnection({ tenantId, id: "dsr_gone" }, { owner: "w" }));
        assert.deepEqual(await store.insertConnection(nowhere), { outcome: "conflict" });
      });
    });

    test("do once what is asked twice with one key", async (world) => {
      const { store, ours } = world;
      const { tenantId } = ours;
      const first = sampleDatasource(tenantId);
      const idempotency = sampleIdempotency(tenantId, first.id);
      await store.insertDatasource({ ...inserting(first), idempotency });
      await assertChangesNothing(world, async () => {
        const again = { ...inserting(sampleDatasource(tenantId)), idempotency };
        const { requestDigest, subjectId } = idempotency;
        const repeated = { outcome: "repeated", requestDigest, subjectId };
        assert.deepEqual(await store.insertDatasource(again), repeated);
      });
    });

    const effects: [
      "keep" | "retry" | "reconnect" | "forget",
      Partial<ConnectionTokens>,
      Partial<ConnectionRecord>,
    ][] = [
      ["keep", {}, { state: "connected", sealedTokens: "sealed" }],
      [
        "retry",
        { failures: 2, reason: "client_refused", state: "reconnect_required", nextTryAtMs: 9 },
        { failures: 0, reason: undefined, state: "connected", nextTryAtMs: undefined },
      ],
      [
        "retry",
        { failures: 0, reason: "refresh_token_refused", state: "reconnect_required" },
        { state: "reconnect_required", reason: "refresh_token_refused" },
      ],
      [
        "reconnect",
        { refreshId: "ref", refreshTries: 1 },
        { state: "reconnect_required", reason: "settings_changed", refreshId: undefined },
      ],
      ["forget", {}, { state: "not_connected", sealedTokens: undefined, expiresAtMs: undefined }],
    ];
    for (const [effect, change, expected] of effects) {
      test(`change settings, and with ${effect} the connections that hold tokens`, async (world) => {
        const { store, ours } = world;
        const { datasource, connection } = await only(world);
        const { tenantId, id } = connection;
        const moving = { tenantId, id, tokenVersion: 1, change, atMs: 1, audit: undefined };
        assert.equal(await store.moveTokens(moving), "written");
        const next = { ...datasource, name: "Other", updatedAtMs: 5_000, version: 2 };
        const audit = sampleAudit(ours.tenantId);
        const update = { datasource: next, connections: effect, audit };
        assert.equal(await store.updateDatasource(update), "written");
        const after = (await only(world)).connection;
        for (const [name, value] of Object.entries(expected)) {
          assert.deepEqual(after[name as keyof ConnectionRecord], value, name);
        }
        await assertChangesNothing(world, async () => {
          assert.equal(await store.updateDatasource(update), "conflict");
        });
      });
    }

    test("go with what is held for them only by force", async (world) => {
      const { store, ours } = world;
      const { datasource, connection } = await only(world);
      const deleting = { datasource, isForced: false, audit: sampleAudit(ours.tenantId) };
      await assertChangesNothing(world, async () => {
        assert.equal(await store.deleteDatasource(deleting), "held");
        const stale = { ...datasource, version: 7 };
        const forced = { ...deleting, datasource: stale, isForced: true };
        assert.equal(await store.deleteDatasource(forced), "conflict");
      });
      assert.equal(await store.deleteDatasource({ ...deleting, isForced: true }), "written");
      assert.equal(await store.findConnection(ours.tenantId, connection.id), undefined);
    });

    test("change and delete a connection by its version", async (world) => {
      const { store, ours } = world;
      const { connection } = await only(world);
      const next = { ...connection, enabled: false, labels: { a: "b" }, version: 2 };
      const update = { connection: next, audit: sampleAudit(ours.tenantId) };
      assert.equal(await store.updateConnection(update), "written");
      assert.deepEqual((await only(world)).connection, next);
      const stale = { connection, audit: sampleAudit(ours.tenantId) };
      await assertChangesNothing(world, async () => {
        assert.equal(await store.updateConnection({ ...stale, connection: next }), "conflict");
        assert.equal(await store.deleteConnection(stale), "conflict");
      });
      assert.equal(await store.deleteConnection({ ...stale, connection: next }), "written");
    });

    test("begin a refresh once, and let only who began it end it (G15)", async (world) => {
      const { store, other, ours } = world;
      const { connection } = await only(world);
      const { tenantId, id } = connection;
      const begin = (refreshId: string, is: string | undefined, tokenVersion: number) => ({
        tenantId,
        id,
        tokenVersion,
        refreshId: { is },
        audit: undefined,
        atMs: 1,
        change: { refreshId, refreshTries: 1 },
      });
      const outcomes = await Promise.all([
        store.moveTokens(begin("one", undefined, 1)),
        other.moveTokens(begin("two", undefined, 1)),
      ]);
      assert.deepEqual(outcomes.toSorted(), ["conflict", "written"]);
      const begun = (await only(world)).connection;
      assert.equal(begun.tokenVersion, 2);
      const ended = { sealedTokens: "new", refreshId: undefined, refreshTries: 0 };
      const ending = { atMs: 1, tenantId, id, tokenVersion: 2, change: ended };
      const audit = sampleAudit(ours.tenantId);
      await assertChangesNothing(world, async () => {
        const foreign = { ...ending, refreshId: { is: "three" }, audit };
        assert.equal(await store.moveTokens(foreign), "conflict");
        assert.equal(await store.moveTokens({ ...ending, tokenVersion: 1, audit }), "conflict");
      });
      const own = { ...ending, refreshId: { is: begun.refreshId }, audit };
      assert.equal(await store.moveTokens(own), "written");
      const after = (await only(world)).connection;
      assert.deepEqual([after.sealedTokens, after.refreshId], ["new", undefined]);
      assert.equal(after.version, connection.version);
    });

    test(
      "list what is about to expire, of all tenants",
      async (world) => {
        const { store } = world;
        const { connection, datasource } = await only(world);
        const later = sampleConnection(datasource, { owner: "later", expiresAtMs: 90_000 });
        const off = sampleConnection(datasource, { owner: "off", enabled: false });
        for (const one of [later, off]) await store.insertConnection(connecting(one));
        const page = await store.listExpiringConnections({ beforeMs: 80_000, limit: 1_000 });
        const found = page.map(({ id }) => id);
        assert.ok(found.includes(connection.id));
        assert.ok(!found.includes(later.id) && !found.includes(off.id));
        const { expiresAtMs = 0, id } = connection;
        const rest = await store.listExpiringConnections({
          beforeMs: 80_000,
          after: { expiresAtMs, id },
          limit: 1_000,
        });
        assert.deepEqual(
          rest.map((one) => one.id),
          found.slice(found.indexOf(connection.id) + 1),
        );
      },
      "all tenants",
    );

    test(
      "list what has no known end and was got long ago, of all tenants",
      async (world) => {
        const { store } = world;
        const { connection, datasource } = await only(world);
        const endless = (owner: string, tokensAtMs: number | undefined, own: object = {}) =>
          sampleConnection(datasource, { owner, expiresAtMs: undefined, tokensAtMs, ...own });
        const old = [endless("one", 100), endless("two", 100), endless("three", 200)];
        const no = [endless("new", 900), endless("none", undefined), endless("off", 100, off)];
        for (const one of [...old, ...no]) await store.insertConnection(connecting(one));
        const page = await store.listConnectionsLeftAlone({ beforeMs: 500, limit: 1_000 });
        const found = page.map(({ id }) => id);
        assert.ok(old.every(({ id }) => found.includes(id)));
        assert.ok([connection, ...no].every(({ id }) => !found.includes(id)));
        const after = { tokensAtMs: 100, id: found.find((id) => id === old[0]!.id)! };
        const rest = await store.listConnectionsLeftAlone({ beforeMs: 500, after, limit: 1_000 });
        assert.deepEqual(
          rest.map(({ id }) => id),
          found.slice(found.indexOf(after.id) + 1),
        );
      },
      "all tenants",
    );
  });
}

const off = { enabled: false };
