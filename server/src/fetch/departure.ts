/** Who asked may go away before there is an answer. Cheaper than a signal, whose abort makes an error. */
export class Departure {
  #hasLeft = false;
  #concerned: Concerned | undefined;

  /** Whoever waits for the answer on their behalf; the last one counts. */
  concerns(one: Concerned): void {
    this.#concerned = one;
    if (this.#hasLeft) one.giveUp("aborted");
  }

  leave(): void {
    this.#hasLeft = true;
    this.#concerned?.giveUp("aborted");
  }
}

interface Concerned {
  giveUp(reason: "aborted"): void;
}
