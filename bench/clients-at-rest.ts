import { setTimeout as sleep } from "node:timers/promises";
import {
  sampleAudit,
  sampleClient,
  sampleCredential,
} from "../server/src/store/contract/records.contract.ts";
import { openSqlite } from "../server/src/store/sqlite/sqlite.ts";
import type { Store } from "../server/src/store/store.ts";
import type { Progress } from "./progress.ts";
import type { EmptyCountersign } from "./servers/countersign.ts";

/** App clients that were made long ago, put into a server's file as another process would. */

export interface ClientsAtRest {
  count: number;
  /** Every so manieth is called as the search wants it, and was last used long ago. */
  soughtEvery: number;
}

/** What the sought ones are called, and no other is. */
export const soughtName = "Billing";

const yearMs = 365 * 86_400_000;
const atOnce = 500;
const sealedMsMax = 120_000;

export async function putClients(
  { databaseFile }: EmptyCountersign,
  { count, soughtEvery }: ClientsAtRest,
  progress: Progress,
): Promise<void> {
  const store = await openSqlite(databaseFile);
  try {
    const [tenant] = await store.listTenants();
    const nowMs = Date.now();
    for (let index = 0; index < count; index += atOnce) {
      progress(`app client ${index} of ${count}`);
      const some = Array.from({ length: Math.min(atOnce, count - index) }, (_, place) => ({
        index: index + place,
        tenantId: tenant!.id,
        createdAtMs: nowMs - yearMs + (index + place) * 1_000,
        isSought: (index + place) % soughtEvery === 0,
      }));
      await putSome(store, some, nowMs);
    }
    await untilSealed(store, progress);
  } finally {
    await store.close();
  }
}

interface AtRest {
  index: number;
  tenantId: string;
  createdAtMs: number;
  isSought: boolean;
}

async function putSome(store: Store, some: AtRest[], nowMs: number): Promise<void> {
  const made = some.map(({ index, tenantId, createdAtMs, isSought }) => {
    const name = `${isSought ? soughtName : "Search"} ${String(index).padStart(6, "0")}`;
    const client = sampleClient(tenantId, { name, createdAtMs, updatedAtMs: createdAtMs });
    return { client, credential: sampleCredential(client, { createdAtMs }), isSought };
  });
  const nothing = { bindings: [], idempotency: undefined };
  const inserts = made.map(({ client, credential }) =>
    store.insertClient({ client, credential, ...nothing, audit: sampleAudit(client.tenantId) }),
  );
  await Promise.all(inserts);
  const use = { firstUsedAtMs: nowMs - yearMs, address: "", userAgent: "" };
  await store.insertUsage({
    processId: "bench",
    atMs: nowMs,
    counts: [],
    uses: made.map(({ credential: { id, tenantId }, isSought }) => ({
      ...use,
      tenantId,
      credentialId: id,
      lastUsedAtMs: isSought ? nowMs - yearMs / 2 : nowMs,
    })),
    findings: [],
    permissionUses: [],
    gaps: [],
  });
}

/** The server numbers and signs what is new in its audit log: work that is not to be measured. */
async function untilSealed(store: Store, progress: Progress): Promise<void> {
  for (let waitedMs = 0; waitedMs < sealedMsMax; waitedMs += 500) {
    if ((await store.listUnsealedAudit(1, [])).length === 0) return;
    progress("until the audit log is sealed");
    await sleep(500);
  }
  throw new Error("the audit log is not sealed");
}
