import type { RoleBinding } from "./records.ts";

/** Who holds a role, and what of it they really use. */

/** How often a principal's calls were let through by a permission on one day. */
export interface PermissionUse {
  tenantId: string;
  /** Who holds the roles: a client id, a person, or an API key with roles of its own. */
  principalId: string;
  permission: string;
  /** When the day began, in UTC. */
  dayMs: number;
  calls: number;
  lastUsedAtMs: number;
}

/** A binding and whose it is. */
export interface HeldBinding extends RoleBinding {
  principalId: string;
}

export interface HolderStore {
  /** Principals, each once. */
  countHolders(tenantId: string, role: string): Promise<number>;
  /** By principal, then by what it is bound to. */
  pageHolders(
    tenantId: string,
    page: { role: string; after: HeldBinding | undefined; limit: number },
  ): Promise<HeldBinding[]>;
  /** What holders of the role used of these permissions, most often used first. */
  listPermissionUses(
    tenantId: string,
    query: { role: string; permissions: string[]; sinceMs: number; limit: number },
  ): Promise<Omit<PermissionUse, "tenantId" | "dayMs">[]>;
}
