/**
 * What is kept, in the words of this code: one record per thing, whatever database holds it.
 *
 * This file imports nothing. Times are epoch milliseconds; what is absent is `undefined`. How records
 * become rows is in `schema.ts`, what can be done with them in `store.ts`.
 */

/** A customer account: every other record belongs to one. */
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
  /** `ES256`, `RS256` or `EdDSA`. */
  signingAlgorithm: string;
  /** How long tokens live whose client does not say. */
  tokenLifetimeSeconds: number;
  /** Its catalogue; empty for the default API, whose catalogue is built in. */
  permissions: { name: string; description: string }[];
  /** Where its OpenAPI document is. */
  openapiUrl: string | undefined;
  /** Whether clients of other tenants may ask for tokens to it. */
  isOffered: boolean;
  /** What it introspects tokens of its audience with; the default API has none. */
  verifierDigest: string | undefined;
  verifierHint: string | undefined;
  verifierSinceMs: number | undefined;
  /** The one before it, for a while. */
  previousVerifierDigest: string | undefined;
  previousVerifierUntilMs: number | undefined;
  /** The caller's own id, unique in the tenant. */
  externalId: string | undefined;
  /** The caller's own names and values. */
  labels: Record<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
  /** Counts up with every change; `If-Match` compares it. */
  version: number;
}

/** A named set of permissions that a tenant has made for itself. */
export interface RoleRecord {
  tenantId: string;
  /** Unique in the tenant; no built-in role has it. */
  name: string;
  description: string;
  permissions: string[];
  /** What it may be bound to, `account` among them; absent: to everything. */
  resourceTypes: string[] | undefined;
  /** The caller's own id, unique in the tenant. */
  externalId: string | undefined;
  /** The caller's own names and values. */
  labels: Record<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
  version: number;
}

/** An app client: who may ask for tokens. */
export interface ClientRecord {
  /** The name of the resource in the admin API: `app_…`. */
  id: string;
  /** OAuth's name, unique over all tenants and never used again. */
  clientId: string;
  tenantId: string;
  name: string;
  description: string;
  /** `client_credentials` or `authorization_code`. */
  type: string;
  enabled: boolean;
  grantTypes: string[];
  redirectUris: string[];
  /** The only method that is accepted; absent: Basic and post both are. */
  authenticationMethod: string | undefined;
  /** How long its tokens live; absent: as the API says. */
  tokenLifetimeSeconds: number | undefined;
  /** The caller's own id, unique in the tenant. */
  externalId: string | undefined;
  /** The caller's own names and values. */
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

/** What a client proves itself with. */
export interface CredentialRecord {
  id: string;
  tenantId: string;
  clientId: string;
  /** `secret`. */
  kind: string;
  /** How `digest` was made from the secret; other systems' schemes can be imported. */
  digestScheme: string;
  /** Empty when the client was deleted. */
  digest: string;
  /** The secret, encrypted, so that it can be copied again. */
  sealedSecret: string | undefined;
  /** The last characters, by which people tell their secrets apart. */
  hint: string;
  description: string;
  createdAtMs: number;
  expiresAtMs: number | undefined;
  disabledAtMs: number | undefined;
  /** When a disabled credential comes back by itself. */
  disabledUntilMs: number | undefined;
  revokedAtMs: number | undefined;
  /** `notify`, `disable` or `revoke`: what is done when it leaks; absent: `notify`. */
  onLeak: string | undefined;
}

/** Everything the token endpoint needs to know about one client. */
export interface KnownClientRecord {
  client: ClientRecord;
  credentials: CredentialRecord[];
  bindings: RoleBinding[];
}

/** A person. */
export interface UserRecord {
  id: string;
  tenantId: string;
  /** How the person is called; may be empty. */
  name: string;
  email: string;
  /** Unique in the tenant; by default the e-mail. */
  username: string;
  description: string;
  enabled: boolean;
  /** The caller's own id, unique in the tenant. */
  externalId: string | undefined;
  /** The caller's own names and values. */
  labels: Record<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
  /** Counts up with every change; `If-Match` compares it. */
  version: number;
}

/** A person with the roles it holds. */
export interface KnownUserRecord {
  user: UserRecord;
  bindings: RoleBinding[];
}

/** An API key: a long-lived secret, kept as its digest. */
export interface ApiKeyRecord {
  id: string;
  tenantId: string;
  name: string;
  /** `personal`, `serving`, `serving_and_indexing`, or `custom`: with any roles. */
  kind: string;
  digestScheme: string;
  digest: string;
  /** The last characters, by which people tell their keys apart. */
  hint: string;
  /** Who made it: a `user`, a `client`, or an `api_key` with roles of its own. */
  ownerType: string;
  /** A personal key has this person's or client's current rights. */
  ownerId: string;
  enabled: boolean;
  /** The caller's own id, unique in the tenant. */
  externalId: string | undefined;
  /** The caller's own names and values. */
  labels: Record<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
  expiresAtMs: number | undefined;
  /** Disabled for good. */
  revokedAtMs: number | undefined;
  /** What is done when it leaks; absent: `notify`. */
  onLeak: string | undefined;
  /** Counts up with every change; `If-Match` compares it. */
  version: number;
}

/** An API key with the roles of its own; a personal one has none. */
export interface KnownApiKeyRecord {
  apiKey: ApiKeyRecord;
  bindings: RoleBinding[];
}

export type SigningKeyStage = "next" | "current" | "previous" | "retired";

/** A key that signs tokens. */
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
  /** The fingerprint of the master key that wraps it. */
  masterKeyId: string;
  /** The key, encrypted. */
  wrappedKey: string;
  createdAtMs: number;
}

/** Who did what to what. It cannot hold a secret: `before` and `after` are public views. */
export interface AuditRecord {
  id: string;
  tenantId: string;
  atMs: number;
  /** `user`, `client`, `api_key` or `system`. */
  actorType: string;
  actorId: string;
  /** `<subject>.<what happened>`, for example `app_client.created`. */
  action: string;
  subjectType: string;
  subjectId: string;
  /** JSON, without secrets. */
  before: string | undefined;
  /** JSON, without secrets. */
  after: string | undefined;
  requestId: string;
  sourceAddress: string | undefined;
}

/** An audit row as it is kept: once it is sealed it has its place in the tenant's chain. */
export interface AuditEventRecord extends AuditRecord {
  sequence: number | undefined;
  /** SHA-256 over the event and the hash before it, base64url. */
  hash: string | undefined;
}

/** The newest sealed event of a tenant, signed: it vouches for all that are before it. */
export interface AuditHeadRecord {
  tenantId: string;
  sequence: number;
  hash: string;
  /** The last event that retention has removed; 0 while none has been. */
  removedSequence: number;
  removedHash: string;
  /** Which signing key signed it. */
  keyId: string;
  signedAtMs: number;
  jws: string;
  /** Ties the row to this server's keys for longer than a signing key lives. */
  mac: string;
}

/** Why a request was refused. It holds nothing that a stranger typed. */
export interface RefusalRecord {
  requestId: string;
  tenantId: string;
  atMs: number;
  /** Method and route. */
  endpoint: string;
  status: number;
  /** The error code of the answer, where it had one. */
  error: string | undefined;
  cause: string;
  /** The client that was refused, if it is one of ours. */
  clientId: string | undefined;
  sourceAddress: string;
  /** JSON: names and values of our own. */
  details: string;
}

/** A thing that caches hold changed. Positions are without gaps, in commit order. */
export interface ChangeRecord {
  position: number;
  tenantId: string;
  kind: ChangeKind;
  /** What caches hold it under: a client id, a digest, an id. */
  subjectId: string;
}

/** `role_bindings` is a change of all who held some role: too many to be named. */
export type ChangeKind =
  | "tenant"
  | "api"
  | "role"
  | "role_bindings"
  | "client"
  | "api_key"
  | "user"
  | "signing_key"
  | "revocation"
  | "datasource"
  | "connection";

/** What is taken back: all tokens of a subject, or some of the permissions in them. */
export interface Revocation {
  subjectType: RevokedSubject;
  subjectId: string;
  /** Only these permissions are gone; absent: everything is. */
  dropped: string[] | undefined;
}

/**
 * A `key` is a signing key: all that it ever signed. An `api` is an audience, whoever asked; a `tenant`
 * stands for all its principals.
 */
export type RevokedSubject =
  | "token"
  | "credential"
  | "client"
  | "person"
  | "key"
  | "api"
  | "tenant";

/** A revocation holds for tokens that were minted before its position. */
export interface RevocationRecord extends Revocation {
  position: number;
  tenantId: string;
  /** For a single token: whose it was. */
  clientId: string | undefined;
  atMs: number;
  /** When the last token that it concerns has expired. */
  expiresAtMs: number;
}

/** Tokens issued or refused in one span of time. */
export interface UsageCount {
  tenantId: string;
  clientId: string;
  /** Empty for a refusal. */
  credentialId: string;
  /** `issued`, or the cause of a refusal. */
  outcome: string;
  /** A minute, an hour or a day. */
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
  /** `secret_from_browser`, `many_tokens`, `secret_leaked` or `old_algorithm`. */
  kind: string;
  /** The web origin it was last seen from, or an audience; empty where there is none. */
  origin: string;
  count: number;
  firstSeenAtMs: number;
  lastSeenAtMs: number;
}

/** A repeated request names the same key and gets what the first one made. */
export interface IdempotencyRecord {
  tenantId: string;
  /** Who sent the request. */
  principalId: string;
  key: string;
  requestDigest: string;
  /** What the first request made. */
  subjectId: string;
  expiresAtMs: number;
}
