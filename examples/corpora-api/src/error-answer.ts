import { AuthorizationError } from "@countersign/sdk";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isDatabaseUnavailable } from "./database.ts";
import { RequestError } from "./request-error.ts";

/** How an error is answered: the one place where bodies of errors are made. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: { messages: string[] } & Record<string, unknown>;
}

export type RequestIdOf = (request: FastifyRequest) => string;

/** Fastify's error handler. What it does not know is a mistake of ours: logged, and not shown. */
export function errorHandler(requestIdOf: RequestIdOf) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { status, headers, body } = errorAnswer(error, requestIdOf(request));
    if (status >= 500) request.log.error(error);
    return reply.code(status).headers(headers).send(body);
  };
}

export function errorAnswer(error: unknown, requestId: string): ErrorAnswer {
  if (error instanceof AuthorizationError) return refusalAnswer(error, requestId);
  if (error instanceof RequestError) {
    return answer(error.status, requestId, [error.message], error.members);
  }
  if (isDatabaseUnavailable(error)) {
    const busy = answer(503, requestId, ["The database is busy. Try again."]);
    return { ...busy, headers: { "retry-after": "1" } };
  }
  const status = statusOf(error);
  const message = messages[status] ?? "This request cannot be answered.";
  return answer(status, requestId, [message], status === 400 ? { field_errors: {} } : {});
}

/** 401, 403, 503, and 400 for an Authorization header that says two things [RFC 6750 §3.1]. */
function refusalAnswer(error: AuthorizationError, requestId: string): ErrorAnswer {
  const { status, headers, description } = error;
  const members = status === 400 ? { field_errors: { authorization: description } } : {};
  return { ...answer(status, requestId, [description], members), headers };
}

/** What Fastify itself refuses has a status below 500; everything else is our mistake. */
function statusOf(error: unknown): number {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}

const messages: Readonly<Record<number, string>> = {
  400: "The body cannot be read as JSON.",
  413: "The body is larger than 1 MiB.",
  415: "The body must be JSON, sent as application/json.",
  500: "Something went wrong here. Name the request id when you ask about it.",
};

function answer(
  status: number,
  requestId: string,
  messages: string[],
  members: Readonly<Record<string, unknown>> = {},
): ErrorAnswer {
  return { status, headers: {}, body: { ...members, messages, request_id: requestId } };
}
