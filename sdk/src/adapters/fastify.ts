import type { Access, PermissionName } from "../access.ts";
import { AuthorizationError } from "../authorization-error.ts";
import type { Verifier } from "../verifier.ts";
import type { VerifyOptions } from "../verifier-options.ts";

/** What a route declares in its `config`. A route that declares nothing needs a good token. */
export interface RouteProtection extends VerifyOptions {
  /** What the caller must be permitted; without it any good token will do. */
  permission?: PermissionName | undefined;
  /**
   * The type of resource that the route is about. With `param`, the route's parameter that names it.
   * Without, the caller must have the permission on some resource, and a list is to be filtered by
   * `request.access.resources(…)`.
   */
  resource?: { type: string; param?: string | undefined } | undefined;
  /** Takes requests without a token. A token that is sent anyway is not looked at. */
  public?: boolean | undefined;
}

export interface ProtectRoutesOptions {
  verifier: Verifier;
  /** The body of a refusal; `{ messages: [description] }` by default. */
  refusalBody?: ((error: AuthorizationError, request: ProtectedRequest) => unknown) | undefined;
}

/** The parts of Fastify that are used, so that it is no dependency. */
export interface ProtectedRequest {
  readonly id: string;
  readonly raw: {
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly rawHeaders: readonly string[];
  };
  readonly params: unknown;
  readonly routeOptions: { readonly config: object };
}

export interface RefusingReply {
  code(status: number): unknown;
  headers(headers: Record<string, string>): unknown;
  send(body: unknown): unknown;
}

export type Done = (error?: Error) => void;

export interface ProtectableInstance {
  decorateRequest(name: "access", value: null): unknown;
  addHook(
    name: "onRequest",
    hook: (request: ProtectedRequest, reply: RefusingReply, proceed: Done) => void,
  ): unknown;
}

/**
 * A Fastify plugin that protects all routes of the instance it is registered on, and sets
 * `request.access`. A token that was verified before is judged without leaving the call stack.
 * Refusals are answered here [RFC 6750 §3]; one that a handler throws goes to the error handler,
 * which finds its status and headers on it.
 */
export function protectRoutes(
  instance: ProtectableInstance,
  options: ProtectRoutesOptions,
  ready: Done,
): void {
  const { verifier, refusalBody = defaultBody } = options;

  function protectRoute(request: ProtectedRequest, reply: RefusingReply, proceed: Done): void {
    const route: RouteProtection = request.routeOptions.config;
    if (route.public === true) return proceed();
    const admit = (access: Access): void => {
      checkPermission(access, route, request.params);
      (request as { access?: Access }).access = access;
    };
    const refuse = (error: unknown): void => {
      if (!(error instanceof AuthorizationError)) return proceed(error as Error);
      reply.code(error.status);
      reply.headers(error.headers);
      reply.send(refusalBody(error, request));
    };
    try {
      const access = verifier.verifyCached(request.raw, route);
      if (access === undefined) {
        verifier
          .verify(request.raw, route)
          .then(admit)
          .then(() => proceed(), refuse);
        return;
      }
      admit(access);
    } catch (error) {
      return refuse(error);
    }
    proceed();
  }

  instance.decorateRequest("access", null);
  instance.addHook("onRequest", protectRoute);
  ready();
}

// Without it the hook would hold only for routes that this plugin itself adds.
Object.assign(protectRoutes, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "countersign",
});

/** A declaration that protects less than it seems to is a mistake, and answered with 500. */
function checkPermission(access: Access, route: RouteProtection, params: unknown): void {
  const { permission, resource } = route;
  if (permission === undefined) {
    if (resource !== undefined) throw new TypeError('a route has "resource" without "permission"');
  } else if (resource === undefined) {
    access.require(permission);
  } else if (resource.param === undefined) {
    access.requireResources(permission, resource.type);
  } else {
    const id = (params as Record<string, unknown> | null)?.[resource.param];
    if (typeof id !== "string") throw new TypeError(`the route has no parameter ${resource.param}`);
    access.require(permission, { type: resource.type, id });
  }
}

function defaultBody(error: AuthorizationError) {
  return { messages: [error.description] };
}
