import type { LeaseStore } from "../store/store.ts";
import { newId } from "../system.ts";
import { createDeliveries, type DeliveriesContext } from "../webhooks/deliveries.ts";
import type { Jobs } from "./jobs.ts";
import { createLease } from "./lease.ts";

/**
 * Tells webhooks what happened, from every process of all that share a store: that each event is sent
 * once rests on claims in the store. The lease is for what one process does for all of them.
 */

export interface WebhooksJobContext extends DeliveriesContext {
  store: DeliveriesContext["store"] & LeaseStore;
}

const lookEveryMs = 1_000;
const tendEveryMs = 60_000;

export function startWebhooksJob(context: WebhooksJobContext): Jobs {
  const { system, store, log } = context;
  const lease = createLease(system, store, "webhooks", newId(system, "prc_"));
  const deliveries = createDeliveries(context);
  let tendedAtMs = -Infinity;
  let running: Promise<void> | undefined;

  async function runOnce(): Promise<void> {
    const isTendingDue = Math.abs(system.now() - tendedAtMs) >= tendEveryMs;
    if (isTendingDue && (await lease.hold())) {
      await deliveries.tend();
      tendedAtMs = system.now();
    }
    await deliveries.sendDue();
  }

  const timer = setInterval(() => {
    running ??= runOnce()
      .catch((error: unknown) => {
        log.warn({ err: error }, "webhooks were not told; it is tried again");
      })
      .finally(() => {
        running = undefined;
      });
  }, lookEveryMs);
  timer.unref();

  return {
    async stop() {
      clearInterval(timer);
      deliveries.stop();
      await running;
      await lease.release().catch(() => undefined);
    },
  };
}
