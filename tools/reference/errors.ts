import type { AuthorizationErrorCode } from "@countersign/sdk";
import { AuthorizationError } from "@countersign/sdk";
import { BadRequestBody, ErrorBody, NotFoundBody } from "@countersign/protocol/admin/common.ts";
import type { AdminStatus } from "../../server/src/errors/admin-error.ts";
import {
  OAuthError,
  oauthRefusals,
  type OAuthRefusal,
} from "../../server/src/errors/oauth-error.ts";
import { refusalCauses } from "../../server/src/errors/refusal-causes.ts";
import { writeOAuthError } from "../../server/src/http/oauth-error.ts";
import { code, page, table } from "./markdown.ts";

/** Every refusal: of the protocol endpoints, of the API under `/v2`, and of a verifier. */
export function errorsPage(): string {
  return page(
    "# Errors",
    "A refusal carries a request id, in the body as `request_id` and in the header " +
      "`X-Request-Id`. The log has the cause under the same id, and `GET /v2/refusals/{request_id}` " +
      "[explains it](#causes-and-what-to-do). Without one are only the answers " +
      "of a server that is still starting (503), and those to what is not HTTP (400, 408, 431).",
    "## Protocol endpoints",
    "The body is `error`, `error_description` and `request_id`. The cause stays inside: it is in " +
      "the log, and counted by `countersign_token_requests_refused_total`. Causes that must not be " +
      "told apart outside have the same answer.",
    table(["cause", "status", "error", "error_description"], protocolRows()),
    "A 401 has `WWW-Authenticate: Basic` when the request used the `Authorization` header. 429 and " +
      "503 have `Retry-After`.",
    "## The API under `/v2`",
    "Administration, and the sample API while it is on.",
    table(["status", "body", "meaning"], adminRows()),
    "401 and 403 have a `WWW-Authenticate: Bearer` challenge with the address of the protected " +
      "resource metadata; 403 names the missing permission in `scope`.",
    "## Causes, and what to do",
    "What `/v2/refusals` says to whoever holds `refusals:read`. Of each client and cause the first " +
      "five a minute are kept, for seven days; ids of clients that are not there count as one.",
    table(["cause", "explanation", "what to do"], causeRows()),
    "## An API protected with the SDK",
    "What `AuthorizationError` answers. The body is `messages`, unless the adapter is given another.",
    table(["code", "status", "WWW-Authenticate", "meaning"], verifierRows()),
  );
}

function protocolRows(): string[][] {
  return (Object.keys(oauthRefusals) as OAuthRefusal[]).map((refusal) => {
    const { status, body } = writeOAuthError(request, new OAuthError(refusal), silentLog);
    const { error, error_description: description } = JSON.parse(body) as Record<string, string>;
    return [code(refusal), String(status), code(error ?? ""), description ?? ""];
  });
}

const request = {
  method: "POST",
  query: "",
  headers: {},
  rawHeaders: [],
  body: "",
  sourceAddress: "",
  requestId: "",
};
const silent = (): void => undefined;
const silentLog = { debug: silent, info: silent, warn: silent, error: silent };

const members = ({ properties }: { properties: object }): string =>
  Object.keys(properties).map(code).join(", ");

/** What every status means; the compiler asks for a line for each status there is. */
const adminMeanings: Record<AdminStatus | 413 | 414 | 415 | 500 | 503, string> = {
  400: "The request is not valid. `field_errors` says which field, and why.",
  401: "No credentials, or credentials that are not valid, or no longer.",
  403: "The caller lacks a permission, or would grant or reveal more than it holds.",
  404: "There is nothing with this id. What belongs to another account is not there either.",
  405: "The address does not take this method; `Allow` names those that it takes.",
  409: "It does not go with the present state: a name that is taken, a limit that is reached.",
  412: "`If-Match` names another version than the stored one.",
  413: "The body is too large.",
  414: "A part of the address is too long.",
  415: "The media type is not `application/json`.",
  422: "The `Idempotency-Key` was used for another request.",
  429: "Too many wrong API keys from one place. `Retry-After` says when to try again; a right one is always taken.",
  500: "A mistake of the server. The log has it under the request id.",
  502: "The API behind a connection cannot be reached, or may not be.",
  503: "The database does not answer. `Retry-After` says when to try again.",
  504: "The API behind a connection did not answer in time.",
};

function adminRows(): string[][] {
  return Object.entries(adminMeanings).map(([status, meaning]) => {
    const shape = status === "400" ? BadRequestBody : status === "404" ? NotFoundBody : ErrorBody;
    return [status, members(shape), meaning];
  });
}

const causeRows = (): string[][] =>
  Object.entries(refusalCauses).map(([cause, { explanation, whatToDo }]) => [
    code(cause),
    explanation,
    whatToDo,
  ]);

const verifierMeanings: Record<AuthorizationErrorCode, string> = {
  no_credentials: "The request has no access token.",
  invalid_request: "The request has several tokens, or a header that is not well-formed.",
  invalid_token: "The token is not one of this issuer for this API, or no longer.",
  insufficient_scope: "The token does not permit this. The challenge names what is missing.",
  temporarily_unavailable: "The token could not be checked: the issuer's keys cannot be had now.",
};

function verifierRows(): string[][] {
  return Object.entries(verifierMeanings).map(([name, meaning]) => {
    const { status, challenge } = new AuthorizationError(name as AuthorizationErrorCode, "", {
      resourceMetadata: "URL",
    });
    const shown = challenge === undefined ? "none" : `${code(challenge.split(",", 1)[0]!)} …`;
    return [code(name), String(status), shown, meaning];
  });
}
