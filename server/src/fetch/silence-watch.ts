/**
 * Looks after exchanges that may be silent for so long only. One timer serves all of them, and an exchange
 * counts how often it was looked at: a timer for each would be made and cleared with every request.
 *
 * They stand in places that are used again. In a set or a list of timers, what comes and goes leaves parts
 * behind that have become old, and until old things are collected those hold all that was ever in them.
 */

export interface Watched {
  onLook(): void;
}

export interface SilenceWatch {
  /** Answers its place. */
  add(watched: Watched): number;
  /** Whoever has a place leaves it once. */
  leave(place: number): void;
}

const lookEveryMs = 100;

/** More looks than these, and so many milliseconds have passed for certain, with at most two looks more. */
export const looksIn = (silenceMs: number): number => Math.ceil(silenceMs / lookEveryMs);

export function createSilenceWatch(): SilenceWatch {
  const places: (Watched | undefined)[] = [];
  const free: number[] = [];
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    if (free.length === places.length) {
      clearInterval(timer);
      timer = undefined;
    }
    for (const one of places) one?.onLook();
  }

  return {
    add(one) {
      const place = free.pop() ?? places.length;
      places[place] = one;
      timer ??= setInterval(look, lookEveryMs);
      return place;
    },
    leave(place) {
      places[place] = undefined;
      free.push(place);
    },
  };
}
