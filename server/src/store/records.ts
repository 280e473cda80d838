/**
 * What is kept, in the words of this code: one record per thing, whatever database holds it.
 *
 * This file imports nothing. Times are epoch milliseconds; what is absent is `undefined`. How records
 * become rows is in `schema.ts`, what can be done with them in `store.ts`.
 */

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

/** A repeated request names the same key and gets what the first one made. */
export interface IdempotencyRecord {
  tenantId: string;
  principalId: string;
  key: string;
  requestDigest: string;
  subjectId: string;
  expiresAtMs: number;
}
