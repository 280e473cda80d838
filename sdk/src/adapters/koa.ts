import type { Access } from "../access.ts";
import { AuthorizationError } from "../authorization-error.ts";
import type { Verifier } from "../verifier.ts";
import { checkAccess, checkProtection, type Protection, refusalBodyOf } from "./protection.ts";

/** The parts of Koa that are used, so that it is no dependency. */
export interface ProtectedContext {
  readonly req: {
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly rawHeaders: readonly string[];
  };
  readonly state: { access?: Access };
  /** Set by the router. */
  readonly params?: unknown;
  status: number;
  body: unknown;
  set(headers: Record<string, string>): unknown;
}

/**
 * A middleware that lets a request on with an access token that permits it, and sets
 * `context.state.access`. Refusals are answered here [RFC 6750 §3], also those that what comes
 * after throws by `access.require`.
 */
export function protect<Context extends ProtectedContext>(
  verifier: Verifier,
  protection: Protection<Context> = {},
): (context: Context, next: () => Promise<unknown>) => Promise<void> {
  checkProtection(protection);
  return async (context, next) => {
    const { req, state } = context;
    try {
      const access =
        verifier.verifyCached(req, protection) ?? (await verifier.verify(req, protection));
      checkAccess(access, protection, context, context.params);
      state.access = access;
      await next();
    } catch (error) {
      if (!(error instanceof AuthorizationError)) throw error;
      const body = JSON.stringify(refusalBodyOf(error, protection, context));
      context.status = error.status;
      context.set({ ...error.headers, "content-type": "application/json; charset=utf-8" });
      context.body = body;
    }
  };
}
