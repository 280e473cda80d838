import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { TSchema } from "typebox";
import { BadRequestBody, ErrorBody, NotFoundBody } from "@countersign/protocol/admin/common.ts";
import type { Permission } from "@countersign/protocol/permissions.ts";
import { badField } from "../../errors/admin-error.ts";
import type { Caller } from "../caller.ts";

/** What every route of the admin API has in common: who may call it, and how it is documented. */

export type AdminServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module "fastify" {
  interface FastifyRequest {
    /** Set before any handler of the admin API runs. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** What a caller needs for this route. */
    permission?: Permission;
  }
}

interface Described<Params, Query, Body, Success> {
  permission: Permission;
  tag: string;
  summary: string;
  description?: string;
  params?: Params;
  query?: Query;
  body?: Body;
  /** The media type of the success, when it is not JSON. */
  produces?: string;
  success: Success;
}

/** The options of a route: its schema validates, types and documents it. */
export function route<
  Params extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Body extends TSchema = TSchema,
  Success extends Record<number, TSchema> = Record<number, TSchema>,
>(described: Described<Params, Query, Body, Success>) {
  const { permission, tag, summary, description, params, query, body } = described;
  const { produces, success } = described;
  return {
    config: { permission },
    schema: {
      tags: [tag],
      summary,
      description: `${description === undefined ? "" : `${description} `}Needs \`${permission}\`.`,
      security: [{ oauth2: [permission] }, { apiKey: [] }],
      ...(produces === undefined ? {} : { produces: [produces] }),
      ...((params === undefined ? {} : { params }) as { params: Params }),
      ...((query === undefined ? {} : { querystring: query }) as { querystring: Query }),
      ...((body === undefined ? {} : { body }) as { body: Body }),
      // Refusals are written in one place, so handlers are typed by their successes alone.
      response: { ...success, ...refusals } as Success,
    },
  };
}

const refusals = {
  400: { ...BadRequestBody, description: "A field is wrong; `field_errors` says which and why." },
  401: { ...ErrorBody, description: "No valid access token or API key came." },
  403: { ...ErrorBody, description: "The caller lacks a permission; the challenge names it." },
  404: { ...NotFoundBody, description: "There is nothing with this id in the account." },
  409: { ...ErrorBody, description: "It does not go with what is there." },
  412: { ...ErrorBody, description: "It has changed since it was read." },
  422: { ...ErrorBody, description: "The Idempotency-Key was used for another request." },
  429: { ...ErrorBody, description: "Too many wrong API keys from there; a right one is taken." },
  503: { ...ErrorBody, description: "The store does not answer. Try again." },
};

/** `If-Match` with the version that the caller read; absent or `*` means any. Throws 400. */
export function expectedVersionOf({ headers }: FastifyRequest): number | undefined {
  const condition = headers["if-match"];
  if (condition === undefined || condition === "*") return undefined;
  const [, version] = /^"(\d{1,15})"$/.exec(condition) ?? [];
  if (version === undefined) throw badField("If-Match", "is not an ETag of this resource");
  return Number(version);
}

export const etagOf = ({ version }: { version: number }): string => `"${version}"`;

/** `Idempotency-Key`: the same key with the same request does it once. Throws 400. */
export function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && /^[!-~]{1,255}$/.test(key)) return key;
  throw badField("Idempotency-Key", "must be 1 to 255 visible characters");
}
