import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import type { FastifyInstance } from "fastify";
import { corporaApi } from "@countersign/corpora-api";
import { createVerifier, type Fetch } from "@countersign/sdk";

/**
 * The sample API under our own origin. It is protected like any other API, through the public SDK:
 * it asks the issuer for its keys, on the address we listen on.
 */
export function createSampleApi(options: {
  publicUrl: string;
  databaseFile: string;
  server: Server;
}): (scope: FastifyInstance) => Promise<void> {
  const { publicUrl, databaseFile, server } = options;
  const localFetch: Fetch = (input, init) => {
    const { port, address, family } = server.address() as AddressInfo;
    const host = family === "IPv6" ? `[${address}]` : address;
    const { pathname, search } = new URL(input);
    return fetch(`http://${host}:${port}${pathname}${search}`, init);
  };
  const verifier = createVerifier({ issuer: publicUrl, audience: publicUrl, fetch: localFetch });
  return async (scope) => {
    await scope.register(corporaApi({ verifier, databaseFile }));
  };
}
