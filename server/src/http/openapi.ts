import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { endpointPaths } from "@countersign/protocol/metadata.ts";
import { permissions } from "@countersign/protocol/permissions.ts";
import { cookieNameOf } from "./cookies.ts";
import { protocolPaths } from "./oauth/openapi-paths.ts";

/**
 * The OpenAPI 3.1 document at `/openapi.json`: made from the schemas that validate the requests, so it
 * cannot say anything else than what the server does.
 */
export async function registerOpenapi(server: FastifyInstance, publicUrl: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Countersign",
        description: "Issue tokens to app clients, and protect an API with them.",
        version: "2",
      },
      servers: [{ url: publicUrl }],
      components: { securitySchemes: securitySchemes(publicUrl) },
    },
    transformObject: (document) => {
      const { openapiObject } = document as { openapiObject: { paths?: object } };
      return { ...openapiObject, paths: { ...protocolPaths(), ...openapiObject.paths } };
    },
  });
}

export function registerOpenapiDocument(server: FastifyInstance): void {
  // It never changes, and is too long to be written anew for everybody who asks.
  let text: string | undefined;
  server.get("/openapi.json", { schema: { hide: true } }, (_request, reply) => {
    reply.header("access-control-allow-origin", "*").type("application/json; charset=utf-8");
    return reply.send((text ??= JSON.stringify(server.swagger())));
  });
}

const securitySchemes = (publicUrl: string) => ({
  oauth2: {
    type: "oauth2" as const,
    flows: {
      clientCredentials: { tokenUrl: publicUrl + endpointPaths.token, scopes: { ...permissions } },
    },
  },
  apiKey: { type: "apiKey" as const, in: "header" as const, name: "x-api-key" },
  basic: { type: "http" as const, scheme: "basic" },
  session: {
    type: "apiKey" as const,
    in: "cookie" as const,
    name: cookieNameOf(publicUrl, "session"),
    description: "Of who is signed in, for pages of this origin.",
  },
});
