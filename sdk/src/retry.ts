import { OAuthError, TransportError, UnexpectedResponseError } from "./errors.ts";

/** A longer wait is for the caller to decide. */
const waitSecondsMax = 10;
const busyRetriesMax = 2;
const transportTriesMax = 2;

/**
 * Does it again where that can help and cannot harm: when the server is busy (429, 503), up to twice
 * and as late as it asks for [RFC 9110 §10.2.3]; when there was no answer, once. What the server
 * refused it would refuse again.
 */
export async function withRetries<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let retries = 0; ; retries += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one try after the other is the point
      return await act();
    } catch (error) {
      const seconds = secondsToWait(error, retries);
      if (seconds === undefined || seconds > waitSecondsMax) throw error;
      // oxlint-disable-next-line no-await-in-loop
      await wait(seconds);
    }
  }
}

function secondsToWait(error: unknown, retries: number): number | undefined {
  if (error instanceof TransportError) {
    return retries + 1 < transportTriesMax ? backOffSeconds(retries) : undefined;
  }
  const answer = answerOf(error);
  if (answer === undefined || (answer.status !== 429 && answer.status !== 503)) return undefined;
  return retries < busyRetriesMax
    ? (answer.retryAfterSeconds ?? backOffSeconds(retries))
    : undefined;
}

function answerOf(error: unknown) {
  if (error instanceof OAuthError) return error;
  return error instanceof UnexpectedResponseError ? error.cause : undefined;
}

/** Half a second, doubled each time, and spread, so that many clients do not return at once. */
function backOffSeconds(retries: number): number {
  return 0.5 * 2 ** retries * (0.5 + Math.random());
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
}

/** Reads `Retry-After`, seconds or a date [RFC 9110 §10.2.3]. */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, (dateMs - nowMs) / 1000);
}
