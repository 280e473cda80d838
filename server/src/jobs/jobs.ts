import { minuteMs } from "../audit/usage.ts";
import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import type { SigningKeys } from "../keys/signing.ts";
import type { Log } from "../log.ts";
import type { Feed } from "../store/feed.ts";
import type {
  ApiStore,
  ExchangeStore,
  LeakStore,
  LeaseStore,
  RefusalStore,
  RetentionStore,
  TenantStore,
  UsageStore,
} from "../store/store.ts";
import type { System } from "../system.ts";
import { staleAfterMs } from "../store/feed.ts";
import { startJob, type Job } from "./job.ts";
import type { Lease } from "./lease.ts";

/** The background jobs. One process of all that share a store does them at a time. */

export interface JobsContext {
  system: System;
  store: LeaseStore &
    UsageStore &
    RefusalStore &
    LeakStore &
    Pick<ExchangeStore, "sweepExchanges"> &
    RetentionStore &
    TenantStore &
    ApiStore;
  keys: SigningKeys;
  feed: Feed;
  log: Log;
}

const runEveryMs = 10_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const keepMinutesMs = 48 * hourMs;
const keepHoursMs = 90 * dayMs;
const keepDaysMs = 730 * dayMs;
const keepChangesMs = hourMs;
const keepTombstonesMs = 30 * dayMs;
const keepGapsMs = 400 * dayMs;
/** A month, and the day that has begun. */
const keepPermissionUsesMs = 31 * dayMs;
const keepRefusalsMs = 7 * dayMs;
const keepExchangesMs = 30 * dayMs;
const keepClosedLeaksMs = 400 * dayMs;
/** Longer than this without a report, and a process is gone. */
const silentMs = minuteMs;

export const startJobs = (context: JobsContext): Job =>
  startJob(context, {
    name: "jobs",
    everyMs: runEveryMs,
    failure: "background jobs did not run; they are tried again",
    run: (lease) => runOnce(context, lease),
  });

async function runOnce(context: JobsContext, lease: Lease): Promise<void> {
  if (!(await lease.hold())) return;
  const { system, store } = context;
  const atMs = system.now();
  await rotateKeys(context, "schedule");
  await store.closeSilentProcesses({ silentSinceMs: atMs - silentMs, atMs });
  await rollUp(store, atMs);
  await store.sweepRefusals({ beforeMs: atMs - keepRefusalsMs });
  await store.sweepLeaks({ beforeMs: atMs - keepClosedLeaksMs });
  await store.sweepExchanges({ beforeMs: atMs - keepExchangesMs });
  await store.sweep({
    atMs,
    changesBeforeMs: atMs - keepChangesMs,
    tombstonesBeforeMs: atMs - keepTombstonesMs,
    gapsBeforeMs: atMs - keepGapsMs,
    permissionUsesBeforeMs: atMs - keepPermissionUsesMs,
  });
}

/**
 * Makes and moves what is due, for every algorithm that an API of a tenant uses. `true` when
 * something changed. While changes cannot be followed no key changes its stage.
 */
export async function rotateKeys(
  { store, keys, feed }: Pick<JobsContext, "store" | "keys" | "feed">,
  reason: "schedule" | "now",
): Promise<boolean> {
  if (feed.staleForMs() > staleAfterMs) return false;
  let hasChanged = false;
  for (const { id } of await store.listTenants()) {
    const algorithms = new Set((await store.listApis(id)).map((api) => api.signingAlgorithm));
    for (const algorithm of algorithms) {
      const isRotated = await keys.rotate(id, algorithm as SigningAlgorithm, reason);
      hasChanged ||= isRotated;
    }
  }
  return hasChanged;
}

async function rollUp(store: UsageStore, atMs: number): Promise<void> {
  const steps = [
    { fromSpanMs: minuteMs, toSpanMs: hourMs, beforeMs: atMs - keepMinutesMs },
    { fromSpanMs: hourMs, toSpanMs: dayMs, beforeMs: atMs - keepHoursMs },
    { fromSpanMs: dayMs, toSpanMs: undefined, beforeMs: atMs - keepDaysMs },
  ];
  for (const { fromSpanMs, toSpanMs, beforeMs } of steps) {
    // Only whole spans move up, so that no count is added to a span that has gone.
    const wholeMs = beforeMs - (beforeMs % (toSpanMs ?? fromSpanMs));
    await store.rollUpUsage({ fromSpanMs, toSpanMs, beforeMs: wholeMs });
  }
}
