import type { AuthorizationError } from "./authorization-error.ts";
import type { OAuthErrorCode } from "@countersign/protocol/oauth.ts";

/**
 * What goes wrong when a token is asked for or a set of keys is fetched. Three classes, because
 * there are three remedies: read what the server said, try again, or look at the server. What goes
 * wrong when a request is judged is an `AuthorizationError`, in a file of its own.
 */

export interface OAuthErrorFields {
  code: OAuthErrorCode | (string & {});
  status: number;
  description?: string | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
}

/** The server answered, and the answer is no [RFC 6749 §5.2]. */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  /** The server's `error`. It may be a code that this library does not know. */
  readonly code: OAuthErrorCode | (string & {});
  readonly status: number;
  readonly description: string | undefined;
  /** The reference id under which the server's operator can look the refusal up. */
  readonly requestId: string | undefined;
  /** How long the server asked to be left alone, when it did. */
  readonly retryAfterSeconds: number | undefined;

  constructor(fields: OAuthErrorFields) {
    super(fields.description === undefined ? fields.code : `${fields.code}: ${fields.description}`);
    this.code = fields.code;
    this.status = fields.status;
    this.description = fields.description;
    this.requestId = fields.requestId;
    this.retryAfterSeconds = fields.retryAfterSeconds;
  }
}

export type TransportErrorCode = "timeout" | "unreachable";

/** There was no answer. Whether the server saw the request is not known. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export type UnexpectedResponseErrorCode =
  | "unexpected_status"
  | "too_large"
  | "not_json"
  | "malformed";

export interface UnexpectedResponse {
  status: number;
  retryAfterSeconds?: number | undefined;
}

/** There was an answer, but not one that the standard allows. */
export class UnexpectedResponseError extends Error {
  override readonly name = "UnexpectedResponseError";
  readonly code: UnexpectedResponseErrorCode;
  override readonly cause: UnexpectedResponse;

  constructor(code: UnexpectedResponseErrorCode, message: string, cause: UnexpectedResponse) {
    super(message);
    this.code = code;
    this.cause = cause;
  }
}

/** Everything this library throws on purpose, told apart by `name` and then by `code`. */
export type CountersignError =
  | AuthorizationError
  | OAuthError
  | TransportError
  | UnexpectedResponseError;
