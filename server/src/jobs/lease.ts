import type { LeaseStore } from "../store/store.ts";
import type { System } from "../system.ts";

/**
 * Work that one process does at a time. The holder counts a beat up; who has seen the same beat for
 * longer than the lease lasts, by its own clock, takes over. So no two clocks are compared.
 */

export interface Lease {
  /** Whether this process holds it now; takes or keeps it when it can. */
  hold(): Promise<boolean>;
  release(): Promise<void>;
}

const leaseMs = 30_000;

export function createLease(
  system: System,
  store: LeaseStore,
  name: string,
  holder: string,
): Lease {
  let seen: { beat: number; atMs: number } | undefined;

  async function hold(): Promise<boolean> {
    const lease = await store.findLease(name);
    const beat = lease?.beat ?? 0;
    if (lease !== undefined && lease.holder !== holder && !isAbandoned(beat)) return false;
    return (await store.takeLease({ name, holder, seenBeat: beat })) === "written";
  }

  function isAbandoned(beat: number): boolean {
    const atMs = system.elapsedMs();
    if (seen?.beat !== beat) seen = { beat, atMs };
    return atMs - seen.atMs > leaseMs;
  }

  return {
    hold,
    async release() {
      await store.releaseLease({ name, holder });
    },
  };
}
