import type { Inserted, Written } from "./outcome.ts";
import type {
  ApiRecord,
  AuditRecord,
  IdempotencyRecord,
  Revocation,
  RoleRecord,
} from "./records.ts";

/** What can be done with APIs and with the roles that tenants make for themselves. */

export interface ApiStore {
  /** Oldest first. */
  listApis(tenantId: string): Promise<ApiRecord[]>;
  /** By its id, in whatever tenant. */
  findApi(id: string): Promise<ApiRecord | undefined>;
  /** `too_many` when the tenant has `apisMax` already. */
  insertApi(input: {
    api: ApiRecord;
    apisMax: number;
    idempotency: IdempotencyRecord | undefined;
    audit: AuditRecord;
  }): Promise<Inserted | { outcome: "audience_taken" | "too_many" }>;
  /** `conflict` when the stored version is no longer the one that was read. */
  updateApi(input: {
    /** The new state; `version` is one more than what was read. */
    api: ApiRecord;
    revocations: Revocation[];
    audit: AuditRecord;
  }): Promise<Written | "external_id_taken">;
  deleteApi(input: {
    api: ApiRecord;
    revocations: Revocation[];
    audit: AuditRecord;
  }): Promise<Written>;
  /** Moves the default API to the public URL of today. */
  updateAudience(input: {
    tenantId: string;
    id: string;
    audience: string;
    atMs: number;
  }): Promise<Written>;
}

export interface RoleStore {
  /** By name. */
  listRoles(tenantId: string): Promise<RoleRecord[]>;
  findRole(tenantId: string, name: string): Promise<RoleRecord | undefined>;
  /** `too_many` when the tenant has `rolesMax` already. */
  insertRole(input: {
    role: RoleRecord;
    rolesMax: number;
    idempotency: IdempotencyRecord | undefined;
    audit: AuditRecord;
  }): Promise<Inserted | { outcome: "name_taken" | "too_many" }>;
  /**
   * Takes `dropped` out of the tokens of all holders; from more than `namedHoldersMax` by one
   * revocation for the tenant. `conflict` when the stored version is no longer the one that was read.
   */
  updateRole(input: {
    /** The new state; `version` is one more than what was read. */
    role: RoleRecord;
    dropped: string[];
    namedHoldersMax: number;
    audit: AuditRecord;
  }): Promise<Written | "external_id_taken">;
  /** `held` when somebody holds it, and it is not forced from them. */
  deleteRole(input: {
    role: RoleRecord;
    isForced: boolean;
    namedHoldersMax: number;
    audit: AuditRecord;
  }): Promise<Written | "held">;
}
