import { accessTokenType, type AccessTokenClaims } from "@countersign/protocol/access-token.ts";
import type { KnownApiKeys } from "../api-keys/known-api-keys.ts";
import type { RefusalDetails } from "../audit/refusals.ts";
import { stateOf } from "../clients/credential.ts";
import type { KnownClients } from "../clients/known-clients.ts";
import type { AdminCause } from "../errors/refusal-causes.ts";
import type { SigningKeys } from "../keys/signing.ts";
import type { System } from "../system.ts";

/**
 * Why an access token that was refused was refused [RFC 9068 §4]. It decides nothing: who asks has been
 * refused already, and an administrator wants to know. What a token says is only repeated once its
 * signature shows that it is ours.
 */

export interface RefusedToken {
  cause: AdminCause;
  details: RefusalDetails;
  clientId: string | undefined;
}

export interface RefusedTokenContext {
  system: System;
  keys: SigningKeys;
  clients: KnownClients;
  apiKeys: KnownApiKeys;
  tenantId: string;
  issuer: string;
}

export async function explainRefusedToken(
  context: RefusedTokenContext,
  token: string,
): Promise<RefusedToken> {
  const [header = "", payload = "", signature = "", ...rest] = token.split(".");
  const { typ, kid, alg } = parseObject(header);
  if (rest.length > 0 || typ !== accessTokenType || typeof kid !== "string") {
    return because("token_malformed");
  }
  const key = await context.keys.find(context.tenantId, kid);
  if (key === undefined) return because("token_of_other_issuer");
  const isOurs =
    key.algorithm === alg &&
    key.verify(`${header}.${payload}`, Buffer.from(signature, "base64url"));
  if (!isOurs) return because("token_altered");
  return explainClaims(context, parseObject(payload) as unknown as AccessTokenClaims);
}

async function explainClaims(
  context: RefusedTokenContext,
  claims: AccessTokenClaims & { nbf?: number },
): Promise<RefusedToken> {
  const { system, tenantId, issuer } = context;
  const { client_id, cred, iss, aud, iat, exp, nbf = iat } = claims;
  const atSeconds = Math.floor(system.now() / 1000);
  if (iss !== issuer) return because("token_of_other_issuer", { issuer: iss });
  const earner =
    cred === client_id ? await findKey(context, cred) : await findClient(context, client_id, cred);
  if (earner.tenantId !== tenantId) return because(earner.gone ?? "token_client_gone");
  const of = (cause: AdminCause, details: RefusalDetails = {}): RefusedToken => ({
    ...because(cause, details),
    clientId: client_id,
  });
  if (aud !== issuer) return of("token_for_other_audience", { audience: aud });
  if (exp <= atSeconds) return of("token_expired", { expired_seconds_ago: atSeconds - exp });
  const startsAt = Math.max(iat, nbf);
  if (startsAt > atSeconds) {
    return of("token_from_the_future", { valid_in_seconds: startsAt - atSeconds });
  }
  return of(earner.refused ?? "token_taken_back", earner.details);
}

/** What a token was earned with, as it is now. */
interface Earner {
  /** Absent when there is nothing left of it. */
  tenantId?: string;
  gone?: AdminCause;
  /** Why it earns nothing any more. */
  refused?: AdminCause | undefined;
  details?: RefusalDetails;
}

/** An API key is the credential and the client of the tokens that it was exchanged for. */
async function findKey({ apiKeys }: RefusedTokenContext, id: string): Promise<Earner> {
  const known = await apiKeys.findById(id);
  if (known === undefined) return { gone: "token_credential_gone" };
  const { tenantId, hint } = known.apiKey;
  const refused = known.enabled ? undefined : ("token_credential_disabled" as const);
  return { tenantId, refused, details: { api_key_id: id, api_key_hint: hint } };
}

async function findClient(
  { clients, system }: RefusedTokenContext,
  clientId: string,
  credentialId: string,
): Promise<Earner> {
  const client = await clients.find(clientId);
  if (client === undefined) return {};
  const { tenantId } = client;
  if (!client.enabled) return { tenantId, refused: "token_client_disabled" };
  const credential = client.credentials.find(({ id }) => id === credentialId);
  if (credential === undefined) return { tenantId, refused: "token_credential_gone" };
  const details = { credential_id: credential.id, credential_hint: credential.hint };
  const state = stateOf(credential, system.now());
  if (state === "revoked") return { tenantId, refused: "token_credential_gone", details };
  if (state === "disabled") return { tenantId, refused: "token_credential_disabled", details };
  return { tenantId, details };
}

const because = (cause: AdminCause, details: RefusalDetails = {}): RefusedToken => ({
  cause,
  details,
  clientId: undefined,
});

function parseObject(segment: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
