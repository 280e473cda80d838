import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { AdminError } from "../errors/admin-error.ts";
import { OAuthError } from "../errors/oauth-error.ts";
import type { Log } from "../log.ts";
import { StoreUnavailable } from "../store/store.ts";
import type { RefusalNotes } from "./refusal-notes.ts";

/**
 * The one place where a refusal of the admin API becomes an answer, in the shape that clients of the
 * corpora platform read. What is not a refusal of ours says nothing of itself: a request id, and the
 * rest in the log.
 */

interface Problem {
  status: number;
  body: {
    messages: string[];
    code?: string;
    connect_url?: string;
    field_errors?: Record<string, string>;
    id?: string;
  };
  headers: Record<string, string>;
  /** For the log, where the messages repeat what a stranger sent. */
  detail?: string;
}

export function createProblemWriter(
  issuer: string,
  log: Log,
  notes: Pick<RefusalNotes, "ofProblem">,
) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, body, headers, detail = body.messages[0] } = problemOf(error, issuer);
    const entry = { requestId: request.id, status, detail, path: routeOf(request) };
    if (status === 500) log.error({ ...entry, err: error }, "an API request failed");
    else if (error instanceof StoreUnavailable)
      log.warn({ ...entry, err: error }, "an API request met a closed store");
    else log.info(entry, "an API request was refused");
    notes.ofProblem(request, status, error);
    void reply
      .code(status)
      .headers({ "cache-control": "no-store", ...headers, ...markOf(request, status, body.code) })
      .type("application/json")
      .send(JSON.stringify({ ...body, request_id: request.id }));
  };
}

/** Through a connection come answers of other APIs too, so ours are marked. */
function markOf(
  { routeOptions: { url = "" } }: FastifyRequest,
  status: number,
  code: string | undefined,
): Record<string, string> {
  if (!/^\/v2\/connections\/:id\/(proxy|token)\b/.test(url)) return {};
  return { "x-countersign-error": code ?? codesByStatus[status] ?? "refused" };
}

const codesByStatus: Readonly<Record<number, string>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  503: "unavailable",
};

/** What answers when no route does: another method of a known address is 405 [RFC 9110 §15.5.6]. */
export const createNotFound =
  (methodsOf: (path: string) => string[]) =>
  (request: FastifyRequest): never => {
    const [path = ""] = request.url.split("?");
    const allow = path.startsWith("/v2/") ? methodsOf(path) : [];
    if (allow.length > 0) {
      throw new AdminError(405, "This address does not take this method.", { allow });
    }
    throw new AdminError(404, "There is nothing at this address.", { id: path.slice(0, 200) });
  };

function problemOf(error: unknown, issuer: string): Problem {
  if (error instanceof AdminError) return adminProblem(error, issuer);
  if (error instanceof StoreUnavailable) {
    const messages = ["The service is not available. Try again soon."];
    return { status: 503, body: { messages }, headers: { "retry-after": "2" } };
  }
  if (error instanceof OAuthError) return badRequest({}, [error.description]);
  const { statusCode, validation } = error as FastifyError;
  if (validation !== undefined) return invalidFields(error as FastifyError);
  // Refusals of the framework itself. Its own words may repeat what a stranger sent.
  if (statusCode === 400) return badRequest({}, ["The request is not well-formed."]);
  if (statusCode !== undefined && statusCode < 500) {
    const messages = [frameworkRefusals[statusCode] ?? "This request cannot be answered."];
    return { status: statusCode, body: { messages }, headers: {} };
  }
  const messages = ["Something went wrong here. It is not your request."];
  return { status: 500, body: { messages }, headers: {} };
}

const frameworkRefusals: Record<number, string> = {
  413: "The body is too large.",
  414: "The address is too long.",
  415: "Send the body as application/json.",
};

function adminProblem(error: AdminError, issuer: string): Problem {
  const { fieldErrors, id, challenge, allow, retryAfterSeconds, connectUrl } = error.options;
  const body: Problem["body"] = {
    messages: [error.message],
    ...(error.options.code === undefined ? {} : { code: error.options.code }),
    ...(connectUrl === undefined ? {} : { connect_url: connectUrl }),
    ...(error.status === 400 ? { field_errors: fieldErrors ?? {} } : {}),
    ...(id === undefined ? {} : { id }),
  };
  const headers: Record<string, string> = {
    ...(challenge === undefined ? {} : { "www-authenticate": challengeText(challenge, issuer) }),
    ...(allow === undefined ? {} : { allow: allow.join(", ") }),
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
  };
  return { status: error.status, body, headers };
}

/** RFC 6750 §3 and RFC 9728 §5.1; without an error code when no credentials came at all. */
function challengeText(
  { error, scope }: NonNullable<AdminError["options"]["challenge"]>,
  issuer: string,
): string {
  const parameters = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    `resource_metadata="${issuer}/.well-known/oauth-protected-resource"`,
  ];
  return `Bearer ${parameters.join(", ")}`;
}

const badRequest = (fieldErrors: Record<string, string>, messages: string[]): Problem => ({
  status: 400,
  body: { field_errors: fieldErrors, messages },
  headers: {},
});

function invalidFields({ validation = [], validationContext }: FastifyError): Problem {
  const problems = new Map<string, string>();
  for (const { keyword, instancePath, message = "is not valid", params } of validation) {
    const unknown = params["additionalProperties"] as string[] | undefined;
    const missing = params["requiredProperties"] as string[] | undefined;
    const base = instancePath.slice(1).replaceAll("/", ".");
    for (const name of unknown ?? missing ?? [""]) {
      const field = [base, name].filter((part) => part !== "").join(".");
      const isUnknown = unknown !== undefined || keyword === "boolean";
      const problem = isUnknown ? "is not a known field" : missing ? "is missing" : message;
      const shown = (field || (validationContext ?? "body")).slice(0, 200);
      if (!problems.has(shown)) problems.set(shown, problem);
    }
  }
  const messages = [...problems].map(([field, problem]) => `${field}: ${problem}`);
  return {
    ...badRequest(Object.fromEntries(problems), messages),
    detail: `${messages.length} fields are not valid`,
  };
}

const routeOf = (request: FastifyRequest): string =>
  `${request.method} ${request.routeOptions.url ?? "unknown"}`;
