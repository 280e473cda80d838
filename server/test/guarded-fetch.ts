import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { FetchFailed, FetchRefused } from "../src/fetch/fetch-error.ts";
import { createFetch, type FetchOptions, type GuardedFetch } from "../src/fetch/fetch.ts";

/** The way out as a test uses it: to servers on loopback, unless it says otherwise. */

export function openFetch(test: TestContext, options: Partial<FetchOptions> = {}): GuardedFetch {
  const fetch = createFetch({ allow: ["127.0.0.0/8"], ...options });
  test.after(() => fetch.close());
  return fetch;
}

/** For `assert.rejects`: nothing was sent, and why. */
export const refused = (reason: string) => (error: unknown) =>
  error instanceof FetchRefused && error.reason === reason && error.phase === "before_sending";

export const failed = (reason: string, phase: string) => (error: unknown) => {
  assert.ok(error instanceof FetchFailed, String(error));
  assert.deepEqual([error.reason, error.phase], [reason, phase]);
  return true;
};
