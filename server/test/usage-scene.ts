import { after, afterEach, before, beforeEach, mock } from "node:test";
import type { Use } from "../src/audit/last-uses.ts";
import { createUsage, minuteMs, type Usage } from "../src/audit/usage.ts";
import { createLog } from "../src/log.ts";
import { sampleTenant } from "../src/store/contract/records.contract.ts";
import { temporaryFile } from "../src/store/contract/temporary-file.contract.ts";
import { openSqlite } from "../src/store/sqlite/sqlite.ts";
import { StoreUnavailable, type Store, type UsageBatch } from "../src/store/store.ts";
import { system } from "../src/system.ts";

/** A process that counts what is used, on a real store that can be out of reach, with a clock of its own. */

/** The beginning of a minute. */
export const start = 1_700_000_040_000;
const silent = createLog("silent");

/** What a test moves and looks at: each begins with a tenant, and a process, of its own. */
export interface Scene {
  store: Store;
  tenantId: string;
  nowMs: number;
  /** What was asked to be written, whether or not it was. */
  batches: UsageBatch[];
  isDown: boolean;
  /** The store is silent until this is over. */
  silence: Promise<void> | undefined;
  /** Something that happens while a write is under way. */
  meanwhile: () => void;
  usage: Usage;
  /** Another process, or one with less room. */
  open(rowsWaitingMax?: number): Usage;
  use(own?: Partial<Use>): Use;
  /** Credentials of two tests are two credentials. */
  idOf(name: string): string;
  counted(): Promise<Record<string, number>>;
  lastUse(credentialId?: string): ReturnType<typeof lastUseOf>;
  /** Lets the timer fire, and waits until what it began is done. */
  secondPasses(): Promise<void>;
}

/** For all tests of a file; its members are there from the first test on. */
export function usageScene(): Scene {
  const file = temporaryFile();
  const scene = {
    open: (rowsWaitingMax?: number) => open(scene, rowsWaitingMax),
    use: (own: Partial<Use> = {}) => useIn(scene, own),
    idOf: (name: string) => `${scene.tenantId}:${name}`,
    counted: () => countedIn(scene),
    lastUse: (credentialId = "crd_1") => lastUseOf(scene, credentialId),
    secondPasses: () => secondPasses(scene),
  } as Scene;
  before(async () => {
    scene.store = await openSqlite(file.path);
  });
  after(async () => {
    await scene.store.close();
    file.remove();
  });
  beforeEach(async () => {
    mock.timers.enable({ apis: ["setInterval"] });
    const sample = sampleTenant();
    const { id: tenantId } = sample.tenant;
    const meanwhile = () => undefined;
    Object.assign(scene, {
      tenantId,
      nowMs: start,
      batches: [],
      isDown: false,
      silence: undefined,
      meanwhile,
    });
    await scene.store.insertTenant(sample);
    scene.usage = scene.open();
  });
  // Gaps are of all tenants: each test begins without one.
  afterEach(async () => {
    mock.timers.reset();
    await scene.usage.stop();
    await scene.store.closeSilentProcesses({ silentSinceMs: 1e15, atMs: 0 });
    await scene.store.sweep({
      atMs: 0,
      changesBeforeMs: 0,
      tombstonesBeforeMs: 0,
      gapsBeforeMs: 1e15,
      permissionUsesBeforeMs: 0,
    });
  });
  return scene;
}

function open(scene: Scene, rowsWaitingMax?: number): Usage {
  const { store } = scene;
  const reached = {
    ...store,
    async insertUsage(batch: UsageBatch) {
      scene.batches.push(batch);
      scene.meanwhile();
      if (scene.silence !== undefined) await scene.silence;
      if (scene.isDown) throw new StoreUnavailable("down");
      return store.insertUsage(batch);
    },
    endUsage: (input: { processId: string }) =>
      scene.isDown ? Promise.reject(new StoreUnavailable("down")) : store.endUsage(input),
  };
  return createUsage({ ...system, now: () => scene.nowMs }, reached, silent, rowsWaitingMax);
}

const useIn = ({ tenantId, idOf }: Scene, own: Partial<Use>): Use => ({
  tenantId,
  clientId: "client_1",
  sourceAddress: "192.0.2.1",
  userAgent: "curl",
  ...own,
  credentialId: idOf(own.credentialId ?? "crd_1"),
});

/** By minute, client, credential and outcome. */
async function countedIn({ store, tenantId, idOf }: Scene): Promise<Record<string, number>> {
  const rows = await store.listUsage(tenantId, minuteMs, 0);
  return Object.fromEntries(
    rows.map((row) => [
      [(row.startMs - start) / minuteMs, row.clientId, row.credentialId, row.outcome]
        .join(" ")
        .replace(idOf(""), ""),
      row.count,
    ]),
  );
}

const lastUseOf = async ({ store, tenantId, idOf }: Scene, credentialId: string) =>
  (await store.listCredentialUses(tenantId, [idOf(credentialId)]))[0];

async function secondPasses(scene: Scene): Promise<void> {
  scene.nowMs += 1_000;
  const count = scene.batches.length;
  mock.timers.tick(1_000);
  while (scene.batches.length === count) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 0));
}
