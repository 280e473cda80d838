import type { FastifyError, FastifyRequest } from "fastify";
import { isPermission } from "@countersign/protocol/permissions.ts";
import { secretPrefixes } from "@countersign/protocol/secrets.ts";
import type { Refusal, RefusalDetails, Refusals } from "../audit/refusals.ts";
import type { Usage } from "../audit/usage.ts";
import { ClientRefused } from "../clients/authentication.ts";
import { AdminError } from "../errors/admin-error.ts";
import { PageRefused } from "./pages/page-refused.ts";
import { oauthRefusals, type OAuthError } from "../errors/oauth-error.ts";
import type { RefusalCause } from "../errors/refusal-causes.ts";
import { explainRefusedToken, type RefusedTokenContext } from "../tokens/refused-token.ts";
import type { Caller } from "./caller.ts";
import type { HttpRequest } from "./message.ts";

/**
 * Notes why a request was refused, so that an administrator can look it up by the request id. It only
 * runs once a refusal has been decided, and takes nothing from the request but what was checked to
 * be ours.
 */

export interface RefusalNotes {
  /** A refusal of a protocol endpoint. */
  ofAnswer(request: HttpRequest, path: string, refused: RefusedAnswer): void;
  /** A refusal of the API under `/v2`. */
  ofProblem(request: FastifyRequest, status: number, error: unknown): void;
}

export interface RefusedAnswer {
  status: number;
  error: OAuthError;
}

export interface RefusalNotesContext extends RefusedTokenContext {
  refusals: Refusals;
  usage: Pick<Usage, "refused">;
  sourceAddressOf(request: FastifyRequest["raw"]): string;
}

/** Finding out what was wrong with a token costs a signature check: more than these are not worth it. */
const explainedPerMinute = 60;
const minuteMs = 60_000;

export function createRefusalNotes(context: RefusalNotesContext): RefusalNotes {
  const { refusals, usage, tenantId, sourceAddressOf, system } = context;
  let minute = 0;
  let count = 0;

  function mayExplain(): boolean {
    const now = Math.floor(system.elapsedMs() / minuteMs);
    if (now !== minute) [minute, count] = [now, 0];
    count += 1;
    return count <= explainedPerMinute;
  }

  /** What is not found out stays as it was decided: not valid. */
  async function explained(request: FastifyRequest, refusal: Refusal): Promise<Refusal> {
    const { headers } = request.raw;
    return { ...refusal, ...(await explainCredentials(context, headers).catch(() => undefined)) };
  }

  /**
   * Refused calls of the API count beside refused tokens, under what their successful calls are noted
   * under; what we could not answer does not.
   */
  function counted(refusal: Refusal, credential: Caller["credential"]): Refusal {
    const { tenantId, status, endpoint, cause } = refusal;
    if (status < 500 && endpoint.includes(" /v2/")) {
      usage.refused({ tenantId, ...(credential ?? credentialOf(refusal)) }, cause);
    }
    return refusal;
  }

  return {
    ofAnswer(request, path, { status, error }) {
      refusals.note({
        requestId: request.requestId,
        tenantId: error.client?.tenantId ?? tenantId,
        endpoint: `${request.method} ${path}`,
        status,
        error: oauthRefusals[error.refusal][0],
        cause: error.refusal,
        clientId: error.client?.clientId,
        sourceAddress: request.sourceAddress,
        details: detailsOf(error),
      });
    },
    ofProblem(request, status, error) {
      const { caller } = request as Partial<FastifyRequest>;
      const challenge = error instanceof AdminError ? error.options.challenge : undefined;
      const refusal: Refusal = {
        requestId: request.id,
        tenantId: caller?.actor.tenantId ?? tenantId,
        endpoint: `${request.method} ${request.routeOptions.url ?? "unknown"}`,
        status,
        error: challenge?.error,
        clientId: caller?.actor.type === "client" ? caller.actor.id : undefined,
        sourceAddress: sourceAddressOf(request.raw),
        cause: causeOf(request, status, error),
        details: {
          ...(caller?.actor.type === "user" ? { user_id: caller.actor.id } : {}),
          ...problemDetails(request, error),
        },
      };
      const isOpen = status === 401 && challenge?.error === "invalid_token";
      const count = (one: Refusal): Refusal => counted(one, caller?.credential);
      if (isOpen && mayExplain()) refusals.noteSoon(explained(request, refusal).then(count));
      else refusals.note(count(refusal));
    },
  };
}

/** What was found out about credentials that do not count. */
function credentialOf({ clientId, details }: Refusal) {
  const { api_key_id: keyId, credential_id: credentialId = keyId } = details;
  return {
    clientId: clientId ?? (typeof keyId === "string" ? keyId : undefined),
    credentialId: typeof credentialId === "string" ? credentialId : undefined,
  };
}

/** Which detail of a refusal is ours to repeat, and what it is. */
function detailsOf(error: OAuthError): RefusalDetails {
  const { refusal, detail } = error;
  if (error instanceof ClientRefused) return detailsOfClient(error);
  if (detail === undefined) return {};
  if (refusal === "too_many_failures") return { first_cause: detail };
  if (refusal === "parameter_in_query") return { parameter: detail };
  if (refusal === "scope_not_allowed" || refusal === "authorization_details_not_allowed") {
    return isPermission(detail) ? { permission: detail } : {};
  }
  return refusal === "malformed_body" || refusal === "malformed_authorization_details"
    ? { reason: detail }
    : {};
}

function detailsOfClient({ client, credential, method }: ClientRefused): RefusalDetails {
  return {
    ...(credential === undefined
      ? {}
      : { credential_id: credential.id, credential_hint: credential.hint }),
    ...(credential?.expiresAtMs === undefined
      ? {}
      : { expires_at: new Date(credential.expiresAtMs).toISOString() }),
    ...(method === undefined ? {} : { used_method: method }),
    ...(method === undefined || client?.authenticationMethod === undefined
      ? {}
      : { registered_method: client.authenticationMethod }),
  };
}

const causesOfStatus: Record<number, RefusalCause> = {
  400: "invalid_request",
  404: "not_found",
  405: "wrong_method",
  409: "conflict",
  412: "changed_meanwhile",
  413: "too_large",
  414: "too_large",
  415: "wrong_media_type",
  422: "repeated_key",
  429: "too_many_failures",
  500: "internal_error",
  503: "store_unavailable",
};

function causeOf(request: FastifyRequest, status: number, error: unknown): Refusal["cause"] {
  if (error instanceof PageRefused) return error.refusal;
  const challenge = error instanceof AdminError ? error.options.challenge : undefined;
  if (error instanceof AdminError && error.options.cause !== undefined) return error.options.cause;
  if (status === 401) return challenge?.error === undefined ? "no_credentials" : "token_not_valid";
  if (status === 403) {
    const permission = (request.routeOptions.config as { permission?: string } | undefined)
      ?.permission;
    return challenge?.scope === permission ? "permission_missing" : "more_than_held";
  }
  if (challenge?.error === "invalid_request") return "malformed_bearer_header";
  if (status === 404 && request.routeOptions.url === undefined) return "no_such_address";
  return causesOfStatus[status] ?? "other_refusal";
}

function problemDetails(request: FastifyRequest, error: unknown): RefusalDetails {
  if (error instanceof AdminError) {
    const { challenge, fieldErrors } = error.options;
    return {
      ...(challenge?.scope === undefined ? {} : { permission: challenge.scope }),
      ...fieldsOf(request, Object.keys(fieldErrors ?? {})),
    };
  }
  const { validation } = error as Partial<FastifyError>;
  const paths = (validation ?? []).map(({ instancePath }) => instancePath.slice(1));
  return fieldsOf(request, paths);
}

/** Only names that stand in the route's own schema: the rest of a path may be what somebody typed. */
function fieldsOf(request: FastifyRequest, paths: string[]): RefusalDetails {
  const { body, querystring, params } = request.routeOptions.schema ?? {};
  const known = [body, querystring, params].flatMap((part) =>
    Object.keys((part as { properties?: object } | undefined)?.properties ?? {}),
  );
  const fields = new Set(paths.map((path) => path.split(/[/.]/, 1)[0] ?? ""));
  const ours = [...fields].filter((field) => known.includes(field));
  return ours.length === 0 ? {} : { fields: ours };
}

type Why = Pick<Refusal, "cause" | "details" | "clientId">;

async function explainCredentials(
  context: RefusalNotesContext,
  headers: FastifyRequest["raw"]["headers"],
): Promise<Why> {
  const [, token] = /^bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  if (token !== undefined) return explainRefusedToken(context, token);
  const plainKey = headers["x-api-key"];
  const known = typeof plainKey === "string" ? await context.apiKeys.find(plainKey) : undefined;
  const details: RefusalDetails =
    known === undefined ? {} : { api_key_id: known.apiKey.id, api_key_hint: known.apiKey.hint };
  const isSecret = typeof plainKey === "string" && plainKey.startsWith(secretPrefixes.clientSecret);
  const unknown = isSecret ? "api_key_is_client_secret" : "api_key_unknown";
  return {
    cause: known === undefined ? unknown : "api_key_disabled",
    details: known?.apiKey.tenantId === context.tenantId ? details : {},
    clientId: undefined,
  };
}
