import type { SecretKind } from "@countersign/protocol/secrets.ts";
import { checkVersion, untilWritten } from "../access/compare-and-set.ts";
import { checkHolds } from "../access/granting.ts";
import { firstSubjectOf, idempotencyOf } from "../access/repetition.ts";
import { mayDo, noRights, rightsOf, type Rights } from "../access/rights.ts";
import type { Roles } from "../access/roles.ts";
import { auditOf, type Act } from "../audit/audit.ts";
import type { Granter } from "../clients/app-client.ts";
import { AdminError, badField, notFound } from "../errors/admin-error.ts";
import { digestOf, digestScheme, generateSecret, hintOf } from "../keys/secret.ts";
import type { ApiKeyRecord, KnownApiKeyRecord, Revocation, RoleBinding } from "../store/records.ts";
import type { ApiKeyStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import type { FindKeyOwner } from "./known-api-keys.ts";

/**
 * API keys over their life. Owns who may make, see and change which; what a key may do on a call is in
 * `known-api-keys.ts`. A key with roles of its own outlives whoever made it, as an app client does;
 * a personal one goes with its owner.
 */

/** Who manages keys, and by what right. */
export interface KeyHolder extends Granter {
  rights: Rights;
}

export interface ApiKeyContext {
  system: System;
  store: ApiKeyStore;
  findOwner: FindKeyOwner;
  roles: Roles;
}

export interface ApiKeySettings {
  name: string;
  /** `personal`, `serving`, `serving_and_indexing` or `custom`. */
  kind: ApiKeyKind;
  enabled: boolean;
  expiresAtMs: number | undefined;
  externalId: string | undefined;
  labels: Record<string, string>;
  /** What is done when it leaks; absent: `notify`. */
  onLeak: string | undefined;
}

export type ApiKeyKind = "personal" | "serving" | "serving_and_indexing" | "custom";

export interface CreatedApiKey extends KnownApiKeyRecord {
  /** Absent for a key that an earlier request made: it was shown once. */
  plainKey: string | undefined;
}

/** Throws 400, 403, 409 and 422. */
export async function createApiKey(
  context: ApiKeyContext,
  holder: KeyHolder,
  input: {
    settings: ApiKeySettings;
    bindings: RoleBinding[];
    idempotencyKey: string | undefined;
  },
): Promise<CreatedApiKey> {
  const { system, store } = context;
  const { settings, bindings } = input;
  const plainKey = generateSecret(system, secretKinds[settings.kind]);
  const apiKey = newApiKey(system, holder, settings, plainKey);
  checkFuture(system, settings.expiresAtMs);
  checkHolds(holder.grantable, await rightsOfKey(context, { apiKey, bindings }));
  const idempotency = idempotencyOf(system, holder.actor, {
    key: input.idempotencyKey,
    request: ["api_key", settings, bindings],
    subjectId: apiKey.id,
  });
  const act = actOn("created", undefined, { apiKey, bindings });
  const audit = auditOf(system, holder.actor, act);
  const inserted = await store.insertApiKey({ apiKey, bindings, idempotency, audit });
  if (inserted.outcome === "external_id_taken") throw externalIdTaken();
  if (inserted.outcome === "inserted") return { apiKey, bindings, plainKey };
  const earlier = await loadApiKey(context, holder, firstSubjectOf(inserted, idempotency), "read");
  return { ...earlier, plainKey: undefined };
}

export interface ApiKeyChange {
  /** The settings after the change, from those before it. */
  settings(before: ApiKeyRecord): ApiKeyRecord;
  /** `If-Match`: refuse when another version is stored. */
  expectedVersion: number | undefined;
}

/** Throws 400, 403, 404, 409 and 412. */
export async function updateApiKey(
  context: ApiKeyContext,
  holder: KeyHolder,
  id: string,
  change: ApiKeyChange,
): Promise<KnownApiKeyRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const before = await loadApiKey(context, holder, id, "write");
    checkVersion(before.apiKey, change.expectedVersion);
    const apiKey = {
      ...change.settings(before.apiKey),
      updatedAtMs: system.now(),
      version: before.apiKey.version + 1,
    };
    await checkMayChange(context, holder, before, apiKey);
    const after = { ...before, apiKey };
    const audit = auditOf(system, holder.actor, actOn("updated", before, after));
    const isTakenBack = before.apiKey.enabled && !apiKey.enabled;
    const revocations = isTakenBack ? [allTokensOf(id)] : [];
    const outcome = await store.updateApiKey({ apiKey, revocations, audit });
    if (outcome === "external_id_taken") throw externalIdTaken();
    return outcome === "written" ? after : outcome;
  });
}

/** Throws 404 and 412. What was earned with it is void from then on. */
export async function deleteApiKey(
  context: ApiKeyContext,
  holder: KeyHolder,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  const { system, store } = context;
  const { tenantId } = holder.actor;
  await untilWritten(async () => {
    const before = await loadApiKey(context, holder, id, "write");
    checkVersion(before.apiKey, expectedVersion);
    const { version } = before.apiKey;
    const audit = auditOf(system, holder.actor, actOn("deleted", before, undefined));
    return store.deleteApiKey({ tenantId, id, version, audit });
  });
}

/** Disables a key for good, on behalf of an app client that may [RFC 7009 §2.1]. */
export async function revokeApiKey(
  { system, store }: Pick<ApiKeyContext, "system" | "store">,
  { actor }: Pick<Granter, "actor">,
  id: string,
): Promise<void> {
  await untilWritten(async () => {
    const before = await store.findApiKey(actor.tenantId, id);
    if (before === undefined || before.apiKey.revokedAtMs !== undefined) return "written";
    const atMs = system.now();
    const { version } = before.apiKey;
    const changed = { enabled: false, revokedAtMs: atMs, updatedAtMs: atMs, version: version + 1 };
    const after = { ...before, apiKey: { ...before.apiKey, ...changed } };
    const audit = auditOf(system, actor, actOn("revoked", before, after));
    const revocations = [allTokensOf(id)];
    return store.updateApiKey({ apiKey: after.apiKey, revocations, audit });
  });
}

/**
 * What takes a leaked key out of use, for whoever writes it together with the leak. `undefined` when it
 * is out of use already.
 */
export function keyTakenBack(
  before: KnownApiKeyRecord,
  { how, atMs, leakId }: { how: "disable" | "revoke"; atMs: number; leakId: string },
) {
  const { apiKey } = before;
  if (apiKey.revokedAtMs !== undefined || (how === "disable" && !apiKey.enabled)) return undefined;
  const after: ApiKeyRecord = {
    ...apiKey,
    enabled: false,
    revokedAtMs: how === "revoke" ? atMs : undefined,
    updatedAtMs: atMs,
    version: apiKey.version + 1,
  };
  const what = how === "revoke" ? "revoked" : "updated";
  const act = actOn(what, before, { ...before, apiKey: after });
  return {
    apiKey: after,
    revocations: [allTokensOf(apiKey.id)],
    act: { ...act, after: { ...act.after, leakId } },
  };
}

/** Somebody else's key is there for those who administer keys, and for nobody else. Throws 404. */
export async function loadApiKey(
  { store }: Pick<ApiKeyContext, "store">,
  holder: KeyHolder,
  id: string,
  what: "read" | "write",
): Promise<KnownApiKeyRecord> {
  const found = await store.findApiKey(holder.actor.tenantId, id);
  if (found === undefined || !(isOwn(holder, found.apiKey) || administersKeys(holder, what))) {
    throw notFound(id);
  }
  return found;
}

/** Who may see all people or all app clients sees their keys, and who may change them changes these. */
export function administersKeys({ rights }: KeyHolder, what: "read" | "write"): boolean {
  return what === "read"
    ? mayDo(rights, "users:list") || mayDo(rights, "app_clients:read")
    : mayDo(rights, "users:write") || mayDo(rights, "app_clients:write");
}

const isOwn = ({ actor }: KeyHolder, { ownerType, ownerId }: ApiKeyRecord): boolean =>
  actor.type === ownerType && actor.id === ownerId;

const secretKinds: Record<ApiKeyKind, SecretKind> = {
  personal: "personalKey",
  serving: "servingKey",
  serving_and_indexing: "servingAndIndexingKey",
  custom: "servingAndIndexingKey",
};

function newApiKey(
  system: System,
  { actor }: KeyHolder,
  settings: ApiKeySettings,
  plainKey: string,
): ApiKeyRecord {
  if (settings.kind === "personal" && actor.type === "api_key") {
    throw new AdminError(403, "Personal API keys are for people and app clients.");
  }
  const atMs = system.now();
  return {
    ...settings,
    id: newId(system, "aky_"),
    tenantId: actor.tenantId,
    digestScheme,
    digest: digestOf(plainKey),
    hint: hintOf(plainKey),
    ownerType: actor.type,
    ownerId: actor.id,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    revokedAtMs: undefined,
    version: 1,
  };
}

/** All that can be done, or passed on, by whoever has the key. */
async function rightsOfKey(
  { findOwner, roles }: Pick<ApiKeyContext, "findOwner" | "roles">,
  { apiKey, bindings }: KnownApiKeyRecord,
): Promise<Rights> {
  if (apiKey.kind !== "personal") return rightsOf(bindings, await roles.of(apiKey.tenantId));
  return (await findOwner(apiKey))?.rights ?? noRights;
}

/** Who brings a key back, or lets it live longer, must hold all that it may do. */
async function checkMayChange(
  context: ApiKeyContext,
  { grantable }: KeyHolder,
  before: KnownApiKeyRecord,
  after: ApiKeyRecord,
): Promise<void> {
  if (after.enabled && before.apiKey.revokedAtMs !== undefined) {
    throw new AdminError(409, "A revoked API key does not come back.");
  }
  const isProlonged = (after.expiresAtMs ?? Infinity) > (before.apiKey.expiresAtMs ?? Infinity);
  if (after.expiresAtMs !== before.apiKey.expiresAtMs) {
    checkFuture(context.system, after.expiresAtMs);
  }
  if (isProlonged || (after.enabled && !before.apiKey.enabled)) {
    checkHolds(grantable, await rightsOfKey(context, before));
  }
}

function checkFuture(system: System, expiresAtMs: number | undefined): void {
  if (expiresAtMs !== undefined && expiresAtMs <= system.now()) {
    throw badField("expires_at", "is in the past");
  }
}

const allTokensOf = (id: string): Revocation => ({
  subjectType: "credential",
  subjectId: id,
  dropped: undefined,
});

const externalIdTaken = (): AdminError =>
  new AdminError(409, "Another API key has this external_id.");

function actOn(
  what: "created" | "updated" | "deleted" | "revoked",
  before: KnownApiKeyRecord | undefined,
  after: KnownApiKeyRecord | undefined,
): Act {
  return {
    action: `api_key.${what}`,
    subjectType: "api_key",
    subjectId: (after ?? before)!.apiKey.id,
    before: before && auditView(before),
    after: after && auditView(after),
  };
}

/** Everything but the digest. */
function auditView({ apiKey, bindings }: KnownApiKeyRecord) {
  const { digest: _digest, digestScheme: _scheme, ...view } = apiKey;
  return { ...view, bindings };
}
