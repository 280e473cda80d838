/**
 * One read for many who want to know what is now: each is served by a read that begins after it asked.
 * A read begins at the end of the turn of the event loop, so that all who ask within it share it.
 */
export function shareReads(read: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  /** The read that is under way has not asked the store yet. */
  let isGathering = false;
  let queued: Promise<void> | undefined;

  function startRead(): Promise<void> {
    isGathering = true;
    underWay = endOfTurn()
      .then(() => {
        isGathering = false;
        return read();
      })
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  }

  /**
   * A read that is under way may have seen an older state; one that follows it serves everybody. If
   * the store does not answer the first, nobody waits as long again for the second.
   */
  return () => {
    if (underWay === undefined) return startRead();
    if (isGathering) return underWay;
    queued ??= underWay
      .finally(() => {
        queued = undefined;
      })
      .then(() => underWay ?? startRead());
    return queued;
  };
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
