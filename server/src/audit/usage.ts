import type { Log } from "../log.ts";
import type { FindingRecord, UsageGap } from "../store/records.ts";
import type { UsageStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { createFindings } from "./findings.ts";
import { createLastUses, type Use } from "./last-uses.ts";
import { createUsageCounts } from "./usage-counts.ts";

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
  /** Since this process started. */
  totals(): { issued: number; refused: ReadonlyMap<string, number> };
  flush(): Promise<void>;
  /** Writes what is left and says goodbye, so that no gap is recorded. */
  stop(): Promise<void>;
}

export const minuteMs = 60_000;
const flushEveryMs = 1_000;
/** Beyond this many rows waiting, counts are given up and a gap is recorded. */
const rowsWaitingMax = 100_000;
const originCharactersMax = 200;

export function createUsage(system: System, store: UsageStore, log: Log): Usage {
  const processId = newId(system, "prc_");
  const counts = createUsageCounts(rowsWaitingMax);
  const lastUses = createLastUses(rowsWaitingMax);
  const findings = createFindings(rowsWaitingMax);
  const totals = { issued: 0, refused: new Map<string, number>() };
  let gap: UsageGap | undefined;
  let flushing: Promise<void> = Promise.resolve();

  async function write(isLast: boolean): Promise<void> {
    const atMs = system.now();
    const batch = {
      processId,
      atMs,
      counts: counts.take(),
      findings: findings.take(),
      uses: lastUses.due(atMs, isLast),
      gaps: gap === undefined ? [] : [{ ...gap, untilMs: atMs }],
    };
    try {
      await store.insertUsage(batch);
      lastUses.written(batch.uses, atMs);
      gap = undefined;
    } catch (error) {
      log.warn({ err: error, rows: batch.counts.length }, "usage was not written; it is kept");
      batch.counts.forEach((row) => counts.add(row));
      batch.findings.forEach((finding) => findings.add(finding));
    }
  }

  function flush(isLast: boolean): Promise<void> {
    flushing = flushing.then(() => write(isLast));
    return flushing;
  }

  const timer = setInterval(() => void flush(false), flushEveryMs);
  timer.unref();

  return {
    issued(use) {
      const atMs = system.now();
      totals.issued += 1;
      const { tenantId, clientId, credentialId } = use;
      const isCounted = counts.add({
        tenantId,
        clientId,
        credentialId,
        outcome: "issued",
        ...inMinuteOf(atMs),
      });
      const isNoted = lastUses.note(use, atMs);
      if (!isCounted || !isNoted) gap ??= { fromMs: atMs, untilMs: atMs };
    },
    refused(tenantId, clientId, cause) {
      totals.refused.set(cause, (totals.refused.get(cause) ?? 0) + 1);
      const subject = { tenantId, clientId: clientId ?? "", credentialId: "" };
      counts.add({ ...subject, outcome: cause, ...inMinuteOf(system.now()) });
    },
    seenFromBrowser({ tenantId, clientId }, origin) {
      findings.add(secretFromBrowser(tenantId, clientId, origin, system.now()));
    },
    totals: () => totals,
    flush: () => flush(false),
    async stop() {
      clearInterval(timer);
      await flush(true);
      if (counts.size === 0) await store.endUsage({ processId });
    },
  };
}

const inMinuteOf = (atMs: number) => ({
  spanMs: minuteMs,
  startMs: atMs - (atMs % minuteMs),
  count: 1,
});

const secretFromBrowser = (
  tenantId: string,
  clientId: string,
  origin: string,
  atMs: number,
): FindingRecord => ({
  tenantId,
  clientId,
  kind: "secret_from_browser",
  origin: origin.slice(0, originCharactersMax),
  count: 1,
  firstSeenAtMs: atMs,
  lastSeenAtMs: atMs,
});
