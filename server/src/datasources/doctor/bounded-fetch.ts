import type { Ask } from "./probe-url.ts";

/** For each request. */
const askMsMax = 5_000;

/** Somebody waits: no request takes long, and none outlives what it was made for. */
export const boundedFetch = (fetch: Ask, signal: AbortSignal): Ask => ({
  request: (asked) =>
    fetch.request({ ...asked, signal, totalMs: Math.min(asked.totalMs ?? askMsMax, askMsMax) }),
});
