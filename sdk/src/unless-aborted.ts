/**
 * Waits for the work, but no longer than the caller wants to: rejects with the reason of the signal, as
 * `fetch` does. What was begun goes on, since others may wait for it.
 */
export async function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  begin: () => Promise<Result>,
): Promise<Result> {
  if (signal === undefined) return begin();
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    const leave = (): void => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    begin().then(resolve, reject).finally(leave);
  });
}
