/**
 * What can become of an outgoing request other than an answer. The messages are safe to show to
 * whoever configured the URL; `cause` is for the log of the operator.
 */

const refusals = {
  address: "This address may not be reached from here.",
  scheme: "Only https: URLs are called; http: is for networks that the operator has permitted.",
  url: "This is not a URL that can be called.",
  header: "A header has a name or a value that cannot be sent.",
  certificate_authority: "The CA is not a certificate in PEM form.",
  redirect: "The answer leads to where the request may not go.",
  busy: "Too many requests to this host are waiting already.",
} as const;

const failures = {
  name_not_resolved: "The host name could not be resolved.",
  unreachable: "No connection could be made.",
  tls: "The TLS connection could not be made: the certificate or the protocol was not accepted.",
  timeout: "The time for this request ran out.",
  connection_lost: "The connection ended before the answer was complete.",
  malformed_answer: "The answer is not HTTP that could be understood.",
  headers_too_large: "The headers of the answer are too large.",
  body_too_large: "The body of the answer is too large.",
  content_type: "The answer is of another type than was asked for.",
  content_encoding: "The body of the answer is encoded in a way that could not be decoded.",
  too_many_redirects: "The answer leads on and on.",
  aborted: "The request was given up by its caller.",
} as const;

export type RefusalReason = keyof typeof refusals;
export type FailureReason = keyof typeof failures;

/**
 * `before_sending`: nothing of the request has left. `after_sending`: the other side may have seen
 * it and acted on it, whatever came back.
 */
export type Phase = "before_sending" | "after_sending";

/** Not sent, because of what was asked for. It would be refused again. */
export class FetchRefused extends Error {
  override name = "FetchRefused";
  readonly phase = "before_sending";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(refusals[reason]);
    this.reason = reason;
  }
}

/** No answer that could be used. Another time it may succeed. */
export class FetchFailed extends Error {
  override name = "FetchFailed";
  readonly phase: Phase;
  readonly reason: FailureReason;

  constructor(reason: FailureReason, phase: Phase, cause?: unknown) {
    super(failures[reason], { cause });
    this.reason = reason;
    this.phase = phase;
  }
}

export const isFetchError = (error: unknown): error is FetchRefused | FetchFailed =>
  error instanceof FetchRefused || error instanceof FetchFailed;

/** In the order in which they are tried; codes are those of Node, OpenSSL and undici. */
const codes: readonly [RegExp, FailureReason][] = [
  [/^(ENOTFOUND|ENODATA|EAI_\w+|ESERVFAIL)$/, "name_not_resolved"],
  [/^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/, "timeout"],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EACCES|EPERM|ENETDOWN)$/, "unreachable"],
  [/^UND_ERR_HEADERS_OVERFLOW$|^HPE_HEADER_OVERFLOW$/, "headers_too_large"],
  [/^UND_ERR_RES_EXCEEDED_MAX_SIZE$/, "body_too_large"],
  [/^HPE_|^UND_ERR_RES_/, "malformed_answer"],
  [/^(Z_|ERR__?BROTLI|ERR_BUFFER_TOO_LARGE|ERR_ZSTD)/, "content_encoding"],
  [/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|HOSTNAME|^EPROTO$|INVALID_(CA|PURPOSE)/, "tls"],
];

/** What an error of the connection means. What is one of ours already stays as it is. */
export function describeFailure(error: unknown, phase: Phase): FetchRefused | FetchFailed {
  if (isFetchError(error)) return error;
  const { code = "", name = "" } = Object(error) as { code?: string; name?: string };
  if (name === "HTTPParserError") return new FetchFailed("malformed_answer", phase, error);
  const reason = codes.find(([pattern]) => pattern.test(code))?.[1] ?? "connection_lost";
  return new FetchFailed(reason, phase, error);
}
