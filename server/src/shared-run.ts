/**
 * One run for many who want it: each is served by a run that begins after it asked, so that a read shows
 * it what is now and a write takes along what it has put down. A run begins at the end of the turn of the
 * event loop, so that all who ask within it share it.
 */
export function shareRuns(run: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  /** The run that is under way has not begun with its work yet. */
  let isGathering = false;
  let queued: Promise<void> | undefined;

  function start(): Promise<void> {
    isGathering = true;
    underWay = endOfTurn()
      .then(() => {
        isGathering = false;
        return run();
      })
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  }

  /**
   * A run that is under way may have seen an older state; one that follows it serves everybody. If the
   * first fails, nobody waits as long again for the second.
   */
  return () => {
    if (underWay === undefined) return start();
    if (isGathering) return underWay;
    queued ??= underWay
      .finally(() => {
        queued = undefined;
      })
      .then(() => underWay ?? start());
    return queued;
  };
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
