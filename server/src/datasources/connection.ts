import { createHmac } from "node:crypto";
import { checkVersion, untilWritten } from "../access/compare-and-set.ts";
import { firstSubjectOf, idempotencyOf } from "../access/repetition.ts";
import { auditOf, type Actor } from "../audit/audit.ts";
import { AdminError, notFound } from "../errors/admin-error.ts";
import type { Log } from "../log.ts";
import type {
  ConnectionRecord,
  ConnectionStore,
  ConnectionTokens,
  DatasourceRecord,
} from "../store/store.ts";
import { newId } from "../system.ts";
import { loadDatasource, providerOf, type DatasourceContext } from "./datasource.ts";
import type { ExchangeNotes } from "./exchange-notes.ts";
import { giveBack } from "./give-back.ts";
import { nothingPending, sealTokens, type HeldTokens } from "./held-tokens.ts";

/**
 * Connections over their life, but for their tokens: those come by `authorization.ts`, and are kept
 * fresh by `refresh.ts`.
 */

export interface ConnectionContext extends DatasourceContext {
  store: DatasourceContext["store"] & ConnectionStore;
  log: Log;
  /** How long a provider may take to answer. */
  providerTimeoutMs: number;
  exchanges: ExchangeNotes;
}

export interface ConnectionInput {
  /** Empty for the one that the team shares. */
  owner: string;
  /** One that the caller has already. */
  plainRefreshToken: string | undefined;
  externalId: string | undefined;
  labels: Record<string, string>;
}

/** A state in which tokens are there or not, and nothing is known of them yet. */
const fresh = {
  account: undefined,
  grantedScopes: undefined,
  tolerances: [],
  captured: {},
  tokenOrigin: undefined,
  apiBaseUrl: undefined,
  tokensAtMs: undefined,
  refreshTokenExpiresAtMs: undefined,
  ...nothingPending,
} satisfies Partial<ConnectionTokens>;

/**
 * The connection of this owner: a new one, or the one that there is. A refresh token that is brought
 * along takes the place of what is held. Throws 404, 409 and 422.
 */
export async function createConnection(
  context: ConnectionContext,
  actor: Actor,
  about: { datasourceId: string; input: ConnectionInput; idempotencyKey: string | undefined },
): Promise<{ connection: ConnectionRecord; isNew: boolean }> {
  const { system, store, sealer } = context;
  const { tenantId } = actor;
  const { datasourceId, input, idempotencyKey: key } = about;
  const datasource = await loadDatasource(context, tenantId, datasourceId);
  const connection = newConnection(context, datasource, input);
  const audit = auditOf(system, actor, actOn("created", connection));
  // Under a key of ours, as it covers a token.
  const mac = createHmac("sha256", sealer.deriveKey(tenantId, "repeated requests"));
  const digest = mac.update(JSON.stringify(input)).digest("base64url");
  const request = ["connection", datasourceId, digest];
  const idempotency = idempotencyOf(system, actor, { key, request, subjectId: connection.id });
  const inserted = await store.insertConnection({ connection, idempotency, audit });
  switch (inserted.outcome) {
    case "inserted":
      return { connection, isNew: true };
    case "repeated": {
      const id = firstSubjectOf(inserted, idempotency);
      return { connection: await loadConnection(context, tenantId, id), isNew: false };
    }
    case "external_id_taken":
      throw externalIdTaken();
    case "conflict":
      throw notFound(datasourceId);
    case "owner_taken":
      return { connection: await useExisting(context, actor, about), isNew: false };
  }
}

const externalIdTaken = (): AdminError =>
  new AdminError(409, "Another connection has this external_id.");

function newConnection(
  context: ConnectionContext,
  datasource: DatasourceRecord,
  input: ConnectionInput,
): ConnectionRecord {
  const { system } = context;
  const { tenantId, id: datasourceId } = datasource;
  const atMs = system.now();
  const whose = { tenantId, id: newId(system, "con_") };
  return {
    ...fresh,
    ...whose,
    datasourceId,
    owner: input.owner,
    enabled: true,
    ...broughtAlong(context, whose, input.plainRefreshToken),
    sinceMs: atMs,
    linkId: newId(system, "lnk_"),
    requestedScopes: [...providerOf(context, datasource).settings.scopes],
    tokenVersion: 1,
    externalId: input.externalId,
    labels: input.labels,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    version: 1,
  };
}

/** A refresh token alone: what it is good for shows when it is first used. */
function broughtAlong(
  { sealer, system }: ConnectionContext,
  whose: Pick<ConnectionRecord, "tenantId" | "id">,
  refreshToken: string | undefined,
): Pick<ConnectionTokens, "state" | "sealedTokens" | "expiresAtMs"> {
  if (refreshToken === undefined) {
    return { state: "not_connected", sealedTokens: undefined, expiresAtMs: undefined };
  }
  const held: HeldTokens = { accessToken: "", refreshToken };
  const sealedTokens = sealTokens(sealer, whose, held);
  return { state: "connected", sealedTokens, expiresAtMs: system.now() };
}

async function useExisting(
  context: ConnectionContext,
  actor: Actor,
  { datasourceId, input }: { datasourceId: string; input: ConnectionInput },
): Promise<ConnectionRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const known = await store.findConnectionOfOwner(actor.tenantId, datasourceId, input.owner);
    if (known === undefined) throw notFound(datasourceId);
    if (input.externalId !== undefined && input.externalId !== known.externalId) {
      throw new AdminError(409, "This owner has a connection with another external_id.");
    }
    if (input.plainRefreshToken === undefined) return known;
    const change = {
      ...fresh,
      ...broughtAlong(context, known, input.plainRefreshToken),
      sinceMs: system.now(),
      linkId: newId(system, "lnk_"),
    };
    const { tenantId, id, tokenVersion } = known;
    const after = { ...known, ...change, tokenVersion: tokenVersion + 1 };
    const audit = auditOf(system, actor, actOn("connected", after));
    const outcome = await store.moveTokens({
      tenantId,
      id,
      tokenVersion,
      change,
      atMs: system.now(),
      audit,
    });
    return outcome === "written" ? after : outcome;
  });
}

export interface ConnectionChange {
  apply(before: ConnectionRecord): Pick<ConnectionRecord, "enabled" | "externalId" | "labels">;
  /** `If-Match`: refuse when another version is stored. */
  expectedVersion: number | undefined;
}

/** Throws 404, 409 and 412. */
export async function updateConnection(
  context: ConnectionContext,
  actor: Actor,
  id: string,
  change: ConnectionChange,
): Promise<ConnectionRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const before = await loadConnection(context, actor.tenantId, id);
    checkVersion(before, change.expectedVersion);
    const changed = { updatedAtMs: system.now(), version: before.version + 1 };
    const connection = { ...before, ...change.apply(before), ...changed };
    const audit = auditOf(system, actor, {
      ...actOn("updated", connection),
      before: auditView(before),
    });
    const outcome = await store.updateConnection({ connection, audit });
    if (outcome === "external_id_taken") throw externalIdTaken();
    return outcome === "written" ? connection : outcome;
  });
}

/** From then on it is not used; the provider is told, where it wants to know. Throws 404, 412. */
export async function deleteConnection(
  context: ConnectionContext,
  actor: Actor,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  const { system, store } = context;
  const { tenantId } = actor;
  const gone = await untilWritten(async () => {
    const connection = await loadConnection(context, tenantId, id);
    checkVersion(connection, expectedVersion);
    const datasource = await loadDatasource(context, tenantId, connection.datasourceId);
    const audit = auditOf(system, actor, {
      ...actOn("deleted", connection),
      before: auditView(connection),
      after: undefined,
    });
    const outcome = await store.deleteConnection({ connection, audit });
    return outcome === "written" ? { connection, datasource } : outcome;
  });
  await giveBack(context, gone.connection, providerOf(context, gone.datasource));
}

/** Throws 404. */
export async function loadConnection(
  { store }: { store: Pick<ConnectionStore, "findConnection"> },
  tenantId: string,
  id: string,
): Promise<ConnectionRecord> {
  const connection = await store.findConnection(tenantId, id);
  if (connection === undefined) throw notFound(id);
  return connection;
}

export const actOn = (what: string, connection: ConnectionRecord) => ({
  action: `connection.${what}` as const,
  subjectType: "connection",
  subjectId: connection.id,
  after: auditView(connection),
});

/** What anybody may see who sees connections. */
function auditView(connection: ConnectionRecord): object {
  const { id, datasourceId, owner, enabled, state, reason, account } = connection;
  const { grantedScopes, externalId, labels, version } = connection;
  const tokens = { state, reason, account, grantedScopes };
  return { id, datasourceId, owner, enabled, ...tokens, externalId, labels, version };
}
