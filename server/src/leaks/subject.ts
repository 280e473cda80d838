import type { LeakPolicy } from "@countersign/protocol/admin/common.ts";
import type { LeakState } from "@countersign/protocol/admin/leaks.ts";
import { noRights, rightsOf, rightsOfClaims, type Rights } from "../access/rights.ts";
import type { Roles } from "../access/roles.ts";
import { apiKeyStateOf } from "../api-keys/api-key-state.ts";
import { keyTakenBack } from "../api-keys/api-key.ts";
import type { KnownApiKeys } from "../api-keys/known-api-keys.ts";
import { auditOf, type Actor } from "../audit/audit.ts";
import { credentialTakenBack } from "../clients/rotation.ts";
import { stateOf } from "../clients/credential.ts";
import type {
  ApiKeyStore,
  ApiStore,
  ClientStore,
  LeakAct,
  LeakRecord,
  LeakStore,
} from "../store/store.ts";
import type { System } from "../system.ts";
import { tokenRevocationsMax, type Revocations } from "../tokens/revocation.ts";
import type { Recognised, RecognisedToken } from "./recognition.ts";

/** What leaked, as it is now: what it is worth, what it may do, and how it is taken out of use. */

export interface SubjectContext {
  system: System;
  store: LeakStore & ClientStore & ApiKeyStore & ApiStore;
  apiKeys: KnownApiKeys;
  roles: Roles;
  revocations: Revocations;
}

export interface LeakSubject extends Pick<LeakRecord, "clientId" | "ownerType" | "ownerId"> {
  state: LeakState;
  policy: LeakPolicy;
  rights: Rights;
  /** What to do; `undefined` when it is done already. */
  takeBack(how: Exclude<LeakPolicy, "notify">, act: TakingBack): LeakAct | undefined;
}

export interface TakingBack {
  actor: Actor;
  /** The reason: it stands in the audit row. */
  leakId: string;
}

/** `undefined` when it went away since it was recognised. */
export async function loadSubject(
  context: SubjectContext,
  found: Recognised,
): Promise<LeakSubject | undefined> {
  if (found.kind === "client_secret") return loadCredential(context, found);
  if (found.kind === "api_key") return loadKey(context, found);
  if (found.kind === "access_token") return loadToken(context, found);
  return loadVerifier(context, found);
}

const policyOf = ({ onLeak }: { onLeak: string | undefined }): LeakPolicy =>
  (onLeak as LeakPolicy | undefined) ?? "notify";

const ofNobody = { ownerType: undefined, ownerId: undefined };

async function loadCredential(
  { system, store, roles }: SubjectContext,
  { clientId = "", id }: Pick<Recognised, "clientId" | "id">,
): Promise<LeakSubject | undefined> {
  const known = await store.findKnownClient(clientId);
  const credential = known?.credentials.find((one) => one.id === id);
  if (known === undefined || credential === undefined) return undefined;
  const atMs = system.now();
  return {
    ...ofNobody,
    clientId,
    state: stateOf(credential, atMs),
    policy: policyOf(credential),
    rights: rightsOf(known.bindings, await roles.of(known.client.tenantId)),
    takeBack(how, { actor, leakId }) {
      const taken = credentialTakenBack(known, credential, { how, atMs, leakId });
      if (taken === undefined) return undefined;
      const { act, ...change } = taken;
      return { kind: "credential", input: { ...change, audit: auditOf(system, actor, act) } };
    },
  };
}

async function loadKey(
  { system, store, apiKeys }: SubjectContext,
  { tenantId, id }: Pick<Recognised, "tenantId" | "id">,
): Promise<LeakSubject | undefined> {
  const known = await store.findApiKey(tenantId, id);
  if (known === undefined) return undefined;
  const { apiKey } = known;
  const { ownerType, ownerId } = apiKey;
  const atMs = system.now();
  return {
    clientId: ownerType === "client" ? ownerId : undefined,
    ownerType,
    ownerId,
    state: apiKeyStateOf(apiKey, atMs),
    policy: policyOf(apiKey),
    rights: (await apiKeys.findById(id))?.rights ?? noRights,
    takeBack(how, { actor, leakId }) {
      const taken = keyTakenBack(known, { how, atMs, leakId });
      if (taken === undefined) return undefined;
      const { act, ...change } = taken;
      return { kind: "api_key", input: { ...change, audit: auditOf(system, actor, act) } };
    },
  };
}

/**
 * A token is as its credential or key says, but only the token is taken back: it does not show the
 * secret.
 */
async function loadToken(
  context: SubjectContext,
  { claims, tenantId }: RecognisedToken,
): Promise<LeakSubject> {
  const { system, revocations } = context;
  const { cred, client_id: clientId, jti, exp } = claims;
  const ofKey = cred === clientId;
  const earner = ofKey
    ? await loadKey(context, { tenantId, id: cred })
    : await loadCredential(context, { clientId, id: cred });
  const isExpired = exp * 1000 <= system.now();
  const state = isExpired ? "expired" : revocations.isVoid(claims) ? "revoked" : "active";
  return {
    clientId: ofKey ? earner?.clientId : clientId,
    ownerType: earner?.ownerType,
    ownerId: earner?.ownerId,
    state,
    policy: earner?.policy ?? "notify",
    rights: rightsOfClaims(claims.scope, claims.authorization_details),
    takeBack(_how, { actor, leakId }) {
      if (state !== "active") return undefined;
      const subject = { action: "token.revoked" as const, subjectType: "token", subjectId: jti };
      const audit = auditOf(system, actor, { ...subject, after: { client_id: clientId, leakId } });
      const input = { tenantId, clientId, tokenId: jti, perClientMax: tokenRevocationsMax, audit };
      return { kind: "token", input };
    },
  };
}

/** An API's verifier secret opens no data, and without it the API refuses everybody: it is noted only. */
async function loadVerifier(
  { system, store }: SubjectContext,
  { id, digest }: Pick<Recognised, "id" | "digest">,
): Promise<LeakSubject | undefined> {
  const api = await store.findApi(id);
  if (api === undefined) return undefined;
  const isPrevious = api.verifierDigest !== digest;
  const isOver = isPrevious && (api.previousVerifierUntilMs ?? 0) <= system.now();
  return {
    ...ofNobody,
    clientId: undefined,
    state: isOver ? "expired" : "active",
    policy: "notify",
    rights: noRights,
    takeBack: () => undefined,
  };
}
