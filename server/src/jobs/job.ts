import type { Log } from "../log.ts";
import type { LeaseStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { createLease, type Lease } from "./lease.ts";

/** Work that a process does again and again, one run at a time, until it is stopped. */
export interface Job {
  /** Resolves when the present run is over and the lease is free for another process. */
  stop(): Promise<void>;
}

interface JobOptions {
  /** Of its lease: one process of all that share a store holds it. */
  name: string;
  everyMs: number;
  /** What is logged when a run fails; the next one tries again. */
  failure: string;
  /** Asks for the lease where it needs it. A run that is due while one goes on is left out. */
  run(lease: Lease): Promise<void>;
  /** Tells the present run to come to an end. */
  cutShort?(): Promise<void> | void;
}

export function startJob(
  { system, store, log }: { system: System; store: LeaseStore; log: Log },
  { name, everyMs, failure, run, cutShort }: JobOptions,
): Job {
  const lease = createLease(system, store, name, newId(system, "prc_"));
  let running: Promise<void> | undefined;

  const stopLooking = system.every(everyMs, () => {
    running ??= run(lease)
      .catch((error: unknown) => log.warn({ err: error }, failure))
      .finally(() => {
        running = undefined;
      });
  });

  return {
    async stop() {
      stopLooking();
      await cutShort?.();
      await running;
      await lease.release().catch(() => undefined);
    },
  };
}
