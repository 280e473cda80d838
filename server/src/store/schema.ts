import type { Kysely, Transaction } from "kysely";
import type { ConnectionRecord, DatasourceRecord } from "./connection-store.ts";
import type { PermissionUse } from "./holder-store.ts";
import type { ExchangeRecord } from "./exchange-store.ts";
import type { DeliveryRecord, WebhookRecord } from "./webhook-store.ts";
import type { LeakPlaceRecord, LeakRecord } from "./leak-store.ts";
import type {
  ApiKeyRecord,
  ApiRecord,
  AuditEventRecord,
  AuditHeadRecord,
  ChangeRecord,
  ClientRecord,
  CredentialRecord,
  CredentialUse,
  DataKeyRecord,
  FindingRecord,
  IdempotencyRecord,
  RefusalRecord,
  RevocationRecord,
  RoleBinding,
  RoleRecord,
  SigningKeyRecord,
  TenantRecord,
  UsageCount,
  UserRecord,
} from "./records.ts";
import type { FactorRecord, PasswordRecord, SessionRecord } from "./session-store.ts";

/**
 * The tables as the query builder sees them: one schema for both databases. A row is its record with
 * booleans as 0 or 1, JSON as text and `null` for what is absent; names are turned from camelCase
 * into snake_case by a plugin.
 */

type Flag = 0 | 1;

/** Optional members of a record are `null` in its row. */
type Nullable<Value> = undefined extends Value ? Exclude<Value, undefined> | null : Value;
type Row<Rec, Changed extends object = object> = {
  [Name in keyof Omit<Rec, keyof Changed>]: Nullable<Rec[Name & keyof Rec]>;
} & Changed;

export interface Schema {
  /** One row: the newest position. It is raised after a backup was restored. */
  head: { id: number; position: number };
  /** The change feed: what caches must drop. Rows are kept for an hour. */
  changes: ChangeRecord & { atMs: number };
  /** Which process does the background jobs. */
  leases: {
    name: string;
    /** A process, or empty when nobody holds it. */
    holder: string;
    /** Counted up by the holder; one that stands still is abandoned. */
    beat: number;
  };
  /** Customer accounts. One is served yet. */
  tenants: Row<TenantRecord, { keepsSecrets: Flag }>;
  /** Each tenant's data key, wrapped under a master key. */
  dataKeys: DataKeyRecord;
  /** The keys that sign tokens, with their stages. */
  signingKeys: Row<SigningKeyRecord>;
  /** Resource servers: audiences with tokens of their own making. */
  apis: Row<ApiRecord, { isDefault: Flag; isOffered: Flag; permissions: string; labels: string }>;
  /** Roles that a tenant has made for itself. */
  roles: Row<RoleRecord, { permissions: string; resourceTypes: string | null; labels: string }>;
  /** App clients. The row of a deleted one stays, so that its id is never used again. */
  clients: Row<
    ClientRecord,
    {
      enabled: Flag;
      grantTypes: string;
      redirectUris: string;
      labels: string;
      /** Set on a tombstone. */
      deletedAtMs: number | null;
    }
  >;
  /** What app clients prove themselves with: one to five live ones each. */
  credentials: Row<CredentialRecord>;
  /** When each credential was used, beside it so that a use never locks a credential. */
  credentialUses: CredentialUse;
  /** Who has which role on what. */
  roleBindings: RoleBinding & { tenantId: string; principalId: string };
  /** People. */
  users: Row<UserRecord, { enabled: Flag; labels: string }>;
  /** What people prove themselves with first. */
  passwords: PasswordRecord;
  /** Who is signed in, in which browsers. */
  sessions: Row<SessionRecord, { methods: string }>;
  /** What people prove themselves with besides, or instead. */
  factors: Row<FactorRecord, { transports: string | null }>;
  /** For who has lost the second factor: each is good once. */
  recoveryCodes: { tenantId: string; userId: string; digest: string };
  /** API keys: long-lived secrets of people and app clients, kept as digests. */
  apiKeys: Row<ApiKeyRecord, { enabled: Flag; labels: string }>;
  /** What can happen once, such as redeeming a setup code. */
  revocations: Row<RevocationRecord, { dropped: string | null }>;
  singleUses: {
    tenantId: string;
    kind: string;
    /** SHA-256 of what is presented, base64url. */
    digest: string;
    payload: string;
    expiresAtMs: number;
  };
  /** Which request an `Idempotency-Key` belongs to. Kept for a day. */
  idempotencyKeys: Omit<IdempotencyRecord, "key"> & { idempotencyKey: string };
  /** Who did what to what, inserted in the act's own transaction. */
  auditEvents: Row<AuditEventRecord>;
  /** The signed head of each tenant's audit log. */
  auditHeads: AuditHeadRecord;
  /** Why requests were refused: the first of each kind in a minute. Kept for seven days. */
  refusals: Row<RefusalRecord>;
  /** Tokens issued and refused: per minute for two days, per hour for 90, per day for two years. */
  usageCounts: UsageCount;
  /** Which processes count, and when each last wrote. */
  usageProcesses: { processId: string; lastReportMs: number };
  /** Spans in which uses may have happened that nobody counted. Kept for 400 days. */
  usageGaps: { id: string; fromMs: number; untilMs: number };
  /** Which permissions were used by whom, per day for a month. */
  permissionUses: PermissionUse;
  /** What was noticed about a client, one row per kind. */
  findings: FindingRecord;
  /** Secrets that were reported as leaked, by their digests. */
  leaks: Row<LeakRecord>;
  /** Where each of them was seen. */
  leakPlaces: LeakPlaceRecord & { leakId: string; tenantId: string };
  /** Outside APIs. */
  datasources: Row<DatasourceRecord, { settings: string; labels: string }>;
  /** The tokens that are held for them. */
  connections: Row<
    ConnectionRecord,
    {
      enabled: Flag;
      requestedScopes: string;
      grantedScopes: string | null;
      tolerances: string;
      captured: string;
      labels: string;
    }
  >;
  /** When somebody was told that a connection has to be connected again soon. */
  reconnectNotices: { connectionId: string; tenantId: string; toldAtMs: number };
  /** What was said between us and providers, without secrets: the last twenty of each connection. */
  providerExchanges: Row<ExchangeRecord, { tolerances: string }>;
  /** Who is told what happens to connections. */
  webhooks: Row<WebhookRecord, { enabled: Flag; events: string | null; labels: string }>;
  /** What each of them is told. Kept for 30 days. */
  webhookDeliveries: Row<DeliveryRecord, { subject: string }>;
}

/** Reads. */
export type Database = Kysely<Schema>;
/** Reads and writes inside one transaction. */
export type Tx = Transaction<Schema>;

export const flag = (value: boolean): Flag => (value ? 1 : 0);

/** A row without its nulls: absent members are `undefined` again. */
export function withoutNulls<R extends object>(
  row: R,
): { [Name in keyof R]: null extends R[Name] ? Exclude<R[Name], null> | undefined : R[Name] } {
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) record[name] = value ?? undefined;
  return record as never;
}

/** A record with `null` for what is absent: SQL has no `undefined`. */
export function withNulls<R extends object>(record: R): { [Name in keyof R]: Nullable<R[Name]> } {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) row[name] = value ?? null;
  return row as never;
}
