import type { RequestListener } from "node:http";
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { createVerifier } from "../sdk/src/index.ts";
import { serve } from "./servers/served.ts";

/** The smallest API there is, with nothing, our verifier or `jose` before it. */
export interface ProtectedApiSetup {
  port: number;
  protection: Protection;
  issuer: string;
  audience: string;
  keySet: JSONWebKeySet;
}

export type Protection = "none" | "countersign" | "jose";

const body = JSON.stringify({ corpora: [] });
const headers = { "content-type": "application/json", "content-length": body.length };

type Listener = (...args: Parameters<RequestListener>) => void | Promise<void>;

serve((setup: ProtectedApiSetup): RequestListener => {
  const listener = listeners[setup.protection](setup);
  return (request, response) => void listener(request, response);
});

const listeners: Record<Protection, (setup: ProtectedApiSetup) => Listener> = {
  none: () => (_request, response) => {
    response.writeHead(200, headers).end(body);
  },

  countersign({ issuer, audience, keySet }) {
    const document = JSON.stringify(keySet);
    const verifier = createVerifier({
      issuer,
      audience,
      jwksUri: `${issuer}/jwks`,
      fetch: async () =>
        new Response(document, { headers: { "content-type": "application/json" } }),
    });
    // As the adapters ask.
    return async (request, response) => {
      try {
        const access = verifier.verifyCached(request) ?? (await verifier.verify(request));
        response.writeHead(access.clientId === "" ? 403 : 200, headers).end(body);
      } catch {
        response.writeHead(401, headers).end(body);
      }
    };
  },

  jose({ issuer, audience, keySet }) {
    const keys = createLocalJWKSet(keySet);
    const expected = { issuer, audience, typ: "at+jwt", algorithms: ["ES256"] };
    return async (request, response) => {
      try {
        const token = (request.headers.authorization ?? "").slice("Bearer ".length);
        const { payload } = await jwtVerify(token, keys, expected);
        response.writeHead(payload["client_id"] === "" ? 403 : 200, headers).end(body);
      } catch {
        response.writeHead(401, headers).end(body);
      }
    };
  },
};
