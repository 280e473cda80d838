import { rolesMax } from "@countersign/protocol/admin/roles.ts";
import { auditOf, type Act, type Actor } from "../audit/audit.ts";
import { AdminError, badField, notFound } from "../errors/admin-error.ts";
import type { RoleRecord } from "../store/records.ts";
import type { RoleStore } from "../store/store.ts";
import type { System } from "../system.ts";
import { checkVersion, untilWritten } from "./compare-and-set.ts";
import { checkHolds } from "./granting.ts";
import { firstSubjectOf, idempotencyOf } from "./repetition.ts";
import type { Rights } from "./rights.ts";
import { isBuiltInRole, type RoleCatalogue, type Roles } from "./roles.ts";

/**
 * The roles that a tenant makes for itself, over their life. Nobody puts into one what they do not hold
 * for the whole account: whoever holds the role gets it. A change is felt by all holders at once, and
 * takes what is dropped out of the tokens that they have.
 */

export interface RoleContext {
  system: System;
  store: RoleStore;
  roles: Roles;
}

interface Granter {
  actor: Actor;
  grantable: Rights;
}

export type RoleSettings = Pick<
  RoleRecord,
  "name" | "description" | "permissions" | "resourceTypes" | "externalId" | "labels"
>;

/**
 * What is dropped is taken back from each holder by name. From more than these, one revocation takes it
 * back from the whole tenant: those who have it otherwise get a new token with it.
 */
export const namedHoldersMax = 1_000;

/** Throws 400, 403, 409 and 422. */
export async function createRole(
  context: RoleContext,
  { actor, grantable }: Granter,
  { settings, idempotencyKey: key }: { settings: RoleSettings; idempotencyKey: string | undefined },
): Promise<RoleRecord> {
  const { system, store } = context;
  const { tenantId } = actor;
  if (isBuiltInRole(settings.name)) throw badField("name", "is a built-in role");
  checkPermissions(await context.roles.of(tenantId), settings.permissions);
  checkHolds(grantable, accountRights(settings.permissions));
  const atMs = system.now();
  const role = { ...settings, tenantId, createdAtMs: atMs, updatedAtMs: atMs, version: 1 };
  const audit = auditOf(system, actor, actOn("created", undefined, role));
  const request = ["role", settings];
  const idempotency = idempotencyOf(system, actor, { key, request, subjectId: role.name });
  const inserted = await store.insertRole({ role, rolesMax, idempotency, audit });
  if (inserted.outcome === "inserted") return role;
  if (inserted.outcome !== "repeated") throw notInserted[inserted.outcome]();
  return loadRole(context, tenantId, firstSubjectOf(inserted, idempotency));
}

const notInserted = {
  external_id_taken: () => new AdminError(409, "Another role has this external_id."),
  name_taken: () => new AdminError(409, "Another role has this name."),
  too_many: () => new AdminError(409, `An account has at most ${rolesMax} roles of its own.`),
};

export interface RoleChange {
  /** The role after the change, from before it. */
  settings(before: RoleRecord): RoleRecord;
  /** `If-Match`: refuse when another version is stored. */
  expectedVersion: number | undefined;
}

/** Throws 400, 403, 404, 409 for a built-in role, and 412. */
export async function updateRole(
  context: RoleContext,
  { actor, grantable }: Granter,
  name: string,
  change: RoleChange,
): Promise<RoleRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const before = await loadRole(context, actor.tenantId, name);
    checkVersion(before, change.expectedVersion);
    const role = {
      ...change.settings(before),
      updatedAtMs: system.now(),
      version: before.version + 1,
    };
    const { added, dropped } = differenceOf(before, role);
    checkPermissions(await context.roles.of(actor.tenantId), role.permissions, added);
    checkHolds(grantable, accountRights(added));
    const audit = auditOf(system, actor, actOn("updated", before, role));
    const outcome = await store.updateRole({ role, dropped, namedHoldersMax, audit });
    if (outcome === "external_id_taken") throw notInserted[outcome]();
    return outcome === "written" ? role : outcome;
  });
}

/** Throws 404, 409 while somebody holds it, and 412. With `isForced` it is taken from them. */
export async function deleteRole(
  context: RoleContext,
  actor: Actor,
  name: string,
  { isForced, expectedVersion }: { isForced: boolean; expectedVersion: number | undefined },
): Promise<void> {
  const { system, store } = context;
  await untilWritten(async () => {
    const role = await loadRole(context, actor.tenantId, name);
    checkVersion(role, expectedVersion);
    const audit = auditOf(system, actor, actOn("deleted", role, undefined));
    const outcome = await store.deleteRole({ role, isForced, namedHoldersMax, audit });
    if (outcome !== "held") return outcome;
    throw new AdminError(409, "This role is held. Take it away first, or delete with force=true.");
  });
}

/** Throws 404, and 409 for a built-in role. */
export async function loadRole(
  { store }: { store: Pick<RoleStore, "findRole"> },
  tenantId: string,
  name: string,
): Promise<RoleRecord> {
  const role = await store.findRole(tenantId, name);
  if (role !== undefined) return role;
  if (isBuiltInRole(name)) throw new AdminError(409, "A built-in role cannot be changed.");
  throw notFound(name);
}

const accountRights = (permissions: string[]): Rights => ({
  account: new Set(permissions),
  resources: new Map(),
});

/** Of a role that is changed only what is new must exist: an API may have gone meanwhile. */
function checkPermissions(
  { permissions: known }: RoleCatalogue,
  permissions: string[],
  added: string[] = permissions,
): void {
  const index = permissions.findIndex((name) => added.includes(name) && !known.has(name));
  if (index === -1) return;
  throw badField(`permissions.${index}`, "is neither built in nor of an API of the account");
}

/** Bound to something else it may mean more here and less there: then all of it counts as both. */
function differenceOf(before: RoleRecord, after: RoleRecord) {
  if (JSON.stringify(before.resourceTypes) !== JSON.stringify(after.resourceTypes)) {
    return { added: after.permissions, dropped: before.permissions };
  }
  return {
    added: without(after.permissions, before.permissions),
    dropped: without(before.permissions, after.permissions),
  };
}

const without = (some: string[], others: string[]): string[] =>
  some.filter((permission) => !others.includes(permission));

function actOn(
  what: "created" | "updated" | "deleted",
  before: RoleRecord | undefined,
  after: RoleRecord | undefined,
): Act {
  const subjectId = (after ?? before)!.name;
  return { action: `role.${what}`, subjectType: "role", subjectId, before, after };
}
