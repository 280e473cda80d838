import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { corporaApi } from "@countersign/corpora-api";
import { AuthorizationError, createVerifier, type Fetch } from "@countersign/sdk";
import { endpointPaths } from "@countersign/protocol/metadata.ts";
import { isPermission } from "@countersign/protocol/permissions.ts";
import { AdminError } from "../errors/admin-error.ts";
import { StoreUnavailable } from "../store/store.ts";
import { claimsOfApiKey } from "../tokens/introspection.ts";
import { checkMayStill, identifyCaller, type CallerContext } from "./caller.ts";

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
}): (scope: FastifyInstance) => Promise<void> {
  const { publicUrl, databaseFile, server, callers } = options;
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
    scope.addHook("onRequest", async (request) => {
      await refuseTakenBack(callers, request).catch((error: unknown) => {
        throw inWordsOfSdk(error, publicUrl);
      });
    });
    await scope.register(corporaApi({ verifier, databaseFile }));
  };
}

/** What the SDK is going to refuse for itself is left to it. */
async function refuseTakenBack(callers: CallerContext, request: FastifyRequest): Promise<void> {
  const { authorization, "x-api-key": plainKey } = request.headers;
  const isToken = /^bearer /i.test(authorization ?? "");
  if (!isToken && (authorization !== undefined || plainKey === undefined)) return;
  await callers.revocations.catchUp();
  const from = { requestId: request.id, sourceAddress: undefined };
  const caller = await identifyCaller(callers, request.raw, from);
  const { permission, resource } = request.routeOptions.config as Protected;
  if (permission === undefined || !isPermission(permission)) return;
  const id = resource?.param && (request.params as Record<string, string>)[resource.param];
  checkMayStill(caller, permission, resource && id ? { type: resource.type, id } : undefined);
}

const outageRetryAfterSeconds = 2;

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
