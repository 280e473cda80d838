import type { Inserted, Written } from "./outcome.ts";
import type { AuditRecord, IdempotencyRecord } from "./records.ts";

/** The part of the store that keeps outside APIs and the tokens that are held for them. */

/** An outside API and how one gets tokens for it. */
export interface DatasourceRecord {
  id: string;
  tenantId: string;
  name: string;
  /** What was said about it, in the words of the code; no secrets. */
  settings: Record<string, unknown>;
  /** JSON, sealed: secrets that are never shown again. */
  sealedSecrets: string | undefined;
  /** The caller's own id, unique in the tenant. */
  externalId: string | undefined;
  /** The caller's own names and values. */
  labels: Record<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
  /** Counts up with every change; `If-Match` compares it. */
  version: number;
}

/** What there is of tokens, and what became of getting them. A refresh changes this and nothing else. */
export interface ConnectionTokens {
  /** `not_connected`, `connecting`, `connected`, `reconnect_required` or `uncertain`. */
  state: string;
  /** The cause, where the state is not a good one. */
  reason: string | undefined;
  /** The provider's own code and text, cut. */
  reasonDetail: string | undefined;
  /** Since when it is in this state. */
  sinceMs: number;
  /** Which connect links count. */
  linkId: string;
  /** Who connected at the provider, where that is known. */
  account: string | undefined;
  requestedScopes: string[];
  /** Absent where the provider did not say. */
  grantedScopes: string[] | undefined;
  /** What was put up with when the answer was read. */
  tolerances: string[];
  /** What the provider said that belongs to the connection: a company, a region. */
  captured: Record<string, string>;
  /** Where token requests go, if not to the datasource's own URL. */
  tokenOrigin: string | undefined;
  /** The API's own base URL, if the provider named one. */
  apiBaseUrl: string | undefined;
  /** JSON, sealed: the tokens. */
  sealedTokens: string | undefined;
  tokensAtMs: number | undefined;
  expiresAtMs: number | undefined;
  refreshTokenExpiresAtMs: number | undefined;
  /** The refresh that was begun and has not ended. */
  refreshId: string | undefined;
  /** How often the present tokens were sent to be exchanged for new ones, and no answer was seen. */
  refreshTries: number;
  /** In a row. */
  failures: number;
  failingSinceMs: number | undefined;
  nextTryAtMs: number | undefined;
}

/** The tokens that are held for one owner of a datasource. */
export interface ConnectionRecord extends ConnectionTokens {
  id: string;
  tenantId: string;
  datasourceId: string;
  /** The caller's id of an end user; empty for the one that the team shares. */
  owner: string;
  enabled: boolean;
  /** Counts up whenever the tokens or their state change by themselves. */
  tokenVersion: number;
  externalId: string | undefined;
  labels: Record<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
  /** Counts up with every change that somebody asked for; `If-Match` compares it. */
  version: number;
}

export interface Position {
  createdAtMs: number;
  id: string;
}

interface Page {
  after: Position | undefined;
  externalId: string | undefined;
  limit: number;
}

export interface DatasourcePage extends Page {
  /** What the name has somewhere in it, whatever the case. */
  name: string | undefined;
}

export interface ConnectionPage extends Page {
  datasourceId: string | undefined;
  owner: string | undefined;
  /** As people see it: `disabled` and `refreshing` are states too. */
  state: string | undefined;
  /** Whoever set out to connect before then is not coming back. */
  connectingSinceMs: number;
}

/** A place in the order in which tokens end. */
export interface ExpiringAfter {
  expiresAtMs: number;
  id: string;
}

/** A place in the order in which tokens were got. */
export interface LeftAloneAfter {
  tokensAtMs: number;
  id: string;
}

/** How many connections of a datasource are in a state, as people see it. */
export interface ConnectionCount {
  datasourceId: string;
  state: string;
  count: number;
}

export interface DatasourceStore {
  /** Oldest first. */
  listDatasources(tenantId: string, page: DatasourcePage): Promise<DatasourceRecord[]>;
  findDatasource(tenantId: string, id: string): Promise<DatasourceRecord | undefined>;
  /** `too_many` when the tenant has `datasourcesMax` already. */
  insertDatasource(input: {
    datasource: DatasourceRecord;
    datasourcesMax: number;
    idempotency: IdempotencyRecord | undefined;
    audit: AuditRecord;
  }): Promise<Inserted | { outcome: "too_many" }>;
  /** `conflict` when the stored version is no longer the one that was read. */
  updateDatasource(input: {
    /** The new state; `version` is one more than what was read. */
    datasource: DatasourceRecord;
    /**
     * What becomes of those that hold tokens: they stay, are tried again where they failed, must be
     * connected again, or are asked for anew by themselves.
     */
    connections: "keep" | "retry" | "reconnect" | "forget";
    audit: AuditRecord;
  }): Promise<Written | "external_id_taken">;
  /** With its connections; `held` when it has some and that is not forced. */
  deleteDatasource(input: {
    datasource: Pick<DatasourceRecord, "id" | "tenantId" | "version">;
    isForced: boolean;
    audit: AuditRecord;
  }): Promise<Written | "held">;
}

export interface ConnectionStore {
  /** Oldest first. */
  listConnections(tenantId: string, page: ConnectionPage): Promise<ConnectionRecord[]>;
  countConnections(
    tenantId: string,
    datasourceIds: string[],
    connectingSinceMs: number,
  ): Promise<ConnectionCount[]>;
  findConnection(tenantId: string, id: string): Promise<ConnectionRecord | undefined>;
  findConnectionOfOwner(
    tenantId: string,
    datasourceId: string,
    owner: string,
  ): Promise<ConnectionRecord | undefined>;
  /** Of all tenants: connected ones whose tokens end before then, the first to end first. */
  listExpiringConnections(page: {
    beforeMs: number;
    after?: ExpiringAfter | undefined;
    limit: number;
  }): Promise<ConnectionRecord[]>;
  /** Of all tenants: connected ones whose tokens have no known end and were got before then, oldest first. */
  listConnectionsLeftAlone(page: {
    beforeMs: number;
    after?: LeftAloneAfter | undefined;
    limit: number;
  }): Promise<ConnectionRecord[]>;
  /** `owner_taken` when the owner has one there; `conflict` when the datasource is gone. */
  insertConnection(input: {
    connection: ConnectionRecord;
    idempotency: IdempotencyRecord | undefined;
    audit: AuditRecord;
  }): Promise<Inserted | { outcome: "owner_taken" | "conflict" }>;
  /** What somebody sets. `conflict` when the stored version is no longer the one that was read. */
  updateConnection(input: {
    /** `version` is one more than what was read. */
    connection: Pick<
      ConnectionRecord,
      "id" | "tenantId" | "enabled" | "externalId" | "labels" | "updatedAtMs" | "version"
    >;
    audit: AuditRecord;
  }): Promise<Written | "external_id_taken">;
  /**
   * Changes tokens or their state, and counts the token version up. `conflict` unless the version is
   * the one that was read and, where `refreshId` is given, that refresh is still the one that was begun.
   */
  moveTokens(input: {
    tenantId: string;
    id: string;
    tokenVersion: number;
    refreshId?: { is: string | undefined };
    change: Partial<ConnectionTokens>;
    atMs: number;
    audit: AuditRecord | undefined;
  }): Promise<Written>;
  /** `conflict` when the stored version is no longer the one that was read. */
  deleteConnection(input: {
    connection: Pick<ConnectionRecord, "id" | "tenantId" | "version">;
    audit: AuditRecord;
  }): Promise<Written>;
}
