import type { FindingRecord, UsageCount } from "../store/records.ts";
import type { ApiStore, ClientStore, UsageBatch, UsageStore } from "../store/store.ts";

/**
 * Notices clients that fetch a token for every call instead of keeping it: far more in a minute than
 * its lifetime makes sensible. It looks at the counts when they are written, never at a request, and
 * counts what this process issued.
 */

/** More than these in a minute, of tokens that live at least so long. */
export const tokensPerMinuteMax = 20;
export const sensibleLifetimeSeconds = 600;

const minutesKept = 2;
const minuteMs = 60_000;

interface Seen {
  count: number;
  isNoted: boolean;
}

/** The same store; after counts are written, what they show goes with the next ones. */
export function noticingManyTokens(
  store: UsageStore & Pick<ClientStore, "findKnownClient"> & Pick<ApiStore, "listApis">,
): UsageStore {
  const seen = new Map<string, Seen>();
  let findings: FindingRecord[] = [];

  async function lifetimeSecondsOf(tenantId: string, clientId: string): Promise<number> {
    const known = await store.findKnownClient(clientId);
    const ownApi = (await store.listApis(tenantId)).find(({ isDefault }) => isDefault);
    return known?.client.tokenLifetimeSeconds ?? ownApi?.tokenLifetimeSeconds ?? 0;
  }

  async function notice(counts: UsageCount[], atMs: number): Promise<void> {
    forget(seen, atMs);
    for (const { tenantId, clientId, startMs, outcome, count } of counts) {
      if (outcome !== "issued") continue;
      const key = `${startMs} ${tenantId} ${clientId}`;
      const minute = seen.get(key) ?? { count: 0, isNoted: false };
      seen.set(key, minute);
      minute.count += count;
      if (minute.isNoted || minute.count <= tokensPerMinuteMax) continue;
      minute.isNoted = true;
      const lifetimeSeconds = await lifetimeSecondsOf(tenantId, clientId).catch(() => 0);
      if (lifetimeSeconds < sensibleLifetimeSeconds) continue;
      findings.push(manyTokens(tenantId, clientId, startMs));
    }
  }

  return {
    ...store,
    async insertUsage(batch: UsageBatch) {
      const noticed = findings;
      findings = [];
      try {
        const outcome = await store.insertUsage({
          ...batch,
          findings: [...batch.findings, ...noticed],
        });
        await notice(batch.counts, batch.atMs);
        return outcome;
      } catch (error) {
        findings = noticed;
        throw error;
      }
    },
  };
}

function forget(seen: Map<string, Seen>, atMs: number): void {
  for (const key of seen.keys()) {
    if (Number.parseInt(key, 10) < atMs - minutesKept * minuteMs) seen.delete(key);
  }
}

const manyTokens = (tenantId: string, clientId: string, atMs: number): FindingRecord => ({
  tenantId,
  clientId,
  kind: "many_tokens",
  origin: "",
  count: 1,
  firstSeenAtMs: atMs,
  lastSeenAtMs: atMs,
});
