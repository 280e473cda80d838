import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Feed } from "../../store/feed.ts";
import { findHandedOver } from "../proxy/handed-over.ts";
import { checkMay, identifyCaller, noteExercised, type CallerContext } from "../caller.ts";

/**
 * What happens before and after every call of the admin API: the caches are compared with the store's
 * head, and after a change too, so that what one process answers, every other one obeys.
 */

export interface IdentifyContext {
  callers: CallerContext;
  feed: Feed;
  sourceAddressOf(request: IncomingMessage): string;
}

/** Throws 401 and 403. */
export async function identify(
  { callers, sourceAddressOf }: IdentifyContext,
  request: FastifyRequest,
): Promise<void> {
  const known = findHandedOver(request.raw);
  if (known !== undefined) {
    if (known.caller !== undefined) request.caller = known.caller;
    throw known.error;
  }
  await callers.revocations.catchUp();
  request.caller = await identifyCaller(callers, request.raw, {
    requestId: request.id,
    sourceAddress: sourceAddressOf(request.raw),
  });
  const { permission } = request.routeOptions.config;
  if (permission === undefined) return;
  checkMay(request.caller, permission);
  noteExercised(callers, request.caller, permission);
}

export async function finish(
  { feed }: IdentifyContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  reply.header("cache-control", "no-store");
  // The change is stored already: an answer that says so must not fail for want of an echo.
  if (request.method !== "GET") await feed.catchUp().catch(() => undefined);
}
