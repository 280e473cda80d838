import type { LeaseStore } from "../store/store.ts";
import { newId } from "../system.ts";
import { sendDue, tend, type DeliveriesContext } from "../webhooks/deliveries.ts";
import type { Jobs } from "./jobs.ts";
import { createLease } from "./lease.ts";

/**
 * Tells webhooks what happened, from one process of all that share a store. The lease is asked for
 * only when something is due, so that an idle service writes nothing.
 */

export interface WebhooksJobContext extends DeliveriesContext {
  store: DeliveriesContext["store"] & LeaseStore;
}

const lookEveryMs = 1_000;
const tendEveryMs = 60_000;

export function startWebhooksJob(context: WebhooksJobContext): Jobs {
  const { system, store, log } = context;
  const lease = createLease(system, store, "webhooks", newId(system, "prc_"));
  let tendedAtMs = -Infinity;
  let running: Promise<void> | undefined;

  async function runOnce(): Promise<void> {
    const isTendingDue = Math.abs(system.now() - tendedAtMs) >= tendEveryMs;
    const due = await store.listDueDeliveries({ atMs: system.now(), limit: 1 });
    if (due.length === 0 && !isTendingDue) return;
    if (!(await lease.hold())) return;
    if (isTendingDue) {
      await tend(context);
      tendedAtMs = system.now();
    }
    // What comes meanwhile is seen a second later: whoever stops waits for one page at most.
    await sendDue(context);
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
      await running;
      await lease.release().catch(() => undefined);
    },
  };
}
