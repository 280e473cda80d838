import { liveCredentialsMax } from "@countersign/protocol/admin/credentials.ts";
import { checkHolds } from "../access/granting.ts";
import { firstSubjectOf, idempotencyOf } from "../access/repetition.ts";
import { findMissing, rightsOf, type Rights } from "../access/rights.ts";
import { auditOf } from "../audit/audit.ts";
import { AdminError, badField, notFound } from "../errors/admin-error.ts";
import type { CredentialRecord, KnownClientRecord, Revocation } from "../store/records.ts";
import type { AuditStore } from "../store/store.ts";
import { loadClient, type ClientContext, type Granter } from "./app-client.ts";
import { makeSecret, openSecret } from "./client-secret.ts";
import { stateOf } from "./credential.ts";

/**
 * The credentials of a client over time: a new one is added while the old one still works, the old
 * one is tried without, then revoked. Whoever gets to see a secret, or brings one back, must hold
 * all that its client may do.
 */

export interface RotationContext extends ClientContext {
  store: ClientContext["store"] & AuditStore;
}

export interface AddedCredential {
  credential: CredentialRecord;
  /** When the same request was made before, its secret is revealed, or it is not. */
  plainSecret: string | undefined;
}

/** Throws 400, 403, 404, 409 and 422. */
export async function addCredential(
  context: RotationContext,
  granter: Granter,
  clientResourceId: string,
  options: {
    description: string | undefined;
    expiresAtMs: number | undefined;
    onLeak: string | undefined;
    idempotencyKey: string | undefined;
  },
): Promise<AddedCredential> {
  const { system, store } = context;
  const known = await loadClient(context, granter.actor.tenantId, clientResourceId);
  checkHolds(granter.grantable, await rightsOfClient(context, known));
  if (known.client.authenticationMethod === "none") {
    throw new AdminError(409, "This client is public: it has no credentials.");
  }
  if (options.expiresAtMs !== undefined && options.expiresAtMs <= system.now()) {
    throw badField("expires_at", "is in the past");
  }
  const made = await makeSecret(context, known.client, options);
  const { idempotencyKey: key, ...asked } = options;
  const idempotency = idempotencyOf(system, granter.actor, {
    key,
    request: ["credential", clientResourceId, asked],
    subjectId: made.credential.id,
  });
  const audit = auditOf(system, granter.actor, actOn(known, made.credential, "created"));
  const outcome = await store.insertCredential({
    credential: made.credential,
    liveMax: liveCredentialsMax,
    idempotency,
    audit,
  });
  if (outcome === "written") return made;
  if (outcome !== "conflict") {
    const credentialId = firstSubjectOf(outcome, idempotency);
    const first = await loadCredential(context, granter, { clientResourceId, credentialId });
    const plainSecret = await revealSecret(context, granter, first.known, first.credential);
    return { credential: first.credential, plainSecret };
  }
  throw new AdminError(
    409,
    `A client has at most ${liveCredentialsMax} live credentials. Revoke one that is safe to remove.`,
  );
}

export interface CredentialChange {
  enabled: boolean | undefined;
  disabledUntilMs: number | undefined;
  description: string | undefined;
  onLeak: string | undefined;
}

/** Disables for a while or for good, brings back, describes. Throws 400, 403, 404 and 409. */
export async function updateCredential(
  context: RotationContext,
  granter: Granter,
  ids: CredentialIds,
  change: CredentialChange,
): Promise<CredentialRecord> {
  const { known, credential } = await loadCredential(context, granter, ids);
  const atMs = context.system.now();
  if (stateOf(credential, atMs) === "revoked") {
    throw new AdminError(409, "A revoked credential does not come back.");
  }
  if (change.disabledUntilMs !== undefined && change.disabledUntilMs <= atMs) {
    throw badField("disabled_until", "is in the past");
  }
  if (change.disabledUntilMs !== undefined && change.enabled !== false) {
    throw badField("disabled_until", "goes with enabled: false");
  }
  if (bringsBack(credential, change, atMs)) {
    checkHolds(granter.grantable, await rightsOfClient(context, known));
  }
  const after = {
    ...credential,
    description: change.description ?? credential.description,
    onLeak: change.onLeak ?? credential.onLeak,
  };
  if (change.enabled === true) Object.assign(after, enabled);
  if (change.enabled === false) {
    Object.assign(after, { disabledAtMs: atMs, disabledUntilMs: change.disabledUntilMs });
  }
  const what = change.enabled === undefined ? "updated" : change.enabled ? "enabled" : "disabled";
  return writeCredential(context, granter, { known, credential, after, what });
}

/** Enabling does, and so does ending sooner the time for which it is disabled. */
function bringsBack(
  credential: CredentialRecord,
  { enabled: isEnabled, disabledUntilMs = Infinity }: CredentialChange,
  atMs: number,
): boolean {
  if (isEnabled !== false) return isEnabled === true;
  const isSooner = disabledUntilMs < (credential.disabledUntilMs ?? Infinity);
  return isSooner && stateOf(credential, atMs) === "disabled";
}

/** Ends a credential for good; its sealed copy is gone. Throws 404 and 409. */
export async function revokeCredential(
  context: RotationContext,
  granter: Granter,
  ids: CredentialIds,
): Promise<void> {
  const { known, credential } = await loadCredential(context, granter, ids);
  if (credential.revokedAtMs !== undefined) return;
  const revokedAtMs = context.system.now();
  const after = { ...credential, sealedSecret: undefined, revokedAtMs };
  await writeCredential(context, granter, { known, credential, after, what: "revoked" });
}

/**
 * The plain secret again. The audit row is written first: without it nothing is shown. `undefined`
 * when no copy is kept, and for who holds less than the client: with its secret they would hold it.
 */
export async function revealSecret(
  context: RotationContext,
  granter: Granter,
  known: KnownClientRecord,
  credential: CredentialRecord | undefined,
): Promise<string | undefined> {
  const plainSecret = credential && openSecret(context.sealer, credential);
  if (credential === undefined || plainSecret === undefined) return undefined;
  const rights = await rightsOfClient(context, known);
  if (findMissing(granter.grantable, rights) !== undefined) return undefined;
  const act = actOn(known, credential, "secret_revealed");
  await context.store.insertAudit({ audit: auditOf(context.system, granter.actor, act) });
  return plainSecret;
}

/**
 * What takes a leaked credential out of use, for whoever writes it together with the leak. `undefined`
 * when it is out of use already.
 */
export function credentialTakenBack(
  known: KnownClientRecord,
  credential: CredentialRecord,
  { how, atMs, leakId }: { how: "disable" | "revoke"; atMs: number; leakId: string },
) {
  const { disabledAtMs, disabledUntilMs, revokedAtMs } = credential;
  const isDisabled = disabledAtMs !== undefined && disabledUntilMs === undefined;
  if (revokedAtMs !== undefined || (how === "disable" && isDisabled)) return undefined;
  const after: CredentialRecord =
    how === "disable"
      ? { ...credential, disabledAtMs: atMs, disabledUntilMs: undefined }
      : { ...credential, sealedSecret: undefined, revokedAtMs: atMs };
  const what = how === "disable" ? "disabled" : "revoked";
  const act = actOn(known, credential, what, after);
  return {
    before: credential,
    after,
    revocations: [allTokensOf(credential)],
    act: { ...act, after: { ...act.after, leakId } },
  };
}

/** The newest credential that works now: what "copy secret" copies. */
export function newestActive(known: KnownClientRecord, atMs: number): CredentialRecord | undefined {
  return known.credentials.findLast((credential) => stateOf(credential, atMs) === "active");
}

export interface CredentialIds {
  clientResourceId: string;
  credentialId: string;
}

/** Throws 404. */
export async function loadCredential(
  context: Pick<RotationContext, "store">,
  { actor }: Granter,
  { clientResourceId, credentialId }: CredentialIds,
): Promise<{ known: KnownClientRecord; credential: CredentialRecord }> {
  const known = await loadClient(context, actor.tenantId, clientResourceId);
  const credential = known.credentials.find(({ id }) => id === credentialId);
  if (credential === undefined) throw notFound(credentialId);
  return { known, credential };
}

const rightsOfClient = async (
  { roles }: Pick<RotationContext, "roles">,
  { client, bindings }: KnownClientRecord,
): Promise<Rights> => rightsOf(bindings, await roles.of(client.tenantId));

const enabled = { disabledAtMs: undefined, disabledUntilMs: undefined };

async function writeCredential(
  { system, store }: RotationContext,
  { actor }: Granter,
  write: {
    known: KnownClientRecord;
    credential: CredentialRecord;
    after: CredentialRecord;
    what: "updated" | "enabled" | "disabled" | "revoked";
  },
): Promise<CredentialRecord> {
  const { known, credential, after, what } = write;
  const act = actOn(known, credential, what, after);
  const audit = auditOf(system, actor, act);
  const isTakenBack = what === "disabled" || what === "revoked";
  const revocations = isTakenBack ? [allTokensOf(credential)] : [];
  const outcome = await store.updateCredential({ before: credential, after, revocations, audit });
  if (outcome === "written") return after;
  throw new AdminError(409, "This credential has changed meanwhile. Read it again.");
}

const allTokensOf = ({ id }: CredentialRecord): Revocation => ({
  subjectType: "credential",
  subjectId: id,
  dropped: undefined,
});

function actOn(
  { client }: KnownClientRecord,
  credential: CredentialRecord,
  what: string,
  after?: CredentialRecord,
) {
  return {
    action: `credential.${what}` as const,
    subjectType: "credential",
    subjectId: credential.id,
    before: what === "created" ? undefined : auditView(client.id, credential),
    after:
      what === "created" ? auditView(client.id, credential) : after && auditView(client.id, after),
  };
}

/** Everything but the digest and the sealed copy. */
function auditView(appClientId: string, credential: CredentialRecord) {
  const { digest: _digest, sealedSecret: _sealed, ...view } = credential;
  return { ...view, appClientId };
}
