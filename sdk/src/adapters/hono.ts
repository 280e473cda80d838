import type { Access } from "../access.ts";
import { AuthorizationError } from "../authorization-error.ts";
import type { Verifier } from "../verifier.ts";
import { checkAccess, checkProtection, type Protection } from "./protection.ts";
import { refusalResponse } from "./response.ts";

/** The parts of Hono that are used, so that it is no dependency. */
export interface ProtectedContext {
  readonly req: { readonly raw: Request; param(): Record<string, unknown> };
  /** What a handler threw. */
  error: Error | undefined;
  set(key: "access", value: Access): void;
  get res(): Response;
  set res(response: Response | undefined);
}

/**
 * A middleware that lets a request on with an access token that permits it, and sets the variable
 * `access`. Refusals are answered here [RFC 6750 §3], also those that a handler throws by
 * `access.require`.
 */
export function protect<Context extends ProtectedContext>(
  verifier: Verifier,
  protection: Protection<Context> = {},
): (context: Context, next: () => Promise<void>) => Promise<Response | void> {
  checkProtection(protection);
  return async (context, next) => {
    const { raw } = context.req;
    try {
      const access =
        verifier.verifyCached(raw, protection) ?? (await verifier.verify(raw, protection));
      checkAccess(access, protection, context, context.req.param());
      context.set("access", access);
    } catch (error) {
      if (error instanceof AuthorizationError) return refusalResponse(error, protection, context);
      throw error;
    }
    await next();
    // Hono catches what a handler throws, and answers 500, before it comes back to here.
    if (!(context.error instanceof AuthorizationError)) return;
    const refusal = refusalResponse(context.error, protection, context);
    // Headers of a response that is replaced are kept, but for this.
    context.res = undefined;
    context.res = refusal;
  };
}
