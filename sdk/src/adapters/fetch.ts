import type { Access, PermissionName, Resource } from "../access.ts";
import { AuthorizationError } from "../authorization-error.ts";
import type { VerifyOptions } from "../verifier-options.ts";
import type { Verifier } from "../verifier.ts";

export interface ProtectOptions extends VerifyOptions {
  /** What the caller must be permitted; without it any good token will do. */
  permission?: PermissionName | undefined;
  /** The resource that the request is about; without it the permission must be account-wide. */
  resource?: ((request: Request) => Resource) | undefined;
  /** The body of a refusal; `{ messages: [description] }` by default. */
  refusalBody?: ((error: AuthorizationError) => unknown) | undefined;
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
  const { permission, resource } = options;
  if (resource !== undefined && permission === undefined) {
    throw new TypeError('"resource" without "permission" would protect nothing');
  }
  return async (request, ...rest) => {
    try {
      const access =
        verifier.verifyCached(request, options) ?? (await verifier.verify(request, options));
      if (permission !== undefined) access.require(permission, resource?.(request));
      return await handler(request, access, ...rest);
    } catch (error) {
      if (error instanceof AuthorizationError) return refuse(error, options);
      throw error;
    }
  };
}

function refuse(error: AuthorizationError, { refusalBody = defaultBody }: ProtectOptions) {
  return Response.json(refusalBody(error), { status: error.status, headers: error.headers });
}

function defaultBody(error: AuthorizationError) {
  return { messages: [error.description] };
}
