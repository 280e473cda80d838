import type { Log } from "../log.ts";
import { ConnectionRefused, ProviderPaused } from "./connection-refused.ts";

/** One renewal of a connection for all who ask for it in this process. */

export interface Flights {
  /** Joins the one that is under way, or begins one. */
  join(connectionId: string, begin: () => Promise<void>): Promise<void>;
  /** The same, but that a renewal that was not even tried does not count. */
  insist(connectionId: string, begin: () => Promise<void>): Promise<void>;
  /** Waits for all that are under way, however they end. */
  settle(): Promise<void>;
}

export function createFlights(log: Log): Flights {
  const flights = new Map<string, Promise<void>>();

  function join(id: string, begin: () => Promise<void>): Promise<void> {
    const known = flights.get(id);
    if (known !== undefined) return known;
    const flight = begin().finally(() => flights.delete(id));
    flights.set(id, flight);
    // Who waits hears of it; in the background nobody does.
    flight.catch((error: unknown) => {
      if (error instanceof ConnectionRefused) return;
      log.warn({ err: error, connection: id }, "a connection was not renewed");
    });
    return flight;
  }

  return {
    join,
    async insist(id, begin) {
      for (let known; (known = flights.get(id)) !== undefined;) {
        if (await isTried(known)) return;
      }
      await join(id, begin);
    },
    async settle() {
      await Promise.allSettled(flights.values());
    },
  };
}

/** Resolves for a provider that is left alone; rejects as the flight does for all else. */
export async function isTried(flight: Promise<void>): Promise<boolean> {
  try {
    await flight;
    return true;
  } catch (error) {
    if (error instanceof ProviderPaused) return false;
    throw error;
  }
}
