import type { BackgroundRenewal } from "../datasources/background-renewal.ts";
import type { OutboundDoor } from "../datasources/outbound.ts";
import { aheadMs } from "../datasources/token-due.ts";
import type { RefreshContext } from "../datasources/refresh.ts";
import type { LeaseStore } from "../store/store.ts";
import { startJob, type Job } from "./job.ts";
import type { Lease } from "./lease.ts";

/**
 * Renews connections in the background, in one process of all that share a store. That each token is
 * sent once rests on the store and not on the lease, which only saves the others the work. Where
 * nothing is about to end, nothing is written, and what speaks with providers is not even loaded.
 */

export interface ConnectionsJobContext
  extends RefreshContext, Pick<OutboundDoor, "outbound" | "freshTokens"> {
  store: RefreshContext["store"] & LeaseStore;
  /** After how long tokens without a known end are renewed; 0: never. */
  keepAliveMs: number;
}

const lookEveryMs = 5_000;
/** What was left alone for hours can wait for a minute more. */
const lookForLeftAloneEveryMs = 60_000;

export function startConnectionsJob(context: ConnectionsJobContext): Job {
  const { system, store } = context;
  let renewal: BackgroundRenewal | undefined;
  let lookedAtMs = 0;

  async function runOnce(lease: Lease): Promise<void> {
    const beforeMs = system.now() + aheadMs;
    const ending = await store.listExpiringConnections({ beforeMs, limit: 1 });
    if (ending.length > 0) await (await renewing(lease))?.pass(await context.freshTokens());
    await keepAlive(lease);
  }

  async function keepAlive(lease: Lease): Promise<void> {
    const nowMs = system.now();
    if (context.keepAliveMs === 0 || nowMs - lookedAtMs < lookForLeftAloneEveryMs) return;
    lookedAtMs = nowMs;
    const beforeMs = nowMs - context.keepAliveMs;
    const leftAlone = await store.listConnectionsLeftAlone({ beforeMs, limit: 1 });
    if (leftAlone.length === 0) return;
    await (await renewing(lease))?.keepAlive(await context.freshTokens(), beforeMs);
  }

  /** `undefined` while another process does it. */
  async function renewing(lease: Lease): Promise<BackgroundRenewal | undefined> {
    if (!(await lease.hold())) return undefined;
    const { createBackgroundRenewal } = await context.outbound();
    return (renewal ??= createBackgroundRenewal(context));
  }

  return startJob(context, {
    name: "connections",
    everyMs: lookEveryMs,
    failure: "connections were not renewed; it is tried again",
    run: runOnce,
    cutShort: () => renewal?.stop(),
  });
}
