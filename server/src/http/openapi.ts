import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { endpointPaths } from "@countersign/protocol/metadata.ts";
import { oauthErrorCodes, tokenTypes } from "@countersign/protocol/oauth.ts";
import { permissions } from "@countersign/protocol/permissions.ts";
import { supportedGrantTypes } from "../grants/grant.ts";
import { cookieNameOf } from "./cookies.ts";

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
      return { ...openapiObject, paths: { ...tokenPaths(), ...openapiObject.paths } };
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

/** The token endpoint stands outside the framework that describes the rest. */
function tokenPaths() {
  const form = { "application/x-www-form-urlencoded": { schema: tokenParameters } };
  const operation = { tags: ["Tokens"], security: [{ basic: [] }, {}], responses: tokenResponses };
  return {
    [endpointPaths.token]: {
      post: { ...operation, summary: "Get an access token", requestBody: { content: form } },
    },
    [endpointPaths.tokenJson]: {
      post: {
        ...operation,
        summary: "Get an access token, also with JSON",
        requestBody: { content: { ...form, "application/json": { schema: jsonParameters } } },
      },
    },
  };
}

const tokenParameters = {
  type: "object",
  required: ["grant_type"],
  properties: {
    grant_type: { type: "string", enum: supportedGrantTypes },
    client_id: { type: "string" },
    client_secret: { type: "string" },
    scope: { type: "string", description: "Permissions, with spaces between them." },
    resource: { type: "string", format: "uri" },
    authorization_details: { type: "string", description: "JSON, as in RFC 9396." },
    subject_token: { type: "string", description: "Token exchange: an API key." },
    subject_token_type: { type: "string", enum: [tokenTypes.apiKey] },
  },
};

const jsonParameters = {
  type: "object",
  properties: {
    ...tokenParameters.properties,
    grant_type: { ...tokenParameters.properties.grant_type, default: "client_credentials" },
    authorization_details: { type: "array", items: { type: "object" }, description: "RFC 9396." },
  },
};

const tokenResponse = {
  type: "object",
  required: ["access_token", "token_type", "expires_in"],
  properties: {
    access_token: { type: "string" },
    token_type: { type: "string", const: "Bearer" },
    issued_token_type: { type: "string", description: "Where something was exchanged." },
    expires_in: { type: "integer", description: "Seconds." },
    scope: { type: "string" },
    authorization_details: { type: "array", items: { type: "object" } },
  },
};

const oauthErrorBody = {
  type: "object",
  required: ["error"],
  properties: {
    error: { type: "string", enum: [...oauthErrorCodes] },
    error_description: { type: "string" },
    request_id: { type: "string" },
  },
};

const refused = (description: string) => ({
  description,
  content: { "application/json": { schema: oauthErrorBody } },
});

const tokenResponses = {
  200: { description: "The token", content: { "application/json": { schema: tokenResponse } } },
  400: refused("Refused"),
  401: refused("Client authentication failed"),
  413: refused("The body is too large"),
  415: refused("The body is of another type"),
  429: refused("Too many failed authentications; a right secret is taken"),
  503: refused("The store does not answer. Try again"),
};
