import {
  type FetchFailed,
  FetchRefused,
  isFetchError,
  type FailureReason,
} from "../../fetch/fetch-error.ts";
import type { GuardedFetch } from "../../fetch/fetch.ts";
import type { Step } from "../provider.ts";
import type { ProviderAnswer } from "./answer-document.ts";
import type { CauseName } from "./provider-causes.ts";
import { ProviderError } from "./provider-error.ts";
import type { ProviderRequest } from "./step-request.ts";

/** Sends what a builder made, and says what a failure of the network means for the step. */

const answerBytesMax = 256 * 1024;
/** A lease on a refresh must outlive this. */
export const providerCallMsMax = 30_000;

/** Throws `ProviderError`. Any status is an answer; `parseTokenAnswer` judges it. */
export async function callProvider(
  fetch: Pick<GuardedFetch, "request">,
  request: ProviderRequest,
  { totalMs = providerCallMsMax, signal }: { totalMs?: number; signal?: AbortSignal } = {},
): Promise<ProviderAnswer> {
  const { url, method, headers, body, certificateAuthority, step } = request;
  try {
    const sent = { url, method, headers, body, certificateAuthority, signal, totalMs };
    return await fetch.request({ ...sent, bodyBytesMax: answerBytesMax, isAlone: true });
  } catch (error) {
    throw isFetchError(error) ? describeFetchError(error, step) : error;
  }
}

const failures: Readonly<Partial<Record<FailureReason, CauseName>>> = {
  tls: "tls_failed",
  body_too_large: "unsafe_answer",
  headers_too_large: "unsafe_answer",
};

/** What can be spent once: a code and a refresh token. All else may simply be asked again. */
const spending = new Set<Step>(["exchange", "refresh"]);

function describeFetchError(error: FetchRefused | FetchFailed, step: Step): ProviderError {
  const about = { detail: error.reason, cause: error };
  if (error instanceof FetchRefused) {
    return new ProviderError(refusalCauseOf(error), about);
  }
  if (error.phase === "after_sending" && spending.has(step)) {
    return new ProviderError("answer_lost", about);
  }
  return new ProviderError(failures[error.reason] ?? "unreachable", about);
}

function refusalCauseOf({ reason }: FetchRefused): CauseName {
  switch (reason) {
    case "address":
    case "scheme":
    case "redirect":
      return "address_refused";
    case "url":
      return "url_missing";
    case "header":
      return "request_refused";
    case "certificate_authority":
      return "tls_failed";
    case "busy":
      return "unreachable";
  }
}
