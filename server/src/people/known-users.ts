import { accountWide, rightsOf, type Rights } from "../access/rights.ts";
import { createCache, subjectsOf, type Cache } from "../store/cache.ts";
import type { Feed } from "../store/feed.ts";
import type { UserRecord } from "../store/records.ts";
import type { UserStore } from "../store/store.ts";

/** People as a request with their API key needs them, in memory by id. */

export interface KnownUser extends UserRecord {
  rights: Rights;
  /** The names of the account-wide roles. */
  roles: string[];
}

export type KnownUsers = Cache<KnownUser>;

const usersMax = 100_000;

export function createKnownUsers(store: UserStore, feed: Feed): KnownUsers {
  return createCache<KnownUser>(feed, {
    async load(id) {
      const known = await store.findKnownUser(id);
      if (known === undefined) return undefined;
      const { user, bindings } = known;
      const roles = bindings
        .filter(({ resourceType }) => resourceType === accountWide.resourceType)
        .map(({ role }) => role);
      return { ...user, rights: rightsOf(bindings), roles };
    },
    affectedBy: subjectsOf("user"),
    entriesMax: usersMax,
  });
}
