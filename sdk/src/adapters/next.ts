import type { Access } from "../access.ts";
import type { Verifier } from "../verifier.ts";
import { checkAccess, checkProtection, type Protection } from "./protection.ts";
import { answerProtected } from "./response.ts";

/** What Next hands to a route handler beside the request; before Next 15 without a promise. */
export interface RouteContext {
  params: Promise<RouteParams> | RouteParams;
}

export type RouteParams = Record<string, string | string[] | undefined>;

/**
 * Wraps a Next route handler: it is called only with an access token that permits the request.
 * Refusals are answered here [RFC 6750 §3], also those that the handler throws by `access.require`.
 * `GET` serves `HEAD` as well, as always in Next.
 */
export function protect<
  Req extends Request = Request,
  Context extends RouteContext = { params: Promise<RouteParams> },
>(
  verifier: Verifier,
  protection: Protection<Req>,
  handler: (request: Req, access: Access, context: Context) => Response | Promise<Response>,
): (request: Req, context: Context) => Promise<Response> {
  checkProtection(protection);
  return (request, context) =>
    answerProtected(verifier, protection, request, async (access) => {
      checkAccess(access, protection, request, await context.params);
      return handler(request, access, context);
    });
}
