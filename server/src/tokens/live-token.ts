import type { AccessTokenClaims } from "@countersign/protocol/access-token.ts";
import { intersectRights, rightsOfClaims, type Rights } from "../access/rights.ts";
import { stateOf } from "../clients/credential.ts";
import type { KnownClient, KnownClients } from "../clients/known-clients.ts";
import type { SigningKeys } from "../keys/signing.ts";
import type { System } from "../system.ts";
import { readOwnToken, type ExpectedToken } from "./own-token.ts";
import type { Revocations } from "./revocation.ts";

/**
 * A token that is not only well signed but counts now: not taken back, and its client and credential
 * are still there. What our own API obeys and what introspection answers is decided here
 * [RFC 7662 §2.2].
 */

export interface LiveToken {
  claims: AccessTokenClaims;
  client: KnownClient;
  /** What the token says that it may do. */
  stated: Rights;
  /** What is left of that: a client never has more than it was given by now. */
  rights: Rights;
}

export interface LiveTokenContext {
  system: System;
  keys: SigningKeys;
  clients: KnownClients;
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
  const client = await context.clients.find(claims.client_id);
  const credential = client?.credentials.find(({ id }) => id === claims.cred);
  if (client?.enabled !== true || credential === undefined) return undefined;
  // An expired credential earns no new tokens; those that it earned live out their short time.
  const state = stateOf(credential, context.system.now());
  if (state !== "active" && state !== "expired") return undefined;
  const stated = rightsOfClaims(claims.scope, claims.authorization_details);
  return { claims, client, stated, rights: intersectRights(stated, client.rights) };
}
