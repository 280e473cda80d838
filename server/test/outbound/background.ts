import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestClock } from "../server.ts";
import { loopback } from "./provider.ts";

/** For tests of what happens to connections though nobody asks. */

export const inBackground = { ...loopback, COUNTERSIGN_BACKGROUND_RENEWAL: "on" };

/** Somebody will have done it soon; the jobs look every few seconds. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  seconds = 30,
): Promise<void> {
  for (let tries = 0; tries < seconds * 20; tries += 1) {
    if (await isSo()) return;
    await sleep(50);
  }
  assert.fail(`it never came to this: ${what}`);
}

/** The same of a server in this process, whose jobs look whenever it is asked. */
export const untilJobs = (
  { clock }: { clock: TestClock },
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> =>
  until(what, () => {
    clock.tick();
    return isSo();
  });
