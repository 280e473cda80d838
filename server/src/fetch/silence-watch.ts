/**
 * Looks after exchanges that may be silent for so long only. One timer serves all of them, and an exchange
 * counts how often it was looked at: a timer for each would be made and cleared with every request.
 */

export interface Watched {
  onLook(): void;
}

export interface SilenceWatch {
  add(watched: Watched): void;
  delete(watched: Watched): void;
}

const lookEveryMs = 100;

/** More looks than these, and so many milliseconds have passed for certain, with at most two looks more. */
export const looksIn = (silenceMs: number): number => Math.ceil(silenceMs / lookEveryMs);

export function createSilenceWatch(): SilenceWatch {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    if (watched.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    for (const one of watched) one.onLook();
  }

  return {
    add(one) {
      watched.add(one);
      timer ??= setInterval(look, lookEveryMs);
    },
    delete: (one) => void watched.delete(one),
  };
}
