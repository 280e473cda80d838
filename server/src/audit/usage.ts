import type { Log } from "../log.ts";
import type {
  CredentialUse,
  FindingRecord,
  UsageBatch,
  UsageCount,
  UsageGap,
  UsageStore,
} from "../store/store.ts";
import { newId, type System } from "../system.ts";

/**
 * Counts, never audit: how many tokens were issued and refused, and when a credential was last used.
 * Issuing adds to numbers in memory; one transaction a second writes them. What cannot be written is
 * kept and tried again; what must be given up leaves a recorded gap.
 */

export interface Usage {
  issued(use: Use): void;
  /** A refusal; an unknown client counts under its tenant only. */
  refused(tenantId: string, clientId: string | undefined, cause: string): void;
  /** A client secret came from a web page, where everybody can read it. */
  seenFromBrowser(use: Use, origin: string): void;
  flush(): Promise<void>;
  /** Writes what is left and says goodbye, so that no gap is recorded. */
  stop(): Promise<void>;
}

export interface Use {
  tenantId: string;
  clientId: string;
  credentialId: string;
  sourceAddress: string;
  userAgent: string | undefined;
}

export const minuteMs = 60_000;
const flushEveryMs = 1_000;
/** A last use is written at most this often; the counts beside it are exact. */
const lastUseEveryMs = 60_000;
/** Beyond this many rows waiting, counts are given up and a gap is recorded. */
const rowsWaitingMax = 100_000;
const textMax = 200;

interface LastUse {
  use: Use;
  firstUsedAtMs: number;
  lastUsedAtMs: number;
  writtenAtMs: number;
}

export function createUsage(system: System, store: UsageStore, log: Log): Usage {
  const processId = newId(system, "prc_");
  let counts = new Map<string, UsageCount>();
  let findings = new Map<string, FindingRecord>();
  const lastUses = new Map<string, LastUse>();
  let gap: UsageGap | undefined;
  let flushing: Promise<void> = Promise.resolve();

  function count(row: Omit<UsageCount, "count" | "spanMs" | "startMs">, atMs: number): void {
    const startMs = atMs - (atMs % minuteMs);
    const key = `${startMs} ${row.outcome} ${row.credentialId} ${row.clientId} ${row.tenantId}`;
    const known = counts.get(key);
    if (known !== undefined) known.count += 1;
    else if (counts.size < rowsWaitingMax) {
      counts.set(key, { ...row, spanMs: minuteMs, startMs, count: 1 });
    } else gap ??= { fromMs: atMs, untilMs: atMs };
  }

  function noteLastUse(use: Use, atMs: number): void {
    const known = lastUses.get(use.credentialId);
    if (known !== undefined) {
      known.use = use;
      known.lastUsedAtMs = atMs;
    } else if (lastUses.size < rowsWaitingMax) {
      const times = { firstUsedAtMs: atMs, lastUsedAtMs: atMs, writtenAtMs: 0 };
      lastUses.set(use.credentialId, { use, ...times });
    } else gap ??= { fromMs: atMs, untilMs: atMs };
  }

  function takeBatch(atMs: number, isLast: boolean): { batch: UsageBatch; uses: LastUse[] } {
    const uses = [...lastUses.values()].filter(
      ({ lastUsedAtMs, writtenAtMs }) =>
        lastUsedAtMs > writtenAtMs && (isLast || atMs - writtenAtMs >= lastUseEveryMs),
    );
    const batch = {
      processId,
      atMs,
      counts: [...counts.values()],
      findings: [...findings.values()],
      uses: uses.map(toCredentialUse),
      gaps: gap === undefined ? [] : [{ ...gap, untilMs: atMs }],
    };
    counts = new Map();
    findings = new Map();
    return { batch, uses };
  }

  async function write(isLast: boolean): Promise<void> {
    const atMs = system.now();
    const { batch, uses } = takeBatch(atMs, isLast);
    try {
      await store.insertUsage(batch);
    } catch (error) {
      log.warn({ err: error, rows: batch.counts.length }, "usage was not written; it is kept");
      return keepForLater(batch);
    }
    gap = undefined;
    for (const lastUse of uses) lastUse.writtenAtMs = atMs;
    forgetOldUses(lastUses, atMs);
  }

  function keepForLater(batch: UsageBatch): void {
    for (const row of batch.counts) {
      const key = `${row.startMs} ${row.outcome} ${row.credentialId} ${row.clientId} ${row.tenantId}`;
      const newer = counts.get(key)?.count ?? 0;
      counts.set(key, { ...row, count: row.count + newer });
    }
    for (const finding of batch.findings) addFinding(finding);
  }

  function addFinding(finding: FindingRecord): void {
    const key = `${finding.tenantId} ${finding.clientId} ${finding.kind}`;
    const known = findings.get(key);
    if (known === undefined) {
      if (findings.size < rowsWaitingMax) findings.set(key, finding);
      return;
    }
    known.count += finding.count;
    known.firstSeenAtMs = Math.min(known.firstSeenAtMs, finding.firstSeenAtMs);
    known.lastSeenAtMs = Math.max(known.lastSeenAtMs, finding.lastSeenAtMs);
  }

  function flush(isLast = false): Promise<void> {
    flushing = flushing.then(() => write(isLast));
    return flushing;
  }

  const timer = setInterval(() => void flush(), flushEveryMs);
  timer.unref();

  return {
    issued(use) {
      const atMs = system.now();
      const { tenantId, clientId, credentialId } = use;
      count({ tenantId, clientId, credentialId, outcome: "issued" }, atMs);
      noteLastUse(use, atMs);
    },
    refused(tenantId, clientId = "", cause) {
      count({ tenantId, clientId, credentialId: "", outcome: cause }, system.now());
    },
    seenFromBrowser({ tenantId, clientId }, origin) {
      const atMs = system.now();
      addFinding({
        tenantId,
        clientId,
        kind: "secret_from_browser",
        origin: origin.slice(0, textMax),
        count: 1,
        firstSeenAtMs: atMs,
        lastSeenAtMs: atMs,
      });
    },
    flush: () => flush(),
    async stop() {
      clearInterval(timer);
      await flush(true);
      if (counts.size === 0) await store.endUsage({ processId });
    },
  };
}

function toCredentialUse({ use, firstUsedAtMs, lastUsedAtMs }: LastUse): CredentialUse {
  return {
    tenantId: use.tenantId,
    credentialId: use.credentialId,
    firstUsedAtMs,
    lastUsedAtMs,
    address: use.sourceAddress,
    userAgent: (use.userAgent ?? "").slice(0, textMax),
  };
}

/** A credential that has been quiet since it was written needs no memory. */
function forgetOldUses(lastUses: Map<string, LastUse>, atMs: number): void {
  for (const [credentialId, { lastUsedAtMs, writtenAtMs }] of lastUses) {
    const isWritten = lastUsedAtMs <= writtenAtMs;
    if (isWritten && atMs - lastUsedAtMs > lastUseEveryMs) lastUses.delete(credentialId);
  }
}
