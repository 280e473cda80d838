import { endpointPaths } from "@countersign/protocol/metadata.ts";
import {
  aboutToken,
  errorBody,
  introspectionResponse,
  jsonParameters,
  tokenParameters,
  tokenResponse,
} from "./openapi-bodies.ts";

/**
 * What the OpenAPI document says of the endpoints at which a client proves itself, token [RFC 6749 §3.2],
 * introspection [RFC 7662 §2] and revocation [RFC 7009 §2]: they stand outside the framework that
 * describes the rest.
 */
export function protocolPaths(): Record<string, object> {
  return {
    [endpointPaths.token]: operation({
      summary: "Get an access token",
      content: { [formType]: { schema: tokenParameters } },
      done: answered("The token", tokenResponse),
    }),
    [endpointPaths.tokenJson]: operation({
      summary: "Get an access token, also with JSON",
      content: {
        [formType]: { schema: tokenParameters },
        "application/json": { schema: jsonParameters },
      },
      done: answered("The token", tokenResponse),
    }),
    [endpointPaths.introspection]: operation({
      summary: "Ask whether a token counts now",
      description:
        "An access token, or an API key. An app client is told of its own, and with `tokens:introspect` of those of its account; an API, with its id and its verifier secret, of those that are for it. All others are as if unknown.",
      content: { [formType]: { schema: aboutToken } },
      done: answered("What it may do now, or that it does not count", introspectionResponse),
    }),
    [endpointPaths.revocation]: operation({
      summary: "Take a token back",
      description:
        "An access token, or an API key, which is then disabled. A client takes back its own, and with `tokens:revoke` those of its account. The answer does not tell whether there was one.",
      content: { [formType]: { schema: aboutToken } },
      done: { description: "It does not count any more" },
    }),
  };
}

interface Described {
  summary: string;
  description?: string;
  content: Record<string, { schema: object }>;
  done: object;
}

const operation = ({ summary, description, content, done }: Described) => ({
  post: {
    tags: ["Tokens"],
    summary,
    ...(description === undefined ? {} : { description }),
    security: [{ basic: [] }, {}],
    requestBody: { required: true, content },
    responses: { 200: done, ...refusals },
  },
});

const formType = "application/x-www-form-urlencoded";

const answered = (description: string, schema: object) => ({
  description,
  content: { "application/json": { schema } },
});

const refusals = {
  400: answered("Refused", errorBody),
  401: answered("Client authentication failed", errorBody),
  413: answered("The body is too large", errorBody),
  415: answered("The body is of another type", errorBody),
  429: answered("Too many failed authentications; a right secret is taken", errorBody),
  503: answered("The store does not answer. Try again", errorBody),
};
