/** Who asked may go away before there is an answer. Cheaper than a signal, whose abort makes an error. */
export interface Departure {
  /** Whoever waits for the answer on their behalf says what is to be done then. */
  onLeave(act: () => void): void;
  leave(): void;
}

export function createDeparture(): Departure {
  let hasLeft = false;
  let leaving: (() => void) | undefined;
  return {
    onLeave(act) {
      leaving = act;
      if (hasLeft) act();
    },
    leave() {
      hasLeft = true;
      leaving?.();
    },
  };
}
