import { allPermissions, type Permission } from "@countersign/protocol/permissions.ts";
import { OAuthError } from "../errors/oauth-error.ts";
import { createCache, subjectsOf } from "../store/cache.ts";
import type { Feed } from "../store/feed.ts";
import type { ApiRecord } from "../store/records.ts";
import type { ApiStore } from "../store/store.ts";

/** The APIs that a tenant's clients may ask for tokens to, in memory. */

export interface KnownApi extends ApiRecord {
  /** The permissions that tokens to it may hold. */
  catalogue: ReadonlySet<Permission>;
}

export interface Apis {
  /**
   * The API that a request names with `resource` [RFC 8707 §2], or the default one: never several.
   * Throws `invalid_target`.
   */
  select(tenantId: string, resource: string | undefined): Promise<KnownApi>;
  /** Rejects with `StoreUnavailable`. */
  findByAudience(tenantId: string, audience: string): Promise<KnownApi | undefined>;
  /** In whatever tenant. Rejects with `StoreUnavailable`. */
  findById(id: string): Promise<KnownApi | undefined>;
}

const tenantsMax = 10_000;
const apisMax = 100_000;

export function createApis(store: ApiStore, feed: Feed): Apis {
  const byTenant = createCache<KnownApi[]>(feed, {
    load: async (tenantId) => (await store.listApis(tenantId)).map(toKnownApi),
    affectedBy: ({ kind, tenantId }) =>
      kind === "api" || kind === "tenant" ? tenantId : undefined,
    entriesMax: tenantsMax,
  });
  const byId = createCache<KnownApi>(feed, {
    async load(id) {
      const api = await store.findApi(id);
      return api && toKnownApi(api);
    },
    affectedBy: subjectsOf("api"),
    entriesMax: apisMax,
  });
  const apisOf = async (tenantId: string): Promise<KnownApi[]> =>
    byTenant.peek(tenantId) ?? (await byTenant.find(tenantId)) ?? [];

  return {
    async select(tenantId, resource) {
      const apis = byTenant.peek(tenantId) ?? (await apisOf(tenantId));
      const api =
        resource === undefined
          ? apis.find(({ isDefault }) => isDefault)
          : apis.find(({ audience }) => audience === resource);
      if (api !== undefined) return api;
      throw new OAuthError(isAbsoluteUri(resource) ? "unknown_resource" : "malformed_resource");
    },
    findByAudience: async (tenantId, audience) =>
      (await apisOf(tenantId)).find((api) => api.audience === audience),
    findById: (id) => byId.find(id),
  };
}

/** An absolute URI without a fragment [RFC 8707 §2]. */
export function isAbsoluteUri(resource: string | undefined): boolean {
  return resource !== undefined && URL.canParse(resource) && !resource.includes("#");
}

/** One set for the default APIs of all tenants: rights are narrowed to it once. */
const builtInCatalogue: ReadonlySet<Permission> = new Set<Permission>(allPermissions);

const toKnownApi = (api: ApiRecord): KnownApi => ({
  ...api,
  catalogue: api.isDefault
    ? builtInCatalogue
    : new Set<Permission>(api.permissions.map(({ name }) => name)),
});
