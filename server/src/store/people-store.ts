import type { Inserted, Written } from "./outcome.ts";
import type {
  ApiKeyRecord,
  AuditRecord,
  IdempotencyRecord,
  KnownApiKeyRecord,
  KnownUserRecord,
  Revocation,
  RoleBinding,
  UserRecord,
} from "./records.ts";
import type { PasswordRecord } from "./session-store.ts";

/** The part of the store that keeps people and API keys. */

export interface PeopleStore {
  findOwner(tenantId: string): Promise<UserRecord | undefined>;
  /** The first person. `conflict` when the tenant has an owner, or the setup code is spent. */
  insertOwner(input: {
    user: UserRecord;
    bindings: RoleBinding[];
    /** Absent: whoever signs in makes one when one is needed. */
    apiKey: ApiKeyRecord | undefined;
    password: PasswordRecord | undefined;
    setupCode: { kind: string; digest: string; atMs: number } | undefined;
    audit: AuditRecord;
  }): Promise<Written>;
}

export interface UserPage {
  /** Continue behind this user. */
  after: { createdAtMs: number; id: string } | undefined;
  /** Only those with a role on this corpus. */
  corpusKey: string | undefined;
  externalId: string | undefined;
  limit: number;
}

/** A code that lets one person sign in once. */
export interface UserCode {
  kind: string;
  digest: string;
  expiresAtMs: number;
}

export interface UserStore {
  /** By its id, in whatever tenant. */
  findKnownUser(id: string): Promise<KnownUserRecord | undefined>;
  findUser(tenantId: string, username: string): Promise<KnownUserRecord | undefined>;
  /** Oldest first. */
  listUsers(tenantId: string, page: UserPage): Promise<KnownUserRecord[]>;
  insertUser(input: {
    user: UserRecord;
    bindings: RoleBinding[];
    code: UserCode;
    idempotency: IdempotencyRecord | undefined;
    audit: AuditRecord;
  }): Promise<Inserted | { outcome: "username_taken" }>;
  /**
   * `conflict` when the stored version is no longer the one that was read, `last_owner` when the
   * tenant would be left without an enabled owner.
   */
  updateUser(input: {
    /** The new state; `version` is one more than what was read. */
    user: UserRecord;
    bindings: RoleBinding[];
    revocations: Revocation[];
    audit: AuditRecord;
  }): Promise<Written | "external_id_taken" | "last_owner">;
  /** With the personal API keys of the user. */
  deleteUser(input: {
    tenantId: string;
    id: string;
    version: number;
    audit: AuditRecord;
  }): Promise<Written | "last_owner">;
  /** A new code; those before it, the password and all sessions are void. `conflict` when it is gone. */
  replaceUserCode(input: {
    tenantId: string;
    userId: string;
    code: UserCode;
    revocations: Revocation[];
    audit: AuditRecord;
  }): Promise<Written>;
}

export interface ApiKeyPage {
  /** Continue behind this key. */
  after: { createdAtMs: number; id: string } | undefined;
  /** Only those of this person, client or key. */
  owner: { type: string; id: string } | undefined;
  kind: string | undefined;
  /** Only those with a role on this corpus. */
  corpusKey: string | undefined;
  externalId: string | undefined;
  limit: number;
}

export interface ApiKeyStore {
  /** Which key it is, in whatever tenant. */
  findApiKeyByDigest(digestScheme: string, digest: string): Promise<{ id: string } | undefined>;
  /** By its id, in whatever tenant. */
  findKnownApiKey(id: string): Promise<KnownApiKeyRecord | undefined>;
  findApiKey(tenantId: string, id: string): Promise<KnownApiKeyRecord | undefined>;
  /** Oldest first. */
  listApiKeys(tenantId: string, page: ApiKeyPage): Promise<KnownApiKeyRecord[]>;
  insertApiKey(input: {
    apiKey: ApiKeyRecord;
    bindings: RoleBinding[];
    idempotency: IdempotencyRecord | undefined;
    audit: AuditRecord;
  }): Promise<Inserted>;
  /** `conflict` when the stored version is no longer the one that was read. */
  updateApiKey(input: {
    /** The new state; `version` is one more than what was read. */
    apiKey: ApiKeyRecord;
    revocations: Revocation[];
    audit: AuditRecord;
  }): Promise<Written | "external_id_taken">;
  deleteApiKey(input: {
    tenantId: string;
    id: string;
    version: number;
    audit: AuditRecord;
  }): Promise<Written>;
}
