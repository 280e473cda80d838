import type { Access } from "../access.ts";
import type { Verifier } from "../verifier.ts";
import { takeTurn } from "./turn.ts";
import { checkAccess, checkProtection, type Protection, refusalBodyOf } from "./protection.ts";

/** The parts of Express that are used, so that it is no dependency. */
export interface ProtectedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders: readonly string[];
}

export interface RefusingResponse {
  status(code: number): unknown;
  set(headers: Record<string, string>): unknown;
  json(body: unknown): unknown;
}

/**
 * A middleware that lets a request on with an access token that permits it, and sets
 * `request.access`. Refusals are answered here [RFC 6750 §3]; one that a handler throws goes to the
 * error handler, and Express's own finds its status and headers on it.
 */
export function protect<Request extends ProtectedRequest>(
  verifier: Verifier,
  protection: Protection<Request> = {},
): (request: Request, response: RefusingResponse, next: (mistake?: unknown) => void) => void {
  checkProtection(protection);
  return (request, response, next) => {
    takeTurn(verifier, {
      credentials: request,
      options: protection,
      admit(access) {
        checkAccess(access, protection, request, (request as { params?: unknown }).params);
        (request as { access?: Access }).access = access;
      },
      refuse(error) {
        const body = refusalBodyOf(error, protection, request);
        response.status(error.status);
        response.set(error.headers);
        response.json(body);
      },
      proceed: next,
    });
  };
}
