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
}

const lookEveryMs = 5_000;

export function startConnectionsJob(context: ConnectionsJobContext): Jobs {
  const { system, store, log } = context;
  const lease = createLease(system, store, "connections", newId(system, "prc_"));
  let renewal: BackgroundRenewal | undefined;
  let running: Promise<void> | undefined;

  async function runOnce(): Promise<void> {
    const beforeMs = system.now() + aheadMs;
    const ending = await store.listExpiringConnections({ beforeMs, limit: 1 });
    if (ending.length === 0 || !(await lease.hold())) return;
    const { createBackgroundRenewal } = await context.outbound();
    renewal ??= createBackgroundRenewal(context);
    await renewal.pass(await context.freshTokens());
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
