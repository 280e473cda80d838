import type { Provider, Step } from "../provider.ts";
import {
  at,
  isMembers,
  readDocument,
  textAt,
  type Members,
  type ProviderAnswer,
} from "./answer-document.ts";
import type { CauseName } from "./provider-causes.ts";
import { ProviderError } from "./provider-error.ts";

/** What a provider's refusal means, in whichever form it comes. */

export interface Refusal {
  step: Step;
  code?: string | undefined;
  text?: string | undefined;
  status?: number;
  retryAfterMs?: number | undefined;
}

/** The standard's codes [RFC 6749 §4.1.2.1, §5.2], and what others say for the same. */
const knownCodes: readonly [RegExp, CauseName | { refresh: CauseName; other: CauseName }][] = [
  [
    /^(invalid_grant|invalid_refresh_token|bad_refresh_token|expired_token|token_expired|token_revoked|invalid_token|bad_verification_code|invalid_code|expired_refresh_token)$/,
    { refresh: "refresh_token_refused", other: "code_refused" },
  ],
  [
    /^(invalid_client|incorrect_client_credentials|bad_client_id|bad_client_secret|invalid_client_id|invalid_credentials)$/,
    "client_refused",
  ],
  [/^unauthorized_client$/, "client_not_allowed"],
  [/^(invalid_scope|bad_scope)$/, "scope_refused"],
  [/^(redirect_uri_mismatch|bad_redirect_uri|invalid_redirect_uri)$/, "redirect_uri_refused"],
  [/^(unsupported_grant_type|unsupported_response_type)$/, "grant_not_supported"],
  [/^access_denied$|^user_denied$|^user_cancelled/, "access_denied"],
  [
    /^(interaction_required|login_required|consent_required|account_selection_required|invalid_rapt)$/,
    "interaction_required",
  ],
  [/^(invalid_request|invalid_target|invalid_argument)$/, "request_refused"],
  [/^(temporarily_unavailable|server_error|internal_error)$/, "provider_failing"],
  [/^(slow_down|rate_limit(ed|_exceeded)?|too_many_requests|ratelimited)$/, "rate_limited"],
];

/** The profile's words win, then the code, then the status. */
export function classifyError({ profile }: Provider, refusal: Refusal): ProviderError {
  const { step, code = "", text, status = 0, retryAfterMs } = refusal;
  const own = profile.answer?.errors ?? {};
  const known = Object.hasOwn(own, code)
    ? own[code]!
    : knownCodes.find(([pattern]) => pattern.test(code.toLowerCase()))?.[1];
  const isLimited = status === 429;
  const cause = isLimited ? "rate_limited" : (known ?? byStatus(status, step));
  const name = typeof cause === "string" ? cause : step === "refresh" ? cause.refresh : cause.other;
  return new ProviderError(name, {
    status,
    retryAfterMs,
    providerCode: code === "" ? undefined : code,
    providerText: text,
  });
}

/**
 * A gateway that gave up may have passed the request on, so of a token that can be spent only once
 * nobody knows what became.
 */
function byStatus(status: number, step: Step): CauseName {
  const spends = step === "refresh" || step === "exchange";
  if (status === 502 || status === 504) return spends ? "answer_lost" : "provider_failing";
  if (status >= 500) return "provider_failing";
  if (status === 404 || status === 405 || status === 410) return "token_url_wrong";
  if (status >= 300 && status < 400) return "token_url_wrong";
  if (step === "refresh" && (status === 400 || status === 401)) return "refresh_token_refused";
  return status === 401 ? "client_refused" : "request_refused";
}

/** Throws unless the answer is a success. `members`: what could be read of it. */
export function checkSuccess(
  provider: Provider,
  step: Step,
  answer: ProviderAnswer,
  nowMs: number,
): void {
  const isSuccess = answer.status >= 200 && answer.status < 300;
  const members = isSuccess ? readDocument(answer)?.members : readLeniently(answer);
  const code = members && errorCodeOf(provider, members);
  const isRefused = code !== undefined || (members && !meetsPredicate(provider, members));
  if (isSuccess && !isRefused) return;
  throw classifyError(provider, {
    step,
    code,
    text: members && errorTextOf(provider, members),
    status: answer.status,
    retryAfterMs: retryAfterMsOf(answer.headers, nowMs),
  });
}

/** The words of a refusal need not be safe to be a refusal. */
function readLeniently(answer: ProviderAnswer): Members | undefined {
  try {
    return readDocument(answer)?.members;
  } catch {
    return undefined;
  }
}

function meetsPredicate({ profile }: Provider, members: Members): boolean {
  const { success } = profile.answer ?? {};
  return (
    success === undefined || success.values.some((value) => value === at(members, success.path))
  );
}

/** `error` counts whatever the status is: some send it with 200. */
function errorCodeOf(provider: Provider, members: Members): string | undefined {
  const { errorCode, success } = provider.profile.answer ?? {};
  const own = errorCode === undefined ? undefined : textAt(members, errorCode);
  // Some say a code for success too.
  const isSuccess = success !== undefined && meetsPredicate(provider, members);
  if (own !== undefined && !isZero(own) && !isSuccess) return own;
  const { error } = members;
  if (typeof error === "string" && error !== "") return error;
  if (isMembers(error)) return textAt(error, "code") ?? textAt(error, "type") ?? "error";
  const [first] = Array.isArray(members["errors"]) ? (members["errors"] as unknown[]) : [];
  if (isMembers(first)) {
    return textAt(first, "errorType") ?? textAt(first, "code") ?? textAt(first, "message");
  }
  const isNot = members["ok"] === false || members["success"] === false;
  return isNot ? (textAt(members, "code") ?? "error") : undefined;
}

const isZero = (code: string): boolean => /^0+$/.test(code);

function errorTextOf({ profile }: Provider, members: Members): string | undefined {
  const paths = ["error_description", "error.message", "message", "error_message", "msg"];
  const own = profile.answer?.errorText;
  for (const path of own === undefined ? paths : [own, ...paths]) {
    const text = textAt(members, path);
    if (text !== undefined) return text;
  }
  const [first] = Array.isArray(members["errors"]) ? (members["errors"] as unknown[]) : [];
  return isMembers(first) ? textAt(first, "message") : undefined;
}

const retryAfterMsMax = 24 * 3_600_000;

/** What the provider's clock said; a date in the same answer is measured by it [RFC 9110 §6.6.1]. */
export function providerNowMsOf(headers: ProviderAnswer["headers"]): number | undefined {
  const ms = Date.parse(String(headers["date"] ?? ""));
  return Number.isNaN(ms) ? undefined : ms;
}

/** Seconds or a date [RFC 9110 §10.2.3], within a day. */
export function retryAfterMsOf(
  headers: ProviderAnswer["headers"],
  nowMs: number,
): number | undefined {
  const value = String(headers["retry-after"] ?? "").trim();
  if (value === "") return undefined;
  const waitMs = /^\d+$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - (providerNowMsOf(headers) ?? nowMs);
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), retryAfterMsMax) : undefined;
}
