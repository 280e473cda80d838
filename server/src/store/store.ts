import type {
  ApiKeyRecord,
  ApiRecord,
  AuditRecord,
  ChangeRecord,
  ClientRecord,
  CredentialRecord,
  CredentialUse,
  DataKeyRecord,
  FindingRecord,
  IdempotencyRecord,
  KnownApiKeyRecord,
  KnownClientRecord,
  RoleBinding,
  SigningKeyRecord,
  SigningKeyStage,
  TenantRecord,
  UsageCount,
  UsageGap,
  UserRecord,
} from "./records.ts";

/**
 * What can be done with what is kept: the interfaces every store fulfils. The records they speak of
 * are in `records.ts`, the only file this one imports.
 *
 * Every act that changes something is atomic and named for what happens; acts that must be
 * remembered take an audit row and insert it in their own transaction. Times are epoch milliseconds.
 * A store that cannot answer throws `StoreUnavailable`, never a verdict.
 */

export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}

export interface UsageBatch {
  processId: string;
  atMs: number;
  counts: UsageCount[];
  uses: CredentialUse[];
  findings: FindingRecord[];
  gaps: UsageGap[];
}

export interface ClientPage {
  /** Continue behind this client. */
  after: { createdAtMs: number; id: string } | undefined;
  externalId: string | undefined;
  limit: number;
}

export type Written = "written" | "conflict";
export type Inserted =
  | { outcome: "inserted" }
  | { outcome: "external_id_taken" }
  | { outcome: "repeated"; requestDigest: string; subjectId: string };

export interface InsertClient {
  client: ClientRecord;
  credential: CredentialRecord | undefined;
  bindings: RoleBinding[];
  idempotency: IdempotencyRecord | undefined;
  audit: AuditRecord;
}

export interface UpdateClient {
  /** The new state; `version` is one more than what was read. */
  client: ClientRecord;
  /** The new bindings, or `undefined` to leave them. */
  bindings: RoleBinding[] | undefined;
  audit: AuditRecord;
}

export interface TenantStore {
  findTenant(id: string): Promise<TenantRecord | undefined>;
  /** The oldest tenant: the one whose issuer is the public URL. */
  findFirstTenant(): Promise<TenantRecord | undefined>;
  listTenants(): Promise<TenantRecord[]>;
  insertTenant(input: {
    tenant: TenantRecord;
    api: ApiRecord;
    dataKey: DataKeyRecord;
  }): Promise<Written>;
}

export interface ApiStore {
  listApis(tenantId: string): Promise<ApiRecord[]>;
  /** Moves the default API to the public URL of today. */
  updateAudience(input: {
    tenantId: string;
    id: string;
    audience: string;
    atMs: number;
  }): Promise<Written>;
}

export interface ClientStore {
  /** By OAuth's `client_id`, in whatever tenant. Deleted clients are not found. */
  findKnownClient(clientId: string): Promise<KnownClientRecord | undefined>;
  findClient(tenantId: string, id: string): Promise<KnownClientRecord | undefined>;
  listClients(tenantId: string, page: ClientPage): Promise<ClientRecord[]>;
  listBindings(tenantId: string, clientIds: string[]): Promise<Map<string, RoleBinding[]>>;
  insertClient(input: InsertClient): Promise<Inserted>;
  /** `conflict` when the stored version is no longer the one that was read. */
  updateClient(input: UpdateClient): Promise<Written | "external_id_taken">;
  /** Leaves a tombstone, so that the client id is never used again; secrets are gone. */
  deleteClient(input: {
    tenantId: string;
    id: string;
    version: number;
    atMs: number;
    audit: AuditRecord;
  }): Promise<Written>;
  findIdempotency(
    tenantId: string,
    principalId: string,
    key: string,
  ): Promise<IdempotencyRecord | undefined>;
}

export interface CredentialStore {
  listCredentials(tenantId: string, clientId: string): Promise<CredentialRecord[]>;
  /** `conflict` when `liveMax` credentials are live already, or the client is gone. */
  insertCredential(input: {
    credential: CredentialRecord;
    liveMax: number;
    audit: AuditRecord;
  }): Promise<Written>;
  /** Compares `before` with what is stored; `conflict` when it changed meanwhile. */
  updateCredential(input: {
    before: CredentialRecord;
    after: CredentialRecord;
    audit: AuditRecord;
  }): Promise<Written>;
  listCredentialUses(tenantId: string, credentialIds: string[]): Promise<CredentialUse[]>;
  listFindings(tenantId: string, clientIds: string[]): Promise<FindingRecord[]>;
}

export interface PeopleStore {
  findOwner(tenantId: string): Promise<UserRecord | undefined>;
  findKnownApiKey(digestScheme: string, digest: string): Promise<KnownApiKeyRecord | undefined>;
  /** The first person. `conflict` when the tenant has an owner, or the setup code is spent. */
  insertOwner(input: {
    user: UserRecord;
    bindings: RoleBinding[];
    apiKey: ApiKeyRecord;
    setupCode: { kind: string; digest: string; atMs: number } | undefined;
    audit: AuditRecord;
  }): Promise<Written>;
}

export interface KeyStore {
  listDataKeys(): Promise<DataKeyRecord[]>;
  insertDataKey(input: { dataKey: DataKeyRecord }): Promise<Written>;
  /** `conflict` when another process wrapped it anew meanwhile. */
  rewrapDataKey(input: {
    id: string;
    fromMasterKeyId: string;
    masterKeyId: string;
    wrappedKey: string;
  }): Promise<Written>;
  /** All keys of a tenant that are not retired. */
  listSigningKeys(tenantId: string): Promise<SigningKeyRecord[]>;
  insertSigningKeys(input: { keys: SigningKeyRecord[] }): Promise<Written>;
  /** All moves or none; `conflict` when a key is no longer in the stage it should leave. */
  moveSigningKeys(input: {
    tenantId: string;
    moves: { id: string; from: SigningKeyStage; to: SigningKeyStage }[];
    inserts: SigningKeyRecord[];
    atMs: number;
  }): Promise<Written>;
}

export interface AuditStore {
  insertAudit(input: { audit: AuditRecord }): Promise<Written>;
}

export interface UsageStore {
  insertUsage(input: UsageBatch): Promise<Written>;
  /** Ends a process's own reporting without leaving a gap. */
  endUsage(input: { processId: string }): Promise<Written>;
  /** Turns processes that stopped reporting into gaps. */
  closeSilentProcesses(input: { silentSinceMs: number; atMs: number }): Promise<Written>;
  listGaps(sinceMs: number): Promise<UsageGap[]>;
  listUsage(tenantId: string, spanMs: number, sinceMs: number): Promise<UsageCount[]>;
  /** Adds up spans of `fromSpanMs` that began before `beforeMs` into spans of `toSpanMs`. */
  rollUpUsage(input: {
    fromSpanMs: number;
    toSpanMs: number | undefined;
    beforeMs: number;
  }): Promise<Written>;
}

/** What can happen once: a code, a `jti`, a setup code. Kinds never mix. */
export interface SingleUseStore {
  /** `conflict` when the same kind and digest is there already. */
  insertSingleUse(input: {
    tenantId: string;
    kind: string;
    digest: string;
    payload: string;
    expiresAtMs: number;
  }): Promise<Written>;
  /** The payload for exactly one caller; nobody else, and nobody after `expiresAtMs`. */
  consumeSingleUse(input: {
    kind: string;
    digest: string;
    atMs: number;
  }): Promise<{ tenantId: string; payload: string } | undefined>;
  /** Takes all of a kind away, used or not. */
  clearSingleUse(input: { tenantId: string; kind: string }): Promise<Written>;
}

/**
 * Who does a background job. No clock is compared: a holder counts `beat` up, and whoever has seen
 * the same beat for longer than the lease lasts, by its own clock, may take it.
 */
export interface LeaseStore {
  /** `undefined` when nobody holds it. */
  findLease(name: string): Promise<{ holder: string; beat: number } | undefined>;
  /** Takes or keeps the lease if its beat is still `seenBeat` (0: nobody holds it). */
  takeLease(input: { name: string; holder: string; seenBeat: number }): Promise<Written>;
  releaseLease(input: { name: string; holder: string }): Promise<Written>;
}

export interface ChangeStore {
  /** The newest position. */
  head(): Promise<number>;
  listChanges(afterPosition: number, limit: number): Promise<ChangeRecord[]>;
  /** Jumps ahead, after a backup was restored: positions that were handed out never return. */
  raiseHead(input: { by: number }): Promise<Written>;
}

export interface RetentionStore {
  /** Removes what nothing can ask for any more. */
  sweep(input: {
    atMs: number;
    changesBeforeMs: number;
    tombstonesBeforeMs: number;
    gapsBeforeMs: number;
  }): Promise<Written>;
}

export interface Store
  extends
    TenantStore,
    ApiStore,
    ClientStore,
    CredentialStore,
    PeopleStore,
    KeyStore,
    AuditStore,
    UsageStore,
    SingleUseStore,
    LeaseStore,
    ChangeStore,
    RetentionStore {
  /** Calls back, at some time, after another process changed something. A hint, not a promise. */
  onHint(listener: () => void): void;
  close(): Promise<void>;
}
