import type { Written } from "./outcome.ts";
import type { AuditRecord, KnownUserRecord, Revocation, UserRecord } from "./records.ts";

/** The part of the store that keeps how people sign in, and that they are. */

export interface PasswordRecord {
  userId: string;
  tenantId: string;
  /** argon2id in PHC form. */
  hash: string;
  setAtMs: number;
}

/** Somebody is signed in, in one browser. */
export interface SessionRecord {
  /** Its public name, `ses_…`: what its owner ends it by. */
  id: string;
  tenantId: string;
  userId: string;
  /** Of what the cookie holds. */
  digest: string;
  /** What the person proved: `password`, `totp`, `recovery_code`, `passkey`. */
  methods: string[];
  createdAtMs: number;
  /** When the person last proved to be there. */
  confirmedAtMs: number;
  /** To the minute. */
  lastUsedAtMs: number;
  expiresAtMs: number;
  address: string;
  userAgent: string;
}

/** What a person has besides, or instead of, a password. */
export interface FactorRecord {
  id: string;
  tenantId: string;
  userId: string;
  kind: "totp" | "passkey";
  name: string;
  /** Of `totp`, encrypted. */
  sealedSecret: string | undefined;
  /** Of `totp`: the newest step whose code was spent. */
  lastStep: number | undefined;
  /** Of `passkey`: its id in every tenant, base64url. */
  credentialId: string | undefined;
  /** Of `passkey`: COSE, base64url. */
  publicKey: string | undefined;
  signCount: number | undefined;
  /** Of `passkey`: how the browser reaches it. */
  transports: string[];
  createdAtMs: number;
  lastUsedAtMs: number | undefined;
}

export interface SessionStore {
  /** With this username, or this e-mail however it is written; the former first. At most three. */
  listUsersByLogin(tenantId: string, login: string): Promise<UserRecord[]>;
  findPassword(userId: string): Promise<PasswordRecord | undefined>;
  /** Who was given this code, while it is good. */
  findUserByCode(code: {
    kind: string;
    digest: string;
    atMs: number;
  }): Promise<KnownUserRecord | undefined>;
  findSession(digest: string): Promise<SessionRecord | undefined>;
  /** Those that have not expired, newest first. */
  listSessions(tenantId: string, userId: string, atMs: number): Promise<SessionRecord[]>;
  /**
   * `conflict` when the user is gone or disabled, or no longer has the password that was checked. Of
   * more than `sessionsMax` the oldest end.
   */
  insertSession(input: {
    session: SessionRecord;
    /** The hash that the password was compared with; absent: none was needed. */
    passwordHash: string | undefined;
    /** What the browser had before: it ends. */
    endsDigest: string | undefined;
    sessionsMax: number;
    audit: AuditRecord;
  }): Promise<Written>;
  /** The same session under another secret. `conflict` when it is gone or was confirmed meanwhile. */
  confirmSession(input: {
    tenantId: string;
    id: string;
    fromDigest: string;
    digest: string;
    methods: string[];
    atMs: number;
    audit: AuditRecord;
  }): Promise<Written>;
  touchSession(input: { tenantId: string; id: string; atMs: number }): Promise<Written>;
  /** Ends one, or all but one. `conflict` when there was none. */
  endSessions(input: {
    tenantId: string;
    userId: string;
    which: { id: string } | { exceptId: string };
    audit: AuditRecord;
  }): Promise<Written>;
  /**
   * The person's new password. Ends all sessions but one. `conflict` when the code is not good, the
   * user gone or disabled, or the password another one than `beforeHash`.
   */
  setPassword(input: {
    password: PasswordRecord;
    /** Who brings a code needs no password. */
    proof: { code: { kind: string; digest: string } } | { beforeHash: string };
    exceptSessionId: string | undefined;
    revocations: Revocation[];
    audit: AuditRecord;
  }): Promise<Written>;
}

/** A challenge that was answered. It is kept until it would be too old anyway. */
export interface UsedChallenge {
  digest: string;
  expiresAtMs: number;
}

export interface FactorStore {
  /** Oldest first. */
  listFactors(tenantId: string, userId: string): Promise<FactorRecord[]>;
  countRecoveryCodes(tenantId: string, userId: string): Promise<number>;
  /** Which passkey it is, whosever. */
  findPasskey(tenantId: string, credentialId: string): Promise<FactorRecord | undefined>;
  /**
   * `conflict` when the user is gone, there are `factorsMax` already, recovery codes come with one
   * that is not the first, or the challenge was used before.
   */
  insertFactor(input: {
    factor: FactorRecord;
    /** Of `passkey`: what it answered. */
    challenge: UsedChallenge | undefined;
    factorsMax: number;
    recoveryDigests: string[];
    audit: AuditRecord;
  }): Promise<Written>;
  /** With the last one the recovery codes go. */
  deleteFactor(input: {
    tenantId: string;
    userId: string;
    id: string;
    audit: AuditRecord;
  }): Promise<Written>;
  /** `conflict` when this step, or a later one, was spent before. */
  spendTotpStep(input: {
    tenantId: string;
    id: string;
    step: number;
    atMs: number;
  }): Promise<Written>;
  /**
   * `conflict` when the passkey is gone or the challenge was used before, `counter_behind` when the
   * passkey has counted as far before: then nothing but that is noted.
   */
  usePasskey(input: {
    tenantId: string;
    id: string;
    challenge: UsedChallenge;
    /** Zero from authenticators that do not count. */
    signCount: number;
    atMs: number;
    /** Of a counter that did not go up. */
    auditBehind: AuditRecord;
  }): Promise<Written | "counter_behind">;
  /** All factors and recovery codes of a person, and all sessions. `conflict` when there are none. */
  deleteFactors(input: { tenantId: string; userId: string; audit: AuditRecord }): Promise<Written>;
  /** Void are those before. */
  replaceRecoveryCodes(input: {
    tenantId: string;
    userId: string;
    digests: string[];
    audit: AuditRecord;
  }): Promise<Written>;
  spendRecoveryCode(input: {
    tenantId: string;
    userId: string;
    digest: string;
    audit: AuditRecord;
  }): Promise<Written>;
}
