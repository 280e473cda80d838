import { checkVersion, untilWritten } from "../access/compare-and-set.ts";
import { checkHolds } from "../access/granting.ts";
import { firstSubjectOf, idempotencyOf } from "../access/repetition.ts";
import { accountWide, droppedPermissions, rightsOf } from "../access/rights.ts";
import type { RoleCatalogue, Roles } from "../access/roles.ts";
import { auditOf, type Act } from "../audit/audit.ts";
import type { Granter } from "../clients/app-client.ts";
import { AdminError, notFound } from "../errors/admin-error.ts";
import { digestOf } from "../keys/secret.ts";
import type { KnownUserRecord, Revocation, RoleBinding, UserRecord } from "../store/records.ts";
import type { FactorStore, UserCode, UserStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { newPlainCode, userCodeKind } from "./one-time-code.ts";

/**
 * People: who they are and what may be granted to them, and by whom. How they sign in is in `sign-in.ts`.
 * An account keeps at least one enabled owner.
 */

export interface UserContext {
  system: System;
  store: UserStore;
  roles: Roles;
}

export interface UserSettings {
  name: string;
  email: string;
  username: string;
  description: string;
  enabled: boolean;
  externalId: string | undefined;
  labels: Record<string, string>;
}

export interface CreatedUser extends KnownUserRecord {
  /** Absent for a user that an earlier request made: it was shown once. */
  plainCode: string | undefined;
}

/** Throws 403, 409 and 422. */
export async function createUser(
  context: UserContext,
  granter: Granter,
  input: {
    settings: UserSettings;
    bindings: RoleBinding[];
    idempotencyKey: string | undefined;
  },
): Promise<CreatedUser> {
  const { system, store } = context;
  const { settings, bindings } = input;
  const user = newUser(system, granter.actor.tenantId, settings);
  const roles = await context.roles.of(granter.actor.tenantId);
  checkHolds(granter.grantable, rightsOf(bindings, roles));
  const { plainCode, code } = makeCode(system);
  const idempotency = idempotencyOf(system, granter.actor, {
    key: input.idempotencyKey,
    request: ["user", settings, bindings],
    subjectId: user.id,
  });
  const audit = auditOf(system, granter.actor, actOn("created", undefined, { user, bindings }));
  const inserted = await store.insertUser({ user, bindings, code, idempotency, audit });
  if (inserted.outcome === "inserted") return { user, bindings, plainCode };
  if (inserted.outcome === "external_id_taken") throw externalIdTaken();
  if (inserted.outcome === "username_taken") {
    throw new AdminError(409, "Another user has this username.");
  }
  const id = firstSubjectOf(inserted, idempotency);
  const earlier = await store.findKnownUser(id);
  if (earlier === undefined) throw notFound(id);
  return { ...earlier, plainCode: undefined };
}

export interface UserChange {
  /** The settings after the change, from those before it. */
  settings(before: UserRecord): UserRecord;
  /** The bindings after the change, from those before it. */
  bindings(before: RoleBinding[]): RoleBinding[];
  /** `If-Match`: refuse when another version is stored. */
  expectedVersion: number | undefined;
}

/** Throws 403, 404, 409 and 412. */
export async function updateUser(
  context: UserContext,
  granter: Granter,
  username: string,
  change: UserChange,
): Promise<KnownUserRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const before = await loadUser(context, granter.actor.tenantId, username);
    checkVersion(before.user, change.expectedVersion);
    const user = {
      ...change.settings(before.user),
      updatedAtMs: system.now(),
      version: before.user.version + 1,
    };
    const after = { user, bindings: change.bindings(before.bindings) };
    const roles = await context.roles.of(granter.actor.tenantId);
    checkMayChange(granter, roles, before, after);
    const audit = auditOf(system, granter.actor, actOn("updated", before, after));
    const revocations = revocationsOf(roles, before, after);
    const outcome = await store.updateUser({ ...after, revocations, audit });
    if (outcome === "external_id_taken") throw externalIdTaken();
    if (outcome === "last_owner") throw lastOwner();
    return outcome === "written" ? after : outcome;
  });
}

/** Throws 403, 404, 409 and 412. Its personal API keys go with it. */
export async function deleteUser(
  context: UserContext,
  granter: Granter,
  username: string,
  expectedVersion: number | undefined,
): Promise<void> {
  const { system, store } = context;
  const { tenantId } = granter.actor;
  await untilWritten(async () => {
    const before = await loadUser(context, tenantId, username);
    checkVersion(before.user, expectedVersion);
    checkMayEnd(granter, await context.roles.of(tenantId), before);
    const { id, version } = before.user;
    const audit = auditOf(system, granter.actor, actOn("deleted", before, undefined));
    const outcome = await store.deleteUser({ tenantId, id, version, audit });
    if (outcome === "last_owner") throw lastOwner();
    return outcome;
  });
}

/**
 * A new code to sign in with. Whoever gets it can act as the user, and so must hold all that the user
 * holds. Throws 403 and 404.
 */
export async function resetPassword(
  context: UserContext,
  granter: Granter,
  username: string,
): Promise<CreatedUser> {
  const { system, store } = context;
  const { tenantId } = granter.actor;
  const known = await loadUser(context, tenantId, username);
  const roles = await context.roles.of(tenantId);
  checkHolds(granter.grantable, rightsOf(known.bindings, roles));
  const { plainCode, code } = makeCode(system);
  const userId = known.user.id;
  const act = { action: "user.password_reset" as const, subjectType: "user", subjectId: userId };
  const audit = auditOf(system, granter.actor, act);
  const revocations = [allTokensOf(known.user)];
  const outcome = await store.replaceUserCode({ tenantId, userId, code, revocations, audit });
  if (outcome === "conflict") throw notFound(username);
  return { ...known, plainCode };
}

/**
 * For who has lost what signs in after the password: all factors and recovery codes go, and all
 * sessions end. Who did this and reset the password would be the user, and so must hold as much. Throws
 * 403, 404, and 409 when there are none.
 */
export async function removeSecondFactors(
  context: Omit<UserContext, "store"> & { store: UserStore & FactorStore },
  granter: Granter,
  username: string,
): Promise<void> {
  const { system, store } = context;
  const { tenantId } = granter.actor;
  const { user, bindings } = await loadUser(context, tenantId, username);
  checkHolds(granter.grantable, rightsOf(bindings, await context.roles.of(tenantId)));
  const factors = await store.listFactors(tenantId, user.id);
  const audit = auditOf(system, granter.actor, {
    action: "user.second_factors_removed" as const,
    subjectType: "user",
    subjectId: user.id,
    before: { factors: factors.map(({ id, kind, name }) => ({ factor_id: id, kind, name })) },
  });
  const outcome = await store.deleteFactors({ tenantId, userId: user.id, audit });
  if (outcome === "conflict") throw new AdminError(409, "This user has no second factor.");
}

/** Throws 404. */
export async function loadUser(
  { store }: Pick<UserContext, "store">,
  tenantId: string,
  username: string,
): Promise<KnownUserRecord> {
  const found = await store.findUser(tenantId, username);
  if (found === undefined) throw notFound(username);
  return found;
}

function newUser(system: System, tenantId: string, settings: UserSettings): UserRecord {
  const atMs = system.now();
  const id = newId(system, "usr_");
  return { ...settings, id, tenantId, createdAtMs: atMs, updatedAtMs: atMs, version: 1 };
}

const codeLifetimeMs = 7 * 24 * 3_600_000;

export function makeCode(system: System): { plainCode: string; code: UserCode } {
  const plainCode = newPlainCode(system);
  const expiresAtMs = system.now() + codeLifetimeMs;
  return { plainCode, code: { kind: userCodeKind, digest: digestOf(plainCode), expiresAtMs } };
}

/**
 * New roles must be held by who grants them; so must all, when the change could hand the user's
 * rights to somebody: by bringing it back, or by another address to write to.
 */
function checkMayChange(
  granter: Granter,
  roles: RoleCatalogue,
  before: KnownUserRecord,
  after: KnownUserRecord,
): void {
  const held = new Set(before.bindings.map(keyOf));
  const kept = new Set(after.bindings.map(keyOf));
  const added = after.bindings.filter((binding) => !held.has(keyOf(binding)));
  checkHolds(granter.grantable, rightsOf(added, roles));
  const isBroughtBack = after.user.enabled && !before.user.enabled;
  if (isBroughtBack || after.user.email !== before.user.email) {
    checkHolds(granter.grantable, rightsOf(after.bindings, roles));
  }
  const isEnded = before.user.enabled && !after.user.enabled;
  if (isEnded || before.bindings.some((one) => isOwner(one) && !kept.has(keyOf(one)))) {
    checkMayEnd(granter, roles, before);
  }
}

/** Only who holds as much ends an owner: else an administrator could be the last one standing. */
function checkMayEnd(
  { grantable }: Granter,
  roles: RoleCatalogue,
  { bindings }: KnownUserRecord,
): void {
  checkHolds(grantable, rightsOf(bindings.filter(isOwner), roles));
}

/** Of the account. */
export const isOwner = ({ role, resourceType }: RoleBinding): boolean =>
  role === "owner" && resourceType === accountWide.resourceType;

const keyOf = ({ role, resourceType, resourceId }: RoleBinding): string =>
  JSON.stringify([role, resourceType, resourceId]);

/** What a change takes back of the tokens that were issued before it. */
function revocationsOf(
  roles: RoleCatalogue,
  before: KnownUserRecord,
  after: KnownUserRecord,
): Revocation[] {
  if (before.user.enabled && !after.user.enabled) return [allTokensOf(after.user)];
  const dropped = droppedPermissions(
    rightsOf(before.bindings, roles),
    rightsOf(after.bindings, roles),
  );
  return dropped.length === 0 ? [] : [{ ...allTokensOf(after.user), dropped }];
}

const allTokensOf = ({ id }: UserRecord): Revocation => ({
  subjectType: "person",
  subjectId: id,
  dropped: undefined,
});

const externalIdTaken = (): AdminError => new AdminError(409, "Another user has this external_id.");

const lastOwner = (): AdminError =>
  new AdminError(409, "This is the last enabled owner of the account. Make another one first.");

function actOn(
  what: "created" | "updated" | "deleted",
  before: KnownUserRecord | undefined,
  after: KnownUserRecord | undefined,
): Act {
  return {
    action: `user.${what}` as const,
    subjectType: "user",
    subjectId: (after ?? before)!.user.id,
    before: before && auditView(before),
    after: after && auditView(after),
  };
}

const auditView = ({ user, bindings }: KnownUserRecord) => ({ ...user, bindings });
