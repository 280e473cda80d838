import type { BackgroundRenewal } from "../datasources/background-renewal.ts";
import type { OutboundDoor } from "../datasources/outbound.ts";
import { aheadMs } from "../datasources/token-due.ts";
import type { RefreshContext } from "../datasources/refresh.ts";
import type { LeaseStore } from "../store/store.ts";
import { newId } from "../system.ts";
import type { Jobs } from "./jobs.ts";
import { createLease } from "./lease.ts";

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

export function startConnectionsJob(context: ConnectionsJobContext): Jobs {
  const { system, store, log } = context;
  const lease = createLease(system, store, "connections", newId(system, "prc_"));
  let renewal: BackgroundRenewal | undefined;
  let running: Promise<void> | undefined;

  let lookedAtMs = 0;

  async function runOnce(): Promise<void> {
    const beforeMs = system.now() + aheadMs;
    const ending = await store.listExpiringConnections({ beforeMs, limit: 1 });
    if (ending.length > 0) await (await renewing())?.pass(await context.freshTokens());
    await keepAlive();
  }

  async function keepAlive(): Promise<void> {
    const nowMs = system.now();
    if (context.keepAliveMs === 0 || nowMs - lookedAtMs < lookForLeftAloneEveryMs) return;
    lookedAtMs = nowMs;
    const beforeMs = nowMs - context.keepAliveMs;
    const leftAlone = await store.listConnectionsLeftAlone({ beforeMs, limit: 1 });
    if (leftAlone.length === 0) return;
    await (await renewing())?.keepAlive(await context.freshTokens(), beforeMs);
  }

  /** `undefined` while another process does it. */
  async function renewing(): Promise<BackgroundRenewal | undefined> {
    if (!(await lease.hold())) return undefined;
    const { createBackgroundRenewal } = await context.outbound();
    return (renewal ??= createBackgroundRenewal(context));
  }

  const timer = setInterval(() => {
    running ??= runOnce()
      .catch((error: unknown) => {
        log.warn({ err: error }, "connections were not renewed; it is tried again");
      })
      .finally(() => {
        running = undefined;
      });
  }, lookEveryMs);
  timer.unref();

  return {
    async stop() {
      clearInterval(timer);
      await renewal?.stop();
      await running;
      await lease.release().catch(() => undefined);
    },
  };
}
