import type { System } from "../system.ts";

/** How long this process has seen the same note of somebody else: no clocks are compared. */
export interface Notes {
  isAbandoned(connectionId: string, refreshId: string): boolean;
  forget(connectionId: string): void;
}

export function createNotes(system: System, leaseMs: number): Notes {
  const seen = new Map<string, { refreshId: string; atMs: number }>();
  return {
    isAbandoned(connectionId, refreshId) {
      const atMs = system.elapsedMs();
      const known = seen.get(connectionId);
      if (known?.refreshId === refreshId) return atMs - known.atMs > leaseMs;
      if (seen.size >= 100_000) seen.clear();
      seen.set(connectionId, { refreshId, atMs });
      return false;
    },
    forget: (connectionId) => void seen.delete(connectionId),
  };
}
