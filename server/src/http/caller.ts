import type { IncomingMessage } from "node:http";
import type { Permission } from "@countersign/protocol/permissions.ts";
import { findMissing, mayDo, rightsOn, type Resource, type Rights } from "../access/rights.ts";
import type { KnownApiKey } from "../api-keys/known-api-keys.ts";
import { principalOf } from "../api-keys/principal.ts";
import type { Actor } from "../audit/audit.ts";
import type { Usage } from "../audit/usage.ts";
import { AdminError } from "../errors/admin-error.ts";
import type { FailureBudget } from "./failure-budget.ts";
import type { LiveSession } from "../people/session.ts";
import { findSessionCaller, type SessionCallers } from "./session-caller.ts";
import { findLiveToken, type LiveToken, type LiveTokenContext } from "../tokens/live-token.ts";

/**
 * Who is calling our own API: an API key, one of our access tokens, or a person in a browser.
 * `Authorization` wins over `x-api-key`, and both over a cookie, without falling back: real clients
 * send several.
 */

export interface Caller {
  actor: Actor;
  /** What this call may do. */
  rights: Rights;
  /** What its token says; more than `rights` when something was taken away since. */
  stated: Rights;
  /** What the caller may pass on to others. */
  grantable: Rights;
  /** What the call is counted under; a person in a browser has no such thing. */
  credential?: { clientId: string; credentialId: string };
  /** A person in a browser: as whom, and since when. */
  session?: LiveSession;
}

export interface CallerContext extends LiveTokenContext {
  usage: Pick<Usage, "used" | "exercised">;
  failures: Pick<FailureBudget, "spendOnKey">;
  tenantId: string;
  issuer: string;
  sessions: SessionCallers;
}

type From = Pick<Actor, "requestId" | "sourceAddress">;

/** Throws 401, 429, and 400 for a malformed header [RFC 6750 §3.1]. The caches must have caught up with the store before. */
export async function identifyCaller(
  context: CallerContext,
  incoming: Pick<IncomingMessage, "headers" | "rawHeaders" | "method">,
  from: From,
): Promise<Caller> {
  const { headers, rawHeaders } = incoming;
  if (headers.authorization !== undefined) {
    return callerWithToken(context, bearerTokenOf(headers.authorization, rawHeaders), from);
  }
  const { "x-api-key": plainKey, "user-agent": userAgent } = headers;
  if (typeof plainKey === "string" && plainKey !== "") {
    return callerWithApiKey(context, plainKey, from, userAgent);
  }
  const session = await findSessionCaller(context.sessions, incoming, context.issuer);
  if (session === undefined) throw noCredentials();
  const { id, tenantId, rights } = session.user;
  const actor: Actor = { ...from, type: "user", id, tenantId };
  return { actor, rights, stated: rights, grantable: rights, session };
}

/**
 * The same at once, for an API key that is in memory and counts; `undefined` for all others. The caches
 * must have caught up with the store before.
 */
export function peekCaller(
  context: CallerContext,
  { headers }: Pick<IncomingMessage, "headers">,
  from: From,
): Caller | undefined {
  const { "x-api-key": plainKey, "user-agent": userAgent } = headers;
  if (headers.authorization !== undefined || typeof plainKey !== "string") return undefined;
  const known = context.apiKeys.peek(plainKey);
  return known?.enabled === true ? callerWithKey(context, known, from, userAgent) : undefined;
}

/** Throws 401 when the token says more than is left of it: a new one would not. */
export function checkMayStill(
  { rights, stated }: Caller,
  permission: Permission,
  resource?: Resource,
): void {
  if (mayDo(stated, permission, resource) && !mayDo(rights, permission, resource)) {
    throw invalidToken("What this access token permits was changed. Get a new one.");
  }
}

/** Throws 403 that names what is missing, or 401 when a new token would say so. */
export function checkMay(caller: Caller, permission: Permission): void {
  if (mayDo(caller.rights, permission)) return;
  checkMayStill(caller, permission);
  throw new AdminError(403, `This needs the permission ${permission}.`, {
    challenge: { error: "insufficient_scope", scope: permission },
  });
}

/** The call was let through by this permission. */
export function noteExercised(
  { usage }: Pick<CallerContext, "usage">,
  { actor: { tenantId, id: principalId } }: Caller,
  permission: Permission,
): void {
  usage.exercised({ tenantId, principalId, permission });
}

const invalidToken = (message: string): AdminError =>
  new AdminError(401, message, { challenge: { error: "invalid_token" } });

const noCredentials = (): AdminError =>
  new AdminError(401, "Send an access token or an API key.", { challenge: {} });

/** Another scheme counts as no credentials, a header that says two things as a mistake. */
function bearerTokenOf(authorization: string, rawHeaders: readonly string[]): string {
  const isRepeated =
    rawHeaders.filter((name, index) => index % 2 === 0 && /^authorization$/i.test(name)).length > 1;
  const [, token] = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization) ?? [];
  if (token !== undefined && !isRepeated) return token;
  if (!isRepeated && !/^bearer( |$)/i.test(authorization)) throw noCredentials();
  const problem = "is not one Bearer token";
  throw new AdminError(400, `The Authorization header ${problem}.`, {
    fieldErrors: { authorization: problem },
    challenge: { error: "invalid_request" },
  });
}

async function callerWithToken(context: CallerContext, token: string, from: From): Promise<Caller> {
  const { tenantId, issuer } = context;
  const live = await findLiveToken(context, token, { tenantId, issuer, audience: issuer });
  if (live === undefined) throw invalidToken("The access token is not valid, or no longer.");
  const { principal, rights, stated, claims } = live;
  const credential = { clientId: claims.client_id, credentialId: claims.cred };
  const actor = { ...from, ...principal };
  return { actor, rights, stated, grantable: grantableOf(live), credential };
}

/**
 * A token speaks of one API, but what is passed on may be about others: a token that holds all that who
 * earned it has here grants as they do, and one that holds less grants no more than it says.
 */
function grantableOf({ held, api, rights }: LiveToken): Rights {
  const isWhole = findMissing(rights, rightsOn(api.catalogue, held)) === undefined;
  return isWhole ? held : rights;
}

/** Only wrong keys are counted, and only they are refused: nobody can lock a key out. */
function wrongKey(retryAfterSeconds: number | undefined): AdminError {
  if (retryAfterSeconds === undefined) {
    return invalidToken("The API key is not valid, or no longer.");
  }
  return new AdminError(429, "Too many wrong API keys. Try again later.", { retryAfterSeconds });
}

async function callerWithApiKey(
  context: CallerContext,
  plainKey: string,
  from: From,
  userAgent: string | undefined,
): Promise<Caller> {
  const known = await context.apiKeys.find(plainKey);
  if (known?.enabled === true) return callerWithKey(context, known, from, userAgent);
  throw wrongKey(context.failures.spendOnKey(from.sourceAddress ?? ""));
}

function callerWithKey(
  { usage }: Pick<CallerContext, "usage">,
  { apiKey, rights, grantable }: KnownApiKey,
  { requestId, sourceAddress }: From,
  userAgent: string | undefined,
): Caller {
  const { id, tenantId } = apiKey;
  const credential = { clientId: id, credentialId: id };
  const address = sourceAddress ?? "";
  usage.used({ tenantId, clientId: id, credentialId: id, sourceAddress: address, userAgent });
  const { type, id: principalId } = principalOf(apiKey);
  const actor = { requestId, sourceAddress, type, id: principalId, tenantId };
  return { actor, rights, stated: rights, grantable, credential };
}
