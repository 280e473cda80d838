import { OAuthError, UnexpectedResponseError, type UnexpectedResponse } from "./errors.ts";
import type { JsonDocument } from "./json-document.ts";
import { parseRetryAfter } from "./retry.ts";
import type { MintedToken } from "./token-source.ts";

/** When the server does not say how long a token lives, little is assumed. */
const lifetimeSecondsDefault = 60;

/**
 * Reads the answer of a token endpoint [RFC 6749 §5]. Throws `OAuthError` when the server refused,
 * and `UnexpectedResponseError` when this is not an answer that the standard allows.
 */
export function parseTokenResponse(document: JsonDocument, nowMs: number): MintedToken {
  const { response, body } = document;
  const { status } = response;
  const retryAfterSeconds = parseRetryAfter(response.headers.get("retry-after"), nowMs);
  if (status !== 200) throw refusal(document, { status, retryAfterSeconds });
  if (body === undefined) throw unexpected("not_json", "no JSON object", { status });
  const { access_token: accessToken, token_type: type, expires_in: lifetimeSeconds } = body;
  if (typeof accessToken !== "string" || !/^[!-~]+$/.test(accessToken)) {
    throw unexpected("malformed", 'no usable "access_token"', { status });
  }
  // A token of another type must not be used as if it were this one [RFC 6749 §7.1].
  if (typeof type !== "string" || type.toLowerCase() !== "bearer") {
    throw unexpected("malformed", 'a "token_type" other than Bearer', { status });
  }
  if (lifetimeSeconds === undefined)
    return { accessToken, lifetimeSeconds: lifetimeSecondsDefault };
  if (typeof lifetimeSeconds !== "number" || !(lifetimeSeconds > 0)) {
    throw unexpected("malformed", 'an "expires_in" that is not a number of seconds', { status });
  }
  return { accessToken, lifetimeSeconds };
}

function refusal({ body }: JsonDocument, answer: UnexpectedResponse): Error {
  const code = body?.["error"];
  if (typeof code !== "string" || code === "") {
    return unexpected(
      "unexpected_status",
      `status ${answer.status} without an OAuth error`,
      answer,
    );
  }
  return new OAuthError({
    code,
    ...answer,
    description: textOf(body?.["error_description"]),
    requestId: textOf(body?.["request_id"]),
  });
}

function unexpected(
  code: UnexpectedResponseError["code"],
  what: string,
  answer: UnexpectedResponse,
): UnexpectedResponseError {
  return new UnexpectedResponseError(code, `the token endpoint answered ${what}`, answer);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
