import type { Access, PermissionName, Resource } from "../access.ts";
import type { AuthorizationError } from "../authorization-error.ts";
import type { VerifyOptions } from "../verifier-options.ts";

/** What a route asks of its callers, in the same words for every framework. */
export interface Protection<Request> extends VerifyOptions {
  /** What the caller must be permitted; without it any good token will do. */
  permission?: PermissionName | undefined;
  /** What the route is about; without it the permission must be account-wide. */
  resource?: RouteResource | ((request: Request) => Resource) | undefined;
  /** The body of a refusal; `{ messages: [description] }` by default. */
  refusalBody?: ((error: AuthorizationError, request: Request) => unknown) | undefined;
}

/**
 * The type of resource that a route is about. With `param`, the route's parameter that names it.
 * Without, the caller must have the permission on some resource, and a list is to be filtered by
 * `access.resources(…)`.
 */
export interface RouteResource {
  type: string;
  param?: string | undefined;
}

/** Throws `TypeError` for a declaration that would protect less than it seems to. */
export function checkProtection({ permission, resource }: Protection<never>): void {
  if (resource !== undefined && permission === undefined) {
    throw new TypeError('"resource" without "permission" would protect nothing');
  }
}

/**
 * Throws `insufficient_scope` unless the caller has what the route asks for, and `TypeError`, which
 * is to become 500, when the route has no such parameter.
 */
export function checkAccess<Request>(
  access: Access,
  protection: Protection<Request>,
  request: Request,
  params: unknown,
): void {
  const { permission, resource } = protection;
  checkProtection(protection);
  if (permission === undefined) return;
  if (resource === undefined) {
    access.require(permission);
  } else if (typeof resource === "function") {
    access.require(permission, resource(request));
  } else if (resource.param === undefined) {
    access.requireResources(permission, resource.type);
  } else {
    access.require(permission, { type: resource.type, id: parameterOf(params, resource.param) });
  }
}

function parameterOf(params: unknown, name: string): string {
  const value = (params as Record<string, unknown> | null | undefined)?.[name];
  if (typeof value !== "string") throw new TypeError(`the route has no parameter ${name}`);
  return value;
}

export function refusalBodyOf<Request>(
  error: AuthorizationError,
  { refusalBody }: Pick<Protection<Request>, "refusalBody">,
  request: Request,
): unknown {
  return refusalBody === undefined
    ? { messages: [error.description] }
    : refusalBody(error, request);
}
