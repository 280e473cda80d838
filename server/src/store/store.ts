/**
 * What is kept, and what can be done with it: the records and the interfaces every store fulfils.
 *
 * This file imports nothing. Times are epoch milliseconds. Every act that changes something is
 * atomic and named for what happens; acts that must be remembered take an audit row and insert it
 * in their own transaction. A store that cannot answer throws `StoreUnavailable`, never a verdict.
 */

export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}

export interface TenantRecord {
  id: string;
  name: string;
  /** Keep a sealed copy of generated client secrets, so that they can be read again. */
  keepsSecrets: boolean;
  createdAtMs: number;
}

/** A resource server: an audience with tokens of its own making. */
export interface ApiRecord {
  id: string;
  tenantId: string;
  audience: string;
  name: string;
  /** The API of every client that names no other; its audience is the public URL. */
  isDefault: boolean;
  signingAlgorithm: string;
  tokenLifetimeSeconds: number;
  createdAtMs: number;
}

export interface ClientRecord {
  /** The name of the resource in the admin API: `app_…`. */
  id: string;
  /** OAuth's name, unique over all tenants and never used again. */
  clientId: string;
  tenantId: string;
  name: string;
  description: string;
  type: string;
  enabled: boolean;
  grantTypes: string[];
  redirectUris: string[];
  authenticationMethod: string | undefined;
  tokenLifetimeSeconds: number | undefined;
  externalId: string | undefined;
  labels: Record<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
  /** Counts up with every change; `If-Match` compares it. */
  version: number;
}

/** A role held by a principal, for the whole account or for one resource. */
export interface RoleBinding {
  role: string;
  /** `account`, or a type such as `corpus`. */
  resourceType: string;
  /** The name of the resource, or `*` for all. */
  resourceId: string;
}

export interface CredentialRecord {
  id: string;
  tenantId: string;
  clientId: string;
  kind: string;
  /** How `digest` was made from the secret; other systems' schemes can be imported. */
  digestScheme: string;
  digest: string;
  sealedSecret: string | undefined;
  hint: string;
  description: string;
  createdAtMs: number;
  expiresAtMs: number | undefined;
  disabledAtMs: number | undefined;
  /** When a disabled credential comes back by itself. */
  disabledUntilMs: number | undefined;
  revokedAtMs: number | undefined;
}

/** Everything the token endpoint needs to know about one client. */
export interface KnownClientRecord {
  client: ClientRecord;
  credentials: CredentialRecord[];
  bindings: RoleBinding[];
}

export interface UserRecord {
  id: string;
  tenantId: string;
  email: string;
  username: string;
  enabled: boolean;
  createdAtMs: number;
}

export interface ApiKeyRecord {
  id: string;
  tenantId: string;
  name: string;
  kind: string;
  digestScheme: string;
  digest: string;
  hint: string;
  /** Whose current rights a personal key has. */
  userId: string;
  enabled: boolean;
  createdAtMs: number;
}

/** Everything a request with an API key needs to know about it. */
export interface KnownApiKeyRecord {
  apiKey: ApiKeyRecord;
  user: UserRecord;
  bindings: RoleBinding[];
}

export type SigningKeyStage = "next" | "current" | "previous" | "retired";

export interface SigningKeyRecord {
  /** The `kid` in the key set and in token headers. */
  id: string;
  tenantId: string;
  algorithm: string;
  /** The public key as a JWK, in JSON. */
  publicJwk: string;
  /** The private key as a JWK in JSON, sealed; gone once the key is retired. */
  sealedPrivateKey: string | undefined;
  stage: SigningKeyStage;
  createdAtMs: number;
  /** Since when it has been in this stage. */
  stageSinceMs: number;
}

/** A data key, itself encrypted under a master key. */
export interface DataKeyRecord {
  id: string;
  tenantId: string;
  masterKeyId: string;
  wrappedKey: string;
  createdAtMs: number;
}

/** Who did what to what. It cannot hold a secret: `before` and `after` are public views. */
export interface AuditRecord {
  id: string;
  tenantId: string;
  atMs: number;
  actorType: string;
  actorId: string;
  action: string;
  subjectType: string;
  subjectId: string;
  before: string | undefined;
  after: string | undefined;
  requestId: string;
  sourceAddress: string | undefined;
}

/** A thing that caches hold changed. Positions are without gaps, in commit order. */
export interface ChangeRecord {
  position: number;
  tenantId: string;
  kind: ChangeKind;
  subjectId: string;
}

export type ChangeKind = "tenant" | "api" | "client" | "api_key" | "user" | "signing_key";

/** Tokens issued or refused in one span of time. */
export interface UsageCount {
  tenantId: string;
  clientId: string;
  credentialId: string;
  /** `issued`, or the cause of a refusal. */
  outcome: string;
  spanMs: number;
  startMs: number;
  count: number;
}

export interface CredentialUse {
  tenantId: string;
  credentialId: string;
  firstUsedAtMs: number;
  lastUsedAtMs: number;
  address: string;
  userAgent: string;
}

/** A span in which uses may have happened that nobody counted. */
export interface UsageGap {
  fromMs: number;
  untilMs: number;
}

export interface FindingRecord {
  tenantId: string;
  clientId: string;
  kind: string;
  origin: string;
  count: number;
  firstSeenAtMs: number;
  lastSeenAtMs: number;
}

export interface UsageBatch {
  processId: string;
  atMs: number;
  counts: UsageCount[];
  uses: CredentialUse[];
  findings: FindingRecord[];
  gaps: UsageGap[];
}

/** A repeated request names the same key and gets what the first one made. */
export interface IdempotencyRecord {
  tenantId: string;
  principalId: string;
  key: string;
  requestDigest: string;
  subjectId: string;
  expiresAtMs: number;
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
  updateAudience(input: { tenantId: string; id: string; audience: string }): Promise<Written>;
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
