import { bearerChallenge } from "./challenge.ts";

/**
 * Why a request may not go on. The codes are those of RFC 6750 §3.1, and two more:
 * `no_credentials`, for which a challenge carries no code, and `temporarily_unavailable`, when the
 * token could not be judged. The latter is never 401: the caller's token may be good.
 */
export type AuthorizationErrorCode =
  | "no_credentials"
  | "invalid_request"
  | "invalid_token"
  | "insufficient_scope"
  | "temporarily_unavailable";

export type AuthorizationErrorStatus = 400 | 401 | 403 | 503;

const statusOf = {
  no_credentials: 401,
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 503,
} as const satisfies Record<AuthorizationErrorCode, AuthorizationErrorStatus>;

export interface AuthorizationErrorOptions {
  /** The permission that was missing; named in the challenge. */
  scope?: string | undefined;
  retryAfterSeconds?: number | undefined;
  resourceMetadata?: string | undefined;
  cause?: unknown;
}

/**
 * The request may not go on. `status`, `headers` and `description` make the answer; the
 * description is safe for strangers, the `cause` is not and belongs in a log.
 */
export class AuthorizationError extends Error {
  override readonly name = "AuthorizationError";
  readonly code: AuthorizationErrorCode;
  readonly status: AuthorizationErrorStatus;
  readonly description: string;
  readonly scope: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Where this API describes itself [RFC 9728 §5.1]. */
  resourceMetadata: string | undefined;

  constructor(
    code: AuthorizationErrorCode,
    description: string,
    options: AuthorizationErrorOptions = {},
  ) {
    super(description, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = statusOf[code];
    this.description = description;
    this.scope = options.scope;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.resourceMetadata = options.resourceMetadata;
  }

  /** The value of `WWW-Authenticate`; none with 503, where other credentials would not help. */
  get challenge(): string | undefined {
    return this.status === 503 ? undefined : bearerChallenge(this);
  }

  /** The headers of the answer. Fastify adds them by itself to an error that was thrown. */
  get headers(): Record<string, string> {
    const headers: Record<string, string> = { "cache-control": "no-store" };
    const challenge = this.challenge;
    if (challenge !== undefined) headers["www-authenticate"] = challenge;
    if (this.retryAfterSeconds !== undefined) {
      headers["retry-after"] = String(Math.max(1, Math.ceil(this.retryAfterSeconds)));
    }
    return headers;
  }
}

/** The token was looked at and refused [RFC 6750 §3.1]. */
export function invalidToken(description: string, cause?: unknown): AuthorizationError {
  return new AuthorizationError("invalid_token", description, { cause });
}

/** Adds where the API describes itself, which the single checks do not know. */
export function located(error: unknown, resourceMetadata: string | undefined): unknown {
  if (error instanceof AuthorizationError) error.resourceMetadata = resourceMetadata;
  return error;
}
