import { oauthRefusals, OAuthError, type OAuthRefusal } from "../errors/oauth-error.ts";
import type { Log } from "../log.ts";
import { StoreUnavailable } from "../store/store.ts";
import { jsonType, noStore, type HttpAnswer, type HttpRequest } from "./message.ts";
import { usesBasic } from "./presented-client.ts";

/**
 * The one place where a refusal of a protocol endpoint becomes an answer [RFC 6749 §5.2]. The
 * description comes from a catalogue and holds nothing of the request; the private detail stays in
 * the log, under the request id that the answer carries.
 */
export function writeOAuthError(
  request: HttpRequest,
  error: unknown,
  log: Log,
  retryAfterSeconds?: number,
): HttpAnswer {
  const refused = asOAuthError(error);
  const { refusal, detail } = refused;
  const status = statusOf(refusal);
  logRefusal(log, request, { refusal, detail, error, status });
  const [code, description] = oauthRefusals[refusal];
  const body = { error: code, error_description: description, request_id: request.requestId };
  return {
    status,
    headers: {
      "content-type": jsonType,
      ...noStore,
      ...extraHeaders(request, status, retryAfterSeconds),
    },
    body: JSON.stringify(body),
    refused,
  };
}

/** Anything that is not a refusal of ours says nothing of itself outside. */
function asOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof StoreUnavailable) return new OAuthError("store_unavailable", error.message);
  return new OAuthError("internal_error", String(error));
}

const statuses: Partial<Record<OAuthRefusal, number>> = {
  method_not_allowed: 405,
  wrong_content_type: 415,
  body_too_large: 413,
  too_many_failures: 429,
  store_unavailable: 503,
  internal_error: 500,
};

function statusOf(refusal: OAuthRefusal): number {
  const [code] = oauthRefusals[refusal];
  return statuses[refusal] ?? (code === "invalid_client" ? 401 : 400);
}

const outageRetryAfterSeconds = 2;

function extraHeaders(
  request: HttpRequest,
  status: number,
  retryAfterSeconds: number | undefined,
): Record<string, string> {
  if (status === 401 && usesBasic(request)) {
    return { "www-authenticate": 'Basic realm="token endpoint", charset="UTF-8"' };
  }
  if (status === 405) return { allow: "POST" };
  if (status === 503) return { "retry-after": String(outageRetryAfterSeconds) };
  if (status === 429) return { "retry-after": String(retryAfterSeconds ?? 60) };
  return {};
}

function logRefusal(
  log: Log,
  { requestId, sourceAddress }: HttpRequest,
  refused: { refusal: OAuthRefusal; detail: string | undefined; error: unknown; status: number },
): void {
  const { refusal, detail, error, status } = refused;
  const entry = { requestId, sourceAddress, cause: refusal, detail };
  if (status === 500) log.error({ ...entry, err: error }, "a protocol request failed");
  else if (status === 503) log.warn(entry, "a protocol request met a store that does not answer");
  else log.info(entry, "a protocol request was refused");
}
