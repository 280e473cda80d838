import type { AppClientType } from "@countersign/protocol/admin/app-clients.ts";
import { checkVersion, untilWritten } from "../access/compare-and-set.ts";
import { checkHolds } from "../access/granting.ts";
import { firstSubjectOf, idempotencyOf } from "../access/repetition.ts";
import { droppedPermissions, rightsOf, type Rights } from "../access/rights.ts";
import type { RoleCatalogue, Roles } from "../access/roles.ts";
import { auditOf, type Act, type Actor } from "../audit/audit.ts";
import { AdminError, notFound } from "../errors/admin-error.ts";
import type { Sealer } from "../keys/sealing.ts";
import type { ClientRecord, KnownClientRecord, Revocation, RoleBinding } from "../store/records.ts";
import type { ClientStore, CredentialStore, TenantStore } from "../store/store.ts";
import { newId, randomCharacters, type System } from "../system.ts";
import { checkClient } from "./client-rules.ts";
import { makeSecret } from "./client-secret.ts";

/**
 * App clients: who may ask for tokens. Owns their rules, what may be granted to them and by whom;
 * their credentials are beside it, how they prove themselves is in `authentication.ts`.
 */

/** The person or client that acts, and what it may pass on. */
export interface Granter {
  actor: Actor;
  grantable: Rights;
}

export interface ClientSettings {
  name: string;
  description: string;
  type: AppClientType;
  enabled: boolean;
  grantTypes: string[];
  redirectUris: string[];
  authenticationMethod: string | undefined;
  tokenLifetimeSeconds: number | undefined;
  externalId: string | undefined;
  labels: Record<string, string>;
}

export interface ClientContext {
  system: System;
  store: ClientStore & CredentialStore & TenantStore;
  sealer: Sealer;
  roles: Roles;
}

export interface CreatedClient extends KnownClientRecord {
  /** Absent for a public client, and for one that an earlier request made. */
  plainSecret: string | undefined;
  /** The request was a repetition: this is what the first one made, as it is by now. */
  isRepeated: boolean;
}

/** Throws 400, 403, 409 and 422. */
export async function createClient(
  context: ClientContext,
  granter: Granter,
  input: {
    settings: ClientSettings;
    bindings: RoleBinding[];
    idempotencyKey: string | undefined;
  },
): Promise<CreatedClient> {
  const { system, store } = context;
  const client = newClient(system, granter.actor.tenantId, input.settings);
  checkClient(client);
  const roles = await context.roles.of(granter.actor.tenantId);
  checkHolds(granter.grantable, rightsOf(input.bindings, roles));
  const made =
    client.authenticationMethod === "none" ? undefined : await makeSecret(context, client);
  const idempotency = idempotencyOf(system, granter.actor, {
    key: input.idempotencyKey,
    request: ["app_client", input.settings, input.bindings],
    subjectId: client.id,
  });
  const inserted = await store.insertClient({
    client,
    credential: made?.credential,
    bindings: input.bindings,
    idempotency,
    audit: auditOf(system, granter.actor, actOn(client, "created", undefined, input.bindings)),
  });
  if (inserted.outcome === "external_id_taken") throw externalIdTaken();
  if (inserted.outcome === "repeated") {
    const id = firstSubjectOf(inserted, idempotency);
    // Its secret is to be revealed, or it is not.
    const known = await loadClient(context, granter.actor.tenantId, id);
    return { ...known, plainSecret: undefined, isRepeated: true };
  }
  const credentials = made === undefined ? [] : [made.credential];
  const { bindings } = input;
  return { client, credentials, bindings, plainSecret: made?.plainSecret, isRepeated: false };
}

/** What may be changed; a member that is `undefined` stays, one that is a function is applied. */
export interface ClientChange {
  /** The settings after the change, from those before it. */
  settings(before: ClientRecord): ClientRecord;
  /** The bindings after the change, from those before it. */
  bindings(before: RoleBinding[]): RoleBinding[];
  /** `If-Match`: refuse when another version is stored. */
  expectedVersion: number | undefined;
}

/** Throws 400, 403, 404, 409 and 412. */
export async function updateClient(
  context: ClientContext,
  granter: Granter,
  id: string,
  change: ClientChange,
): Promise<KnownClientRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const before = await loadClient(context, granter.actor.tenantId, id);
    checkVersion(before.client, change.expectedVersion);
    const client = {
      ...change.settings(before.client),
      updatedAtMs: system.now(),
      version: before.client.version + 1,
    };
    const bindings = change.bindings(before.bindings);
    checkClient(client);
    const roles = await context.roles.of(granter.actor.tenantId);
    checkMayChange(granter, roles, before, { client, bindings });
    const act = actOn(client, "updated", before, bindings);
    const audit = auditOf(system, granter.actor, act);
    const revocations = revocationsOf(roles, before, { client, bindings });
    const outcome = await store.updateClient({ client, bindings, revocations, audit });
    if (outcome === "external_id_taken") throw externalIdTaken();
    return outcome === "written" ? { ...before, client, bindings } : outcome;
  });
}

/** Throws 404 and 412. Its tokens are refused by our own API from then on. */
export async function deleteClient(
  context: ClientContext,
  granter: Granter,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  const { system, store } = context;
  const { tenantId } = granter.actor;
  await untilWritten(async () => {
    const before = await loadClient(context, tenantId, id);
    checkVersion(before.client, expectedVersion);
    const audit = auditOf(system, granter.actor, {
      action: "app_client.deleted",
      subjectType: "app_client",
      subjectId: id,
      before: auditView(before.client, before.bindings),
    });
    const { version } = before.client;
    const atMs = system.now();
    return store.deleteClient({ tenantId, id, version, atMs, audit });
  });
}

/** Throws 404. */
export async function loadClient(
  { store }: Pick<ClientContext, "store">,
  tenantId: string,
  id: string,
): Promise<KnownClientRecord> {
  const found = await store.findClient(tenantId, id);
  if (found === undefined) throw notFound(id);
  return found;
}

const clientIdAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
const clientIdCharacters = 26;

function newClient(system: System, tenantId: string, settings: ClientSettings): ClientRecord {
  const atMs = system.now();
  return {
    ...settings,
    id: newId(system, "app_"),
    // Without a prefix, so it can never read like the id of a person.
    clientId: randomCharacters(system, clientIdAlphabet, clientIdCharacters),
    tenantId,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    version: 1,
  };
}

/**
 * New roles must be held by who grants them; so must all, when the change could hand them over or brings
 * them back.
 */
function checkMayChange(
  { grantable }: Granter,
  roles: RoleCatalogue,
  before: KnownClientRecord,
  after: { client: ClientRecord; bindings: RoleBinding[] },
): void {
  const held = new Set(before.bindings.map(keyOf));
  const added = after.bindings.filter((binding) => !held.has(keyOf(binding)));
  checkHolds(grantable, rightsOf(added, roles));
  const handsOver = (["redirectUris", "grantTypes", "authenticationMethod"] as const).some(
    (name) => JSON.stringify(before.client[name]) !== JSON.stringify(after.client[name]),
  );
  const bringsBack = !before.client.enabled && after.client.enabled;
  if (handsOver || bringsBack) checkHolds(grantable, rightsOf(after.bindings, roles));
}

/** What a change takes back of the tokens that were issued before it. */
function revocationsOf(
  roles: RoleCatalogue,
  before: KnownClientRecord,
  after: { client: ClientRecord; bindings: RoleBinding[] },
): Revocation[] {
  const subject = { subjectType: "client" as const, subjectId: after.client.clientId };
  if (before.client.enabled && !after.client.enabled) return [{ ...subject, dropped: undefined }];
  const dropped = droppedPermissions(
    rightsOf(before.bindings, roles),
    rightsOf(after.bindings, roles),
  );
  return dropped.length === 0 ? [] : [{ ...subject, dropped }];
}

const keyOf = ({ role, resourceType, resourceId }: RoleBinding): string =>
  JSON.stringify([role, resourceType, resourceId]);

const externalIdTaken = (): AdminError =>
  new AdminError(409, "Another app client has this external_id.");

function actOn(
  client: ClientRecord,
  what: "created" | "updated",
  before: KnownClientRecord | undefined,
  bindings: RoleBinding[],
): Act {
  return {
    action: `app_client.${what}`,
    subjectType: "app_client",
    subjectId: client.id,
    before: before && auditView(before.client, before.bindings),
    after: auditView(client, bindings),
  };
}

/** Everything but secrets, which are not part of a client. */
const auditView = (client: ClientRecord, bindings: RoleBinding[]) => ({ ...client, bindings });
