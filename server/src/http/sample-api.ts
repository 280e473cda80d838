import type { AddressInfo } from "node:net";
import type { IncomingMessage, Server } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { corporaApi } from "@countersign/corpora-api";
import { AuthorizationError, createVerifier, type Fetch } from "@countersign/sdk";
import { endpointPaths } from "@countersign/protocol/metadata.ts";
import { isPermission } from "@countersign/protocol/permissions.ts";
import { AdminError } from "../errors/admin-error.ts";
import { StoreUnavailable } from "../store/store.ts";
import { claimsOfApiKey } from "../tokens/introspection.ts";
import type { RefusalNotes } from "./refusal-notes.ts";
import { checkMayStill, identifyCaller, noteExercised, type CallerContext } from "./caller.ts";

/**
 * The sample API under our own origin. It is protected like any other API, through the public SDK:
 * it asks the issuer for its keys, on the address we listen on. Being a part of `/v2`, it obeys at
 * once what was taken back, which the SDK alone, offline, cannot know.
 */
export function createSampleApi(options: {
  publicUrl: string;
  databaseFile: string;
  server: Server;
  callers: CallerContext;
  notes: Pick<RefusalNotes, "ofProblem">;
  sourceAddressOf(request: IncomingMessage): string;
}): (scope: FastifyInstance) => Promise<void> {
  const { publicUrl, databaseFile, server, callers, notes, sourceAddressOf } = options;
  const localFetch: Fetch = (input, init) => {
    const { port, address, family } = server.address() as AddressInfo;
    const host = family === "IPv6" ? `[${address}]` : address;
    const { pathname, search } = new URL(input);
    return fetch(`http://${host}:${port}${pathname}${search}`, init);
  };
  const verifier = createVerifier({
    issuer: publicUrl,
    audience: publicUrl,
    fetch: localFetch,
    // Another API would ask over HTTP, by `introspectApiKeys`.
    async findApiKey(plainKey) {
      const known = await callers.apiKeys.find(plainKey);
      return known?.enabled === true ? claimsOfApiKey(known) : undefined;
    },
  });
  return async (scope) => {
    scope.decorateRequest("caller");
    scope.addHook("onRequest", async (request, reply) => {
      try {
        await refuseTakenBack(callers, request, sourceAddressOf(request.raw));
      } catch (error) {
        if (isThrottled(error)) return answerThrottled(error, request, reply);
        throw inWordsOfSdk(error, publicUrl);
      }
    });
    // Whoever refused, the SDK or the sample itself: by the answer's request id it can be looked up.
    scope.addHook("onSend", async (request, reply, payload) => {
      const { permission } = request.routeOptions.config as Protected;
      if (reply.statusCode < 400 && permission !== undefined && request.caller !== undefined) {
        noteExercised(callers, request.caller, permission);
      }
      if (reply.statusCode >= 400) notes.ofProblem(request, reply.statusCode, refusedAs(reply));
      return payload;
    });
    await scope.register(corporaApi({ verifier, databaseFile }));
  };
}

/** What the SDK is going to refuse for itself is left to it. */
async function refuseTakenBack(
  callers: CallerContext,
  request: FastifyRequest,
  sourceAddress: string,
): Promise<void> {
  const { authorization, "x-api-key": plainKey } = request.headers;
  const isToken = /^bearer /i.test(authorization ?? "");
  if (!isToken && (authorization !== undefined || !plainKey)) return;
  await callers.revocations.catchUp();
  const from = { requestId: request.id, sourceAddress };
  const caller = await identifyCaller(callers, request.raw, from);
  request.caller = caller;
  const { permission, resource } = request.routeOptions.config as Protected;
  if (permission === undefined || !isPermission(permission)) return;
  const id = resource?.param && (request.params as Record<string, string>)[resource.param];
  checkMayStill(caller, permission, resource && id ? { type: resource.type, id } : undefined);
}

const outageRetryAfterSeconds = 2;

const isThrottled = (error: unknown): error is AdminError =>
  error instanceof AdminError && error.status === 429;

/** The SDK knows no such refusal: keys are not its business. */
function answerThrottled(
  { message, options }: AdminError,
  { id }: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  return reply
    .code(429)
    .headers({ "cache-control": "no-store", "retry-after": String(options.retryAfterSeconds) })
    .type("application/json")
    .send(JSON.stringify({ messages: [message], request_id: id }));
}

/** What the challenge says of the cause [RFC 6750 §3]. */
function refusedAs(reply: FastifyReply): AdminError {
  const challenge = String(reply.getHeader("www-authenticate") ?? "");
  const [, error] =
    /error="(invalid_token|invalid_request|insufficient_scope)"/.exec(challenge) ?? [];
  const [, scope] = /scope="([^"]*)"/.exec(challenge) ?? [];
  return new AdminError(401, "", {
    challenge: {
      ...(error === undefined ? {} : { error: error as "invalid_token" }),
      ...(scope === undefined ? {} : { scope }),
    },
  });
}

/** Within the sample API a refusal looks as if the SDK had made it. */
function inWordsOfSdk(error: unknown, publicUrl: string): unknown {
  if (error instanceof StoreUnavailable) {
    return new AuthorizationError("temporarily_unavailable", "The service is not available.", {
      retryAfterSeconds: outageRetryAfterSeconds,
      cause: error,
    });
  }
  if (!(error instanceof AdminError)) return error;
  const resourceMetadata = publicUrl + endpointPaths.protectedResourceMetadata;
  const code = error.status === 400 ? "invalid_request" : "invalid_token";
  return new AuthorizationError(code, error.message, { resourceMetadata });
}

/** What the sample's routes declare for the SDK. */
interface Protected {
  permission?: string;
  resource?: { type: string; param?: string };
}
