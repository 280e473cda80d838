import { type TSchema, Type } from "typebox";
import type { ApiPermission } from "./protection.ts";

/** What routes say for the generated API document (OpenAPI), and the shapes that all of them share. */

const RequestId = Type.String({ description: "Name it when you ask about this refusal." });
const Messages = Type.Array(Type.String());

export const ErrorBody = Type.Object({ messages: Messages, request_id: RequestId });
export const BadRequestBody = Type.Object({
  field_errors: Type.Record(Type.String(), Type.String()),
  messages: Messages,
  request_id: RequestId,
});
export const NotFoundBody = Type.Object({
  id: Type.String(),
  messages: Messages,
  request_id: RequestId,
});

export const defaultLimit = 10;
export const Limit = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 100,
    default: defaultLimit,
    description: "How many at most.",
  }),
);

export const PageQuery = Type.Object({
  limit: Limit,
  page_key: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "Where to go on: `metadata.page_key` of the page before.",
    }),
  ),
});

export const PageMetadata = Type.Object({
  page_key: Type.Optional(
    Type.String({ description: "Pass it to get the next page. Absent on the last page." }),
  ),
});

/** Values of the caller's own. */
export const Metadata = Type.Record(Type.String(), Type.Unknown());

/** An object that refuses members it does not know. */
export function closedObject<Properties extends Record<string, TSchema>>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false });
}

/** The names that the host gives to its schemes under `components.securitySchemes`. */
export const securitySchemes = { accessToken: "oauth2", apiKey: "apiKey" };

/** The part of a route's schema that is for readers. */
export function documented(tag: string, summary: string, permission: ApiPermission) {
  const { accessToken, apiKey } = securitySchemes;
  return { tags: [tag], summary, security: [{ [accessToken]: [permission] }, { [apiKey]: [] }] };
}

const refusalBodies = {
  400: BadRequestBody,
  401: ErrorBody,
  403: ErrorBody,
  404: NotFoundBody,
  409: ErrorBody,
  413: ErrorBody,
  415: ErrorBody,
  // Of the host: wrong API keys, guessed again and again.
  429: ErrorBody,
  503: ErrorBody,
};
type RefusalStatus = keyof typeof refusalBodies;

/** The responses of a route: its own, what every route may refuse, and `others`. */
export function responses<Successes extends Record<number, TSchema>>(
  successes: Successes,
  ...others: (404 | 409 | 413 | 415)[]
): Successes {
  const statuses: RefusalStatus[] = [400, 401, 403, ...others, 429, 503];
  const refusals = statuses.map((status) => [status, refusalBodies[status]] as const);
  // Refusals are written in one place, so handlers are typed by their successes alone.
  return { ...Object.fromEntries(refusals), ...successes };
}
