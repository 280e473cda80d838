import type { AccessTokenClaims } from "@countersign/protocol/access-token.ts";
import type { Apis, KnownApi } from "../access/apis.ts";
import { intersectRights, rightsOfClaims, rightsOn, type Rights } from "../access/rights.ts";
import { principalOf } from "../api-keys/principal.ts";
import type { KnownApiKeys } from "../api-keys/known-api-keys.ts";
import type { Actor } from "../audit/audit.ts";
import { stateOf } from "../clients/credential.ts";
import type { KnownClients } from "../clients/known-clients.ts";
import type { SigningKeys } from "../keys/signing.ts";
import type { System } from "../system.ts";
import { readOwnToken, type ExpectedToken } from "./own-token.ts";
import type { Revocations } from "./revocation.ts";

/**
 * A token that is not only well signed but counts now: not taken back, and who earned it with what is
 * still there. What our own API obeys and what introspection answers is decided here
 * [RFC 7662 §2.2].
 */

export interface LiveToken {
  claims: AccessTokenClaims;
  /** Who acts with it. */
  principal: Pick<Actor, "type" | "id" | "tenantId">;
  /** All that they may do by now, on whatever API. */
  held: Rights;
  /** Whom it is for. */
  api: KnownApi;
  /** What the token says that it may do. */
  stated: Rights;
  /** What is left of that: nobody has more than they were given by now. */
  rights: Rights;
}

export interface LiveTokenContext {
  system: System;
  keys: SigningKeys;
  clients: KnownClients;
  apiKeys: KnownApiKeys;
  apis: Apis;
  revocations: Revocations;
}

/** The revocations and caches must have caught up with the store before. */
export async function findLiveToken(
  context: LiveTokenContext,
  token: string,
  expected: ExpectedToken,
): Promise<LiveToken | undefined> {
  const claims = await readOwnToken(context, token, expected);
  if (claims === undefined || context.revocations.isVoid(claims)) return undefined;
  const earner = await findEarner(context, claims);
  if (earner === undefined) return undefined;
  const api = await context.apis.findByAudience(expected.tenantId, claims.aud);
  if (api === undefined) return undefined;
  const stated = rightsOfClaims(claims.scope, claims.authorization_details);
  const rights = intersectRights(stated, rightsOn(api.catalogue, earner.held));
  return { ...earner, claims, api, stated, rights };
}

type Earner = Pick<LiveToken, "principal" | "held">;

/** An API key earns tokens in its own name: no client has an id that is one of its credentials. */
function findEarner(
  context: LiveTokenContext,
  claims: AccessTokenClaims,
): Promise<Earner | undefined> {
  return claims.cred === claims.client_id
    ? findKey(context, claims.cred)
    : findClient(context, claims);
}

async function findKey({ apiKeys }: LiveTokenContext, id: string): Promise<Earner | undefined> {
  const known = await apiKeys.findById(id);
  if (known?.enabled !== true) return undefined;
  return { principal: principalOf(known.apiKey), held: known.rights };
}

async function findClient(
  { clients, system }: LiveTokenContext,
  { client_id, cred }: AccessTokenClaims,
): Promise<Earner | undefined> {
  const client = await clients.find(client_id);
  const credential = client?.credentials.find(({ id }) => id === cred);
  if (client?.enabled !== true || credential === undefined) return undefined;
  // An expired credential earns no new tokens; those that it earned live out their short time.
  const state = stateOf(credential, system.now());
  if (state !== "active" && state !== "expired") return undefined;
  const { clientId: id, tenantId, rights: held } = client;
  return { principal: { type: "client", id, tenantId }, held };
}
