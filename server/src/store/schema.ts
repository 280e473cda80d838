import type { Kysely, Transaction } from "kysely";
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
  RoleBinding,
  SigningKeyRecord,
  TenantRecord,
  UsageCount,
  UserRecord,
} from "./records.ts";

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
  head: { id: number; position: number };
  changes: ChangeRecord & { atMs: number };
  leases: { name: string; holder: string; beat: number };
  tenants: Row<TenantRecord, { keepsSecrets: Flag }>;
  dataKeys: DataKeyRecord;
  signingKeys: Row<SigningKeyRecord>;
  apis: Row<ApiRecord, { isDefault: Flag }>;
  clients: Row<
    ClientRecord,
    {
      enabled: Flag;
      grantTypes: string;
      redirectUris: string;
      labels: string;
      deletedAtMs: number | null;
    }
  >;
  credentials: Row<CredentialRecord>;
  credentialUses: CredentialUse;
  roleBindings: RoleBinding & { tenantId: string; principalId: string };
  users: Row<UserRecord, { enabled: Flag }>;
  apiKeys: Row<ApiKeyRecord, { enabled: Flag }>;
  singleUses: {
    tenantId: string;
    kind: string;
    digest: string;
    payload: string;
    expiresAtMs: number;
  };
  idempotencyKeys: Omit<IdempotencyRecord, "key"> & { idempotencyKey: string };
  auditEvents: Row<AuditRecord>;
  usageCounts: UsageCount;
  usageProcesses: { processId: string; lastReportMs: number };
  usageGaps: { id: string; fromMs: number; untilMs: number };
  findings: FindingRecord;
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
