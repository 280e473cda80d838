import { changedMeanwhile } from "../errors/admin-error.ts";

/**
 * How a thing with a version is changed: read it, decide, and write it only if nobody else wrote in
 * between. Who loses reads and decides again, so that of changes that arrive together none is lost.
 */

/** Each try that was in vain was another change that was written: so many may arrive together. */
const triesMax = 100;

/** Repeats `act` while it answers `conflict`. Throws 412 when that does not end. */
export async function untilWritten<Result>(
  act: () => Promise<Result | "conflict">,
): Promise<Result> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const result = await act();
    if (result !== "conflict") return result;
  }
  throw changedMeanwhile();
}

/** `If-Match`: throws 412 when another version is stored than the caller has read. */
export function checkVersion({ version }: { version: number }, expected: number | undefined): void {
  if (expected !== undefined && expected !== version) throw changedMeanwhile();
}
