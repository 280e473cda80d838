import type { Log } from "../log.ts";
import type { RefusalRecord } from "../store/records.ts";
import type { RefusalStore } from "../store/store.ts";
import { shareRuns } from "../shared-run.ts";
import type { System } from "../system.ts";

/**
 * Why requests were refused, so that it can be told. The first of a kind in a minute are kept, the
 * rest is only counted: neither memory nor rows grow with a flood. Rows are written once a second.
 */

export interface Refusal extends Omit<RefusalRecord, "atMs" | "details"> {
  /** Names and values of our own; nothing that a stranger typed. */
  details: RefusalDetails;
}

export type RefusalDetails = Readonly<Record<string, string | number | boolean | string[]>>;

export interface Refusals {
  note(refusal: Refusal): void;
  /** One whose cause is still being looked into; the caller bounds how many these are. */
  noteSoon(refusal: Promise<Refusal>): void;
  /** Writes what waits; until then nobody can look it up. Rejects with `StoreUnavailable`. */
  flush(): Promise<void>;
  stop(): Promise<void>;
  /** How many rows wait in memory. */
  readonly waiting: number;
}

/** Of each client and cause; all ids that are not ours are one client. */
export const keptPerMinute = 5;
/** Of all kinds together, in this process. */
export const keptPerMinuteMax = 500;
const waitingMax = 2_000;
const flushEveryMs = 1_000;
const minuteMs = 60_000;

export function createRefusals(system: System, store: RefusalStore, log: Log): Refusals {
  const mayKeep = createQuota();
  let waiting: RefusalRecord[] = [];
  const lookedInto = new Set<Promise<void>>();

  function note(refusal: Refusal): void {
    const atMs = system.now();
    if (waiting.length >= waitingMax || !mayKeep(refusal, atMs)) return;
    waiting.push({ ...refusal, atMs, details: JSON.stringify(refusal.details) });
  }

  async function write(): Promise<void> {
    await Promise.all(lookedInto);
    if (waiting.length === 0) return;
    const refusals = waiting;
    waiting = [];
    try {
      await store.insertRefusals({ refusals });
    } catch (error) {
      log.warn({ err: error, rows: refusals.length }, "refusals were not written; they are kept");
      waiting = [...refusals, ...waiting].slice(0, waitingMax);
      throw error;
    }
  }

  const flush = shareRuns(write);
  const timer = setInterval(() => void flush().catch(() => undefined), flushEveryMs);
  timer.unref();

  return {
    note,
    noteSoon(refusal) {
      const noted = refusal
        .then(note, (error: unknown) => log.warn({ err: error }, "a refusal has no cause"))
        .finally(() => lookedInto.delete(noted));
      lookedInto.add(noted);
    },
    flush,
    stop() {
      clearInterval(timer);
      return flush().catch(() => undefined);
    },
    get waiting() {
      return waiting.length;
    },
  };
}

type Kind = Pick<RefusalRecord, "tenantId" | "clientId" | "cause">;

/** Whether one more of a kind is kept. It forgets a minute with its end. */
function createQuota(): (kind: Kind, atMs: number) => boolean {
  let minute = 0;
  let kept = 0;
  const keptOf = new Map<string, number>();
  return ({ tenantId, clientId = "", cause }, atMs) => {
    const now = Math.floor(atMs / minuteMs);
    if (now !== minute) {
      minute = now;
      kept = 0;
      keptOf.clear();
    }
    const key = `${cause} ${tenantId} ${clientId}`;
    const count = keptOf.get(key) ?? 0;
    if (count >= keptPerMinute || kept >= keptPerMinuteMax) return false;
    keptOf.set(key, count + 1);
    kept += 1;
    return true;
  };
}
