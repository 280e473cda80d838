import type { Access, Resource } from "../access.ts";
import type { Verifier } from "../verifier.ts";
import { checkAccess, checkProtection, type Protection } from "./protection.ts";
import { answerProtected } from "./response.ts";

export interface ProtectOptions extends Protection<Request> {
  /**
   * The resource that the request is about, or a type alone for lists; without it the permission
   * must be account-wide.
   */
  resource?: { type: string; param?: never } | ((request: Request) => Resource) | undefined;
}

export type ProtectedHandler<Rest extends unknown[]> = (
  request: Request,
  access: Access,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * Wraps a handler of fetch requests, as Deno, Bun and workers have them: it is called only with an
 * access token that permits the request. Refusals are answered here [RFC 6750 §3], also those that
 * the handler throws by `access.require`.
 */
export function protect<Rest extends unknown[]>(
  verifier: Verifier,
  options: ProtectOptions,
  handler: ProtectedHandler<Rest>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  checkProtection(options);
  return (request, ...rest) =>
    answerProtected(verifier, options, request, (access) => {
      checkAccess(access, options, request, undefined);
      return handler(request, access, ...rest);
    });
}
