import type { Access } from "../access.ts";
import { AuthorizationError } from "../authorization-error.ts";
import type { Verifier } from "../verifier.ts";
import { type Protection, refusalBodyOf } from "./protection.ts";

/** Calls the handler with a good token; whatever refuses the request, its answer is made here. */
export async function answerProtected<Req extends Request>(
  verifier: Verifier,
  protection: Protection<Req>,
  request: Req,
  handler: (access: Access) => Response | Promise<Response>,
): Promise<Response> {
  try {
    const access =
      verifier.verifyCached(request, protection) ?? (await verifier.verify(request, protection));
    return await handler(access);
  } catch (error) {
    if (error instanceof AuthorizationError) return refusalResponse(error, protection, request);
    throw error;
  }
}

export function refusalResponse<Req>(
  error: AuthorizationError,
  protection: Protection<Req>,
  request: Req,
): Response {
  const body = refusalBodyOf(error, protection, request);
  return Response.json(body, { status: error.status, headers: error.headers });
}
