import { Type, type Static, type TSchema } from "typebox";

/**
 * What all administration resources share: pages, labels, and the bodies of errors. The shapes are
 * those that clients of the corpora platform already speak: snake_case JSON, `page_key` absent on
 * the last page, `messages` in an error.
 */

export const PageQuery = Type.Object({
  limit: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 10,
    description: "How many to return at most.",
  }),
  page_key: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2000,
      description: "Where to go on: `metadata.page_key` of the page before.",
    }),
  ),
});
export type PageQuery = Static<typeof PageQuery>;

export const PageMetadata = Type.Object({
  page_key: Type.Optional(
    Type.String({ description: "Pass it to get the next page. Absent on the last page." }),
  ),
});

/** `of`: what must match. */
export const filterOf = (of: string) =>
  Type.String({
    minLength: 1,
    maxLength: 200,
    description: `A regular expression (RE2 syntax) that ${of} must match somewhere. A page may hold fewer than \`limit\` when many had to be looked at; follow \`page_key\`.`,
  });

export const RequestId = Type.String({
  description: "The reference id under which this refusal can be looked up.",
});

/** 401, 403, 409, 412, 422, 429, 500 and 503. */
export const ErrorBody = Type.Object({
  messages: Type.Array(Type.String()),
  code: Type.Optional(
    Type.String({
      description:
        "For the console: `recent_sign_in_required`, `sign_in_over` or `cross_site_request`. Of a connection: `not_connected`, `reconnect_required`, `uncertain`, `disabled`, `provider_unavailable`, `api_unreachable`, `api_timeout` or `api_not_permitted`.",
    }),
  ),
  connect_url: Type.Optional(
    Type.String({ description: "Where a person connects what is not connected." }),
  ),
  request_id: RequestId,
});
export type ErrorBody = Static<typeof ErrorBody>;

/** 400: which fields are wrong, and why. */
export const BadRequestBody = Type.Object({
  field_errors: Type.Record(Type.String(), Type.String()),
  messages: Type.Array(Type.String()),
  request_id: RequestId,
});
export type BadRequestBody = Static<typeof BadRequestBody>;

/** 404: what was not found. */
export const NotFoundBody = Type.Object({
  id: Type.String(),
  messages: Type.Array(Type.String()),
  request_id: RequestId,
});
export type NotFoundBody = Static<typeof NotFoundBody>;

export const ExternalId = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "An id of the caller's own, unique within the account.",
});

export const Labels = Type.Record(
  Type.String({ pattern: "^[A-Za-z0-9._/-]{1,63}$" }),
  Type.String({ maxLength: 255 }),
  {
    maxProperties: 32,
    additionalProperties: false,
    description: "Names and values of the caller's own.",
  },
);

/** An object that refuses members it does not know, so that a mistyped name is noticed. */
export function closedObject<Properties extends Record<string, TSchema>>(
  properties: Properties,
  description?: string,
) {
  return Type.Object(properties, {
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  });
}

/** A string that is one of these; in the generated document an `enum`. */
export function oneOf<const Values extends string[]>(
  values: readonly [...Values],
  description: string,
) {
  return Type.Enum<Values>([...values], { description });
}

export const leakPolicies = ["notify", "disable", "revoke"] as const;
export type LeakPolicy = (typeof leakPolicies)[number];

/** A setting of every credential and API key. */
export const OnLeak = oneOf(
  leakPolicies,
  "What is done at once when it is reported as leaked: `notify` notes it, `disable` stops it until " +
    "it is enabled again, `revoke` ends it for good. `notify` unless it is set.",
);
