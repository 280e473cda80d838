/**
 * A refusal of the admin API. `http/problem.ts` puts it on the wire in the shape that clients of the
 * corpora platform read: `messages`, `field_errors` for 400, `id` for 404, and the request id.
 */

export type AdminStatus = 400 | 401 | 403 | 404 | 405 | 409 | 412 | 422 | 429 | 502 | 503 | 504;

export type AdminCode =
  | "cross_site_request"
  | "recent_sign_in_required"
  | "sign_in_over"
  | "not_connected"
  | "reconnect_required"
  | "uncertain"
  | "disabled"
  | "provider_unavailable"
  | "api_unreachable"
  | "api_timeout"
  | "api_not_permitted";

interface AdminErrorOptions {
  /** What a caller goes by, where the status is not enough. */
  code?: AdminCode;
  /** Where a person connects what is not connected. */
  connectUrl?: string | undefined;
  /** 400: which field, and why. */
  fieldErrors?: Record<string, string>;
  /** 404: the id that was not found. */
  id?: string;
  /** 401 and 403: what to answer in `WWW-Authenticate` [RFC 6750 §3]. */
  challenge?: {
    error?: "invalid_token" | "invalid_request" | "insufficient_scope";
    scope?: string;
  };
  /** 405: the methods that are taken [RFC 9110 §10.2.1]. */
  allow?: string[];
  /** 429: how long to wait [RFC 9110 §10.2.3]. */
  retryAfterSeconds?: number;
  /** For our own notes, where status and challenge do not say it. */
  cause?:
    | "connection_not_usable"
    | "provider_unavailable"
    | "api_unreachable"
    | "leak_report_not_signed"
    | "cross_site_request"
    | "recent_sign_in_missing"
    | "sign_in_over";
}

export class AdminError extends Error {
  override name = "AdminError";
  readonly status: AdminStatus;
  readonly options: AdminErrorOptions;

  constructor(status: AdminStatus, message: string, options: AdminErrorOptions = {}) {
    super(message);
    this.status = status;
    this.options = options;
  }
}

export const badField = (field: string, problem: string): AdminError =>
  new AdminError(400, `${field}: ${problem}`, { fieldErrors: { [field]: problem } });

export const notFound = (id: string): AdminError =>
  new AdminError(404, "There is nothing with this id.", { id });

export const changedMeanwhile = (): AdminError =>
  new AdminError(412, "It has changed since you read it. Read it again and repeat your change.");
