import type { Access } from "../access.ts";
import type { AuthorizationError } from "../authorization-error.ts";
import type { Verifier } from "../verifier.ts";
import { takeTurn } from "./turn.ts";
import { checkAccess, type Protection, refusalBodyOf, type RouteResource } from "./protection.ts";

/** What a route declares in its `config`. A route that declares nothing needs a good token. */
export interface RouteProtection extends Omit<Protection<ProtectedRequest>, "refusalBody"> {
  /** What the route is about; without it the permission must be account-wide. */
  resource?: RouteResource | undefined;
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
  const { verifier } = options;

  function protectRoute(request: ProtectedRequest, reply: RefusingReply, proceed: Done): void {
    const route: RouteProtection = request.routeOptions.config;
    if (route.public === true) return proceed();
    takeTurn(verifier, {
      credentials: request.raw,
      options: route,
      admit(access) {
        checkAccess(access, route, request, request.params);
        (request as { access?: Access }).access = access;
      },
      refuse(error) {
        const body = refusalBodyOf(error, options, request);
        reply.code(error.status);
        reply.headers(error.headers);
        reply.send(body);
      },
      proceed: (mistake) => proceed(mistake as Error | undefined),
    });
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
