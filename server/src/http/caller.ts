import type { IncomingMessage } from "node:http";
import type { Permission } from "@countersign/protocol/permissions.ts";
import { intersectRights, mayDo, rightsOfClaims, type Rights } from "../access/rights.ts";
import type { KnownApiKeys } from "../api-keys/known-api-keys.ts";
import type { Actor } from "../audit/audit.ts";
import { stateOf } from "../clients/credential.ts";
import type { KnownClients } from "../clients/known-clients.ts";
import { AdminError } from "../errors/admin-error.ts";
import type { SigningKeys } from "../keys/signing.ts";
import type { System } from "../system.ts";
import { readOwnToken } from "../tokens/own-token.ts";

/**
 * Who is calling our own API: an API key or one of our access tokens. `Authorization` wins over
 * `x-api-key` without falling back: real clients send both.
 */

export interface Caller {
  actor: Actor;
  /** What this call may do. */
  rights: Rights;
  /** What the caller may pass on to others. */
  grantable: Rights;
}

export interface CallerContext {
  system: System;
  keys: SigningKeys;
  clients: KnownClients;
  apiKeys: KnownApiKeys;
  tenantId: string;
  issuer: string;
}

type From = Pick<Actor, "requestId" | "sourceAddress">;

/** Throws 401, and 400 for a malformed header [RFC 6750 §3.1]. The caches must have caught up with the store before. */
export async function identifyCaller(
  context: CallerContext,
  { headers, rawHeaders }: Pick<IncomingMessage, "headers" | "rawHeaders">,
  from: From,
): Promise<Caller> {
  if (headers.authorization !== undefined) {
    return callerWithToken(context, bearerTokenOf(headers.authorization, rawHeaders), from);
  }
  const plainKey = headers["x-api-key"];
  if (typeof plainKey === "string" && plainKey !== "") {
    return callerWithApiKey(context, plainKey, from);
  }
  throw noCredentials();
}

/** Throws 403 that names what is missing. */
export function checkMay(caller: Caller, permission: Permission): void {
  if (mayDo(caller.rights, permission)) return;
  throw new AdminError(403, `This needs the permission ${permission}.`, {
    challenge: { error: "insufficient_scope", scope: permission },
  });
}

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
  const { system, clients, tenantId, issuer } = context;
  const claims = await readOwnToken(context, token, { tenantId, issuer, audience: issuer });
  const client = claims && (await clients.find(claims.client_id));
  const credential = client?.credentials.find(({ id }) => id === claims?.cred);
  const state = credential && stateOf(credential, system.now());
  const isAlive = client?.enabled === true && (state === "active" || state === "expired");
  if (claims === undefined || client === undefined || !isAlive) {
    throw new AdminError(401, "The access token is not valid, or no longer.", {
      challenge: { error: "invalid_token" },
    });
  }
  const stated = rightsOfClaims(claims.scope, claims.authorization_details);
  const rights = intersectRights(stated, client.rights);
  const actor: Actor = { ...from, type: "client", id: client.clientId, tenantId: client.tenantId };
  return { actor, rights, grantable: rights };
}

async function callerWithApiKey(
  { apiKeys }: CallerContext,
  plainKey: string,
  from: From,
): Promise<Caller> {
  const known = await apiKeys.find(plainKey);
  if (known === undefined || !known.enabled) {
    throw new AdminError(401, "The API key is not valid, or no longer.", {
      challenge: { error: "invalid_token" },
    });
  }
  const { apiKey, rights, grantable } = known;
  const actor: Actor = { ...from, type: "user", id: apiKey.userId, tenantId: apiKey.tenantId };
  return { actor, rights, grantable };
}
