import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readMigrations } from "../migrate.ts";
import type { CredentialRecord } from "../records.ts";
import type { InsertClient, Store } from "../store.ts";
import {
  sampleClient,
  sampleCredential,
  sampleTenant,
  sampleAudit,
  nextId,
} from "./records.contract.ts";

/**
 * The frame of every contract test: two tenants that look alike. A test acts on ours; that not a row
 * of theirs came, went or changed is checked after each.
 */

export interface OpenedStore {
  store: Store;
  /** One more store on the same database, as another process would have. */
  second(): Promise<Store>;
  /** What the tables really hold. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export type OpenStore = () => Promise<OpenedStore>;

export interface Twin extends Omit<InsertClient, "credential"> {
  tenantId: string;
  credential: CredentialRecord;
}

export interface World {
  store: Store;
  /** What another process has open. */
  other: Store;
  query: OpenedStore["query"];
  ours: Twin;
  theirs: Twin;
}

type Prepare = (store: Store, twin: Twin) => Promise<void>;
type Act = (world: World) => Promise<void>;

/**
 * Answers a `test` whose tests share one database; `prepare` gives both tenants more in common. An act
 * on all tenants is checked by its own test.
 */
export function twinTest(
  open: OpenStore,
  prepare: Prepare = async () => undefined,
): (name: string, act: Act, scope?: "ours" | "all tenants") => void {
  let opened: OpenedStore;
  let other: Store;
  before(async () => {
    opened = await open();
    other = await opened.second();
  });
  after(async () => {
    await other.close();
    await opened.close();
  });
  return (name, act, scope = "ours") => {
    test(name, async () => {
      const { store, query } = opened;
      const [ours, theirs] = [await insertTwin(store), await insertTwin(store)];
      for (const twin of [ours, theirs]) await prepare(store, twin);
      const before = await rowsOf(query, theirs.tenantId);
      await act({ store, other, query, ours, theirs });
      if (scope === "all tenants") return;
      assert.deepEqual(await rowsOf(query, theirs.tenantId), before, "the other tenant changed");
    });
  };
}

/** A tenant with a client that differs from its twin's in nothing but ids. */
async function insertTwin(store: Store): Promise<Twin> {
  const tenant = sampleTenant();
  const tenantId = tenant.tenant.id;
  assert.equal(await store.insertTenant(tenant), "written");
  const client = sampleClient(tenantId, { externalId: "billing", labels: { team: "blue" } });
  const insert = {
    client,
    credential: sampleCredential(client),
    bindings: [
      { role: "corpus_viewer", resourceType: "corpus", resourceId: "crp_1" },
      { role: "viewer", resourceType: "account", resourceId: "*" },
    ].toSorted((one, two) => (one.resourceType < two.resourceType ? -1 : 1)),
    idempotency: undefined,
    audit: sampleAudit(tenantId),
  };
  assert.deepEqual(await store.insertClient(insert), { outcome: "inserted" });
  const use = { firstUsedAtMs: 10, lastUsedAtMs: 20, address: "192.0.2.1", userAgent: "curl" };
  const finding = { kind: "wrong_secret", origin: "192.0.2.9", firstSeenAtMs: 1, lastSeenAtMs: 2 };
  await store.insertUsage({
    processId: nextId("process"),
    atMs: 1e15,
    counts: [],
    uses: [{ tenantId, credentialId: insert.credential.id, ...use }],
    findings: [{ tenantId, clientId: client.clientId, count: 1, ...finding }],
    permissionUses: [
      {
        tenantId,
        principalId: client.clientId,
        permission: "jobs:read",
        dayMs: 0,
        calls: 1,
        lastUsedAtMs: 20,
      },
    ],
    gaps: [],
  });
  return { tenantId, ...insert };
}

/** Every table that names a tenant, whatever tables there will be. */
const tenantTables = readMigrations().flatMap(({ sql }) =>
  [...sql.matchAll(/create table (\w+) \(([^;]*)\);/g)]
    .filter(([, , columns]) => columns?.includes("tenant_id") === true)
    .map(([, table]) => table),
);

async function rowsOf(query: World["query"], tenantId: string): Promise<string[]> {
  const rows = [...(await query(`select * from tenants where id = '${tenantId}'`))];
  for (const table of tenantTables) {
    rows.push(...(await query(`select * from ${table} where tenant_id = '${tenantId}'`)));
  }
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

/** How many audit rows tell of an act: one with success, none with a refusal. */
export async function countAudit(query: World["query"], audit: { id: string }): Promise<number> {
  return (await query(`select id from audit_events where id = '${audit.id}'`)).length;
}

/** What a refused act leaves: nothing of ours, neither rows nor a position. */
export async function assertChangesNothing(
  { store, query, ours }: World,
  act: () => Promise<unknown>,
): Promise<void> {
  const before = [await rowsOf(query, ours.tenantId), await store.head()];
  await act();
  assert.deepEqual([await rowsOf(query, ours.tenantId), await store.head()], before);
}
