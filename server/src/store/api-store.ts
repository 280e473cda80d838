import type { Written } from "./outcome.ts";
import type { ApiRecord, AuditRecord, Revocation, RoleRecord } from "./records.ts";

/** What can be done with APIs and with the roles that tenants make for themselves. */

export interface ApiStore {
  /** Oldest first. */
  listApis(tenantId: string): Promise<ApiRecord[]>;
  /** By its id, in whatever tenant. */
  findApi(id: string): Promise<ApiRecord | undefined>;
  /** `conflict` when the tenant has `apisMax` already. */
  insertApi(input: {
    api: ApiRecord;
    apisMax: number;
    audit: AuditRecord;
  }): Promise<Written | "audience_taken">;
  /** `conflict` when the stored version is no longer the one that was read. */
  updateApi(input: {
    /** The new state; `version` is one more than what was read. */
    api: ApiRecord;
    revocations: Revocation[];
    audit: AuditRecord;
  }): Promise<Written>;
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
  /** `conflict` when the tenant has `rolesMax` already. */
  insertRole(input: {
    role: RoleRecord;
    rolesMax: number;
    audit: AuditRecord;
  }): Promise<Written | "name_taken">;
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
  }): Promise<Written>;
  /** `held` when somebody holds it, and it is not forced from them. */
  deleteRole(input: {
    role: RoleRecord;
    isForced: boolean;
    namedHoldersMax: number;
    audit: AuditRecord;
  }): Promise<Written | "held">;
}
