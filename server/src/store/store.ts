import type {
  ApiRecord,
  AuditEventRecord,
  AuditHeadRecord,
  AuditRecord,
  ChangeRecord,
  ClientRecord,
  CredentialRecord,
  CredentialUse,
  DataKeyRecord,
  FindingRecord,
  IdempotencyRecord,
  KnownClientRecord,
  RefusalRecord,
  Revocation,
  RevocationRecord,
  RoleBinding,
  SigningKeyRecord,
  SigningKeyStage,
  TenantRecord,
} from "./records.ts";
import type { ApiStore, RoleStore } from "./api-store.ts";
import type { ConnectionStore, DatasourceStore } from "./connection-store.ts";
import type { ExchangeStore } from "./exchange-store.ts";
import type { HolderStore } from "./holder-store.ts";
import type { Inserted, Repeated, Written } from "./outcome.ts";
import type { LeakStore } from "./leak-store.ts";
import type { ApiKeyStore, PeopleStore, UserStore } from "./people-store.ts";
import type { FactorStore, SessionStore } from "./session-store.ts";
import type { ClientName, UsageReportStore, UsageStore } from "./usage-store.ts";
import type { WebhookStore } from "./webhook-store.ts";

export type * from "./api-store.ts";
export type * from "./connection-store.ts";
export type * from "./exchange-store.ts";
export type * from "./holder-store.ts";
export type * from "./leak-store.ts";
export type * from "./outcome.ts";
export type * from "./people-store.ts";
export type * from "./session-store.ts";
export type * from "./usage-store.ts";
export type * from "./webhook-store.ts";

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

/** What stands in the place of the database is none: waiting would not help. */
export class DatabaseRefused extends Error {
  override name = "DatabaseRefused";
}

export interface ClientPage {
  /** Continue behind this client. */
  after: { createdAtMs: number; id: string } | undefined;
  externalId: string | undefined;
  isNewestFirst?: boolean;
  limit: number;
}

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
  /** What the change takes back of tokens that were issued before it. */
  revocations: Revocation[];
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

export interface ClientStore {
  /** By OAuth's `client_id`, in whatever tenant. Deleted clients are not found. */
  findKnownClient(clientId: string): Promise<KnownClientRecord | undefined>;
  findClient(tenantId: string, id: string): Promise<KnownClientRecord | undefined>;
  listClients(tenantId: string, page: ClientPage): Promise<ClientRecord[]>;
  listBindings(tenantId: string, clientIds: string[]): Promise<Map<string, RoleBinding[]>>;
  /** When each was used last with any of its credentials; nothing for those that never were. */
  listLastUses(tenantId: string, clientIds: string[]): Promise<Map<string, number>>;
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

export interface InsertCredential {
  credential: CredentialRecord;
  liveMax: number;
  idempotency: IdempotencyRecord | undefined;
  audit: AuditRecord;
}

export interface CredentialStore {
  listCredentials(tenantId: string, clientId: string): Promise<CredentialRecord[]>;
  /** `conflict` when `liveMax` credentials are live already, or the client is gone. */
  insertCredential(input: InsertCredential): Promise<Written | Repeated>;
  /** Compares `before` with what is stored; `conflict` when it changed meanwhile. */
  updateCredential(input: {
    before: CredentialRecord;
    after: CredentialRecord;
    revocations: Revocation[];
    audit: AuditRecord;
  }): Promise<Written>;
  listCredentialUses(tenantId: string, credentialIds: string[]): Promise<CredentialUse[]>;
  listFindings(tenantId: string, clientIds: string[]): Promise<FindingRecord[]>;
}

export interface RevocationStore {
  /** In the order of their positions; those whose tokens have all expired are left out. */
  listRevocations(afterPosition: number, atMs: number): Promise<RevocationRecord[]>;
  /** One token. `conflict` when its client has `perClientMax` of them already. */
  revokeToken(input: {
    tenantId: string;
    clientId: string;
    tokenId: string;
    perClientMax: number;
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
    /** What somebody did by hand; absent when a stage was simply due. */
    act?: { audits: AuditRecord[]; revocations: Revocation[] };
  }): Promise<Written>;
}

export interface AuditPage {
  /** Continue behind this event, towards older ones. */
  after: { atMs: number; id: string } | undefined;
  actorId: string | undefined;
  action: { text: string; isPrefix: boolean } | undefined;
  subjectType: string | undefined;
  subjectId: string | undefined;
  sinceMs: number | undefined;
  untilMs: number | undefined;
  limit: number;
}

export interface AuditStore {
  insertAudit(input: { audit: AuditRecord }): Promise<Written>;
  /** Newest first. */
  listAudit(tenantId: string, page: AuditPage): Promise<AuditEventRecord[]>;
  /** Of all tenants but these, in the order in which they are to be sealed. */
  listUnsealedAudit(limit: number, exceptTenantIds: string[]): Promise<AuditEventRecord[]>;
  /** In sequence. */
  listSealedAudit(
    tenantId: string,
    afterSequence: number,
    limit: number,
  ): Promise<AuditEventRecord[]>;
  listAuditHeads(): Promise<AuditHeadRecord[]>;
  findAuditHead(tenantId: string): Promise<AuditHeadRecord | undefined>;
  /**
   * Seals events, or removes those that the new head no longer vouches for. All of it or nothing:
   * `conflict` when the head is no longer `before`, or one of the events has a number already.
   */
  moveAuditHead(input: {
    before: AuditHeadRecord | undefined;
    head: AuditHeadRecord;
    sealed: { id: string; sequence: number; hash: string }[];
  }): Promise<Written>;
}

export interface RefusalPage {
  /** Continue behind this refusal, towards older ones. */
  after: { atMs: number; requestId: string } | undefined;
  clientId: string | undefined;
  cause: string | undefined;
  limit: number;
}

export interface RefusalStore {
  insertRefusals(input: { refusals: RefusalRecord[] }): Promise<Written>;
  findRefusal(tenantId: string, requestId: string): Promise<RefusalRecord | undefined>;
  /** Newest first. */
  listRefusals(tenantId: string, page: RefusalPage): Promise<RefusalRecord[]>;
  listClientNames(tenantId: string, clientIds: string[]): Promise<ClientName[]>;
  sweepRefusals(input: { beforeMs: number }): Promise<Written>;
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
}

export interface RestoreStore {
  /**
   * After a backup was restored: the head jumps ahead, so that positions that were handed out never
   * return, and nothing that can be used once is used twice: sessions, one-time and recovery codes end,
   * and so do the tokens of each tenant that an audit row is for.
   */
  recoverFromBackup(input: { by: number; audits: AuditRecord[] }): Promise<Written>;
}

export interface RetentionStore {
  /** Removes what nothing can ask for any more. */
  sweep(input: {
    atMs: number;
    changesBeforeMs: number;
    tombstonesBeforeMs: number;
    gapsBeforeMs: number;
    permissionUsesBeforeMs: number;
  }): Promise<Written>;
}

export interface Store
  extends
    TenantStore,
    ApiStore,
    RoleStore,
    HolderStore,
    ClientStore,
    CredentialStore,
    RevocationStore,
    PeopleStore,
    UserStore,
    SessionStore,
    FactorStore,
    ApiKeyStore,
    KeyStore,
    AuditStore,
    RefusalStore,
    UsageStore,
    UsageReportStore,
    LeakStore,
    DatasourceStore,
    ConnectionStore,
    ExchangeStore,
    WebhookStore,
    SingleUseStore,
    LeaseStore,
    ChangeStore,
    RestoreStore,
    RetentionStore {
  /** Calls back, at some time, after another process changed something. A hint, not a promise. */
  onHint(listener: () => void): void;
  close(): Promise<void>;
}
