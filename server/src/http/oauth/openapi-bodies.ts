import { oauthErrorCodes, tokenTypes } from "@countersign/protocol/oauth.ts";
import { supportedGrantTypes } from "../../grants/grant.ts";

/** The bodies of the protocol's requests and answers, as schemas for the OpenAPI document. */

/** For who does not use HTTP Basic. */
const clientParameters = {
  client_id: { type: "string" },
  client_secret: { type: "string" },
};

export const tokenParameters = {
  type: "object",
  required: ["grant_type"],
  properties: {
    grant_type: { type: "string", enum: supportedGrantTypes },
    ...clientParameters,
    scope: { type: "string", description: "Permissions, with spaces between them." },
    resource: { type: "string", format: "uri" },
    authorization_details: { type: "string", description: "JSON, as in RFC 9396." },
    subject_token: { type: "string", description: "Token exchange: an API key." },
    subject_token_type: { type: "string", enum: [tokenTypes.apiKey] },
  },
};

export const jsonParameters = {
  type: "object",
  properties: {
    ...tokenParameters.properties,
    grant_type: { ...tokenParameters.properties.grant_type, default: "client_credentials" },
    authorization_details: { type: "array", items: { type: "object" }, description: "RFC 9396." },
  },
};

export const tokenResponse = {
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

export const aboutToken = {
  type: "object",
  required: ["token"],
  properties: {
    token: { type: "string", description: "An access token, or an API key." },
    token_type_hint: { type: "string", description: "Ignored: each is known by its form." },
    ...clientParameters,
  },
};

/** RFC 7662 §2.2; but for `active`, only of one that counts. */
export const introspectionResponse = {
  type: "object",
  required: ["active"],
  properties: {
    active: { type: "boolean" },
    token_type: { type: "string", enum: ["Bearer", "api_key"] },
    scope: { type: "string", description: "What it may do now, on the whole account." },
    authorization_details: {
      type: "array",
      items: { type: "object" },
      description: "What it may do now, on what is named.",
    },
    authorization_details_omitted: {
      type: "boolean",
      const: true,
      description: "They were too many for the token itself.",
    },
    client_id: { type: "string" },
    sub: { type: "string" },
    iss: { type: "string", format: "uri" },
    aud: { type: "string" },
    iat: { type: "integer", description: "Seconds since 1970." },
    exp: { type: "integer", description: "Seconds since 1970." },
    jti: { type: "string" },
    roles: { type: "array", items: { type: "string" } },
    tenant: { type: "string" },
    pos: { type: "integer", description: "How much its issuer had heard of, for revocations." },
    cred: { type: "string", description: "The credential it was issued for." },
  },
};

export const errorBody = {
  type: "object",
  required: ["error"],
  properties: {
    error: { type: "string", enum: [...oauthErrorCodes] },
    error_description: { type: "string" },
    request_id: { type: "string" },
  },
};
