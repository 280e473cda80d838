import type { Feed } from "../store/feed.ts";
import { createCache } from "../store/cache.ts";
import type { ApiRecord } from "../store/records.ts";
import type { ApiStore } from "../store/store.ts";
import { OAuthError } from "../errors/oauth-error.ts";

/** The APIs that a tenant's clients may ask for tokens to. */

export interface Apis {
  /**
   * The API that a request names with `resource` [RFC 8707 §2], or the default one: never several.
   * Throws `invalid_target`.
   */
  select(tenantId: string, resource: string | undefined): Promise<ApiRecord>;
}

const tenantsMax = 10_000;

export function createApis(store: ApiStore, feed: Feed): Apis {
  const byTenant = createCache<ApiRecord[]>(feed, {
    load: (tenantId) => store.listApis(tenantId),
    affectedBy: ({ kind, tenantId }) =>
      kind === "api" || kind === "tenant" ? tenantId : undefined,
    entriesMax: tenantsMax,
  });
  return {
    async select(tenantId, resource) {
      const apis = byTenant.peek(tenantId) ?? (await byTenant.find(tenantId)) ?? [];
      const api =
        resource === undefined
          ? apis.find(({ isDefault }) => isDefault)
          : apis.find(({ audience }) => audience === resource);
      if (api !== undefined) return api;
      throw new OAuthError(isAbsoluteUri(resource) ? "unknown_resource" : "malformed_resource");
    },
  };
}

function isAbsoluteUri(resource: string | undefined): boolean {
  return resource !== undefined && URL.canParse(resource) && !resource.includes("#");
}
