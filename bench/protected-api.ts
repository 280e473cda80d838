import type { RequestListener } from "node:http";
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { createVerifier, introspectApiKeys, type VerifierOptions } from "../sdk/src/index.ts";
import { serve } from "./servers/served.ts";

/** The smallest API there is, with nothing, our verifier or `jose` before it. */
export interface ProtectedApiSetup {
  port: number;
  protection: Protection;
  issuer: string;
  audience: string;
  keySet: JSONWebKeySet;
}

export type Protection = "none" | "countersign" | "countersign with API keys" | "jose";

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

  countersign: (setup) => verified(setup, {}),

  "countersign with API keys": (setup) =>
    verified(setup, {
      findApiKey: introspectApiKeys({
        issuer: setup.issuer,
        clientId: "api_0123456789ABCDEFGHIJKL",
        clientSecret: "secret",
        fetch: async (url) => Response.json(issuerAnswer(url, setup)),
      }),
    }),

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

/** As the adapters ask. */
function verified(
  { issuer, audience, keySet }: ProtectedApiSetup,
  options: Pick<VerifierOptions, "findApiKey">,
): Listener {
  const verifier = createVerifier({
    ...options,
    issuer,
    audience,
    jwksUri: `${issuer}/jwks`,
    fetch: async () => Response.json(keySet),
  });
  return async (request, response) => {
    try {
      const access = verifier.verifyCached(request) ?? (await verifier.verify(request));
      response.writeHead(access.clientId === "" ? 403 : 200, headers).end(body);
    } catch {
      response.writeHead(401, headers).end(body);
    }
  };
}

/** What the issuer says: where it introspects, and that every key is good. */
const issuerAnswer = (url: string, { issuer }: ProtectedApiSetup): object =>
  url.includes("/.well-known/")
    ? { issuer, introspection_endpoint: `${issuer}/oauth2/introspect` }
    : {
        active: true,
        token_type: "api_key",
        sub: "usr_0123456789ABCDEFGHIJKL",
        client_id: "aky_0123456789ABCDEFGHIJKL",
        tenant: "tnt_first",
        cred: "aky_0123456789ABCDEFGHIJKL",
        scope: "corpora:read corpora:query documents:read jobs:read encoders:read llms:read",
      };
