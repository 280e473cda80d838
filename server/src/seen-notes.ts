import { createBoundedMap } from "./bounded-map.ts";
import type { System } from "./system.ts";

/**
 * Notes by which a process says in the store what it is doing to something. Whoever sees the same note
 * for longer than the work can take takes the work over: no clocks are compared.
 */

export interface SeenNotes {
  /** Whether this process has seen the same note on the same thing for long enough. */
  isAbandoned(id: string, note: string): boolean;
  forget(id: string): void;
}

/** How long the work can take, in milliseconds, and of how many things the notes are remembered. */
export function createSeenNotes(
  system: System,
  { workMs, entriesMax }: { workMs: number; entriesMax: number },
): SeenNotes {
  const seen = createBoundedMap<{ note: string; atMs: number }>(entriesMax);
  return {
    isAbandoned(id, note) {
      const atMs = system.elapsedMs();
      const known = seen.get(id);
      if (known?.note === note) return atMs - known.atMs > workMs;
      seen.set(id, { note, atMs });
      return false;
    },
    forget: (id) => void seen.delete(id),
  };
}
