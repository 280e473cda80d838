import type { LeaseStore } from "../store/store.ts";
import { createDeliveries, type DeliveriesContext } from "../webhooks/deliveries.ts";
import { startJob, type Job } from "./job.ts";
import type { Lease } from "./lease.ts";

/**
 * Tells webhooks what happened, from every process of all that share a store: that each event is sent
 * once rests on claims in the store. The lease is for what one process does for all of them.
 */

export interface WebhooksJobContext extends DeliveriesContext {
  store: DeliveriesContext["store"] & LeaseStore;
}

const lookEveryMs = 1_000;
const tendEveryMs = 60_000;

export function startWebhooksJob(context: WebhooksJobContext): Job {
  const { system } = context;
  const deliveries = createDeliveries(context);
  let tendedAtMs = -Infinity;

  async function runOnce(lease: Lease): Promise<void> {
    const isTendingDue = Math.abs(system.now() - tendedAtMs) >= tendEveryMs;
    if (isTendingDue && (await lease.hold())) {
      await deliveries.tend();
      tendedAtMs = system.now();
    }
    await deliveries.sendDue();
  }

  return startJob(context, {
    name: "webhooks",
    everyMs: lookEveryMs,
    failure: "webhooks were not told; it is tried again",
    run: runOnce,
    cutShort: () => deliveries.stop(),
  });
}
