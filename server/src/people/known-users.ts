import { accountRolesOf, createHolders } from "../access/holders.ts";
import type { Rights } from "../access/rights.ts";
import type { Roles } from "../access/roles.ts";
import type { Cache } from "../store/cache.ts";
import type { Feed } from "../store/feed.ts";
import type { KnownUserRecord, UserRecord } from "../store/records.ts";
import type { UserStore } from "../store/store.ts";

/** People as a request with their API key needs them, in memory by id. */

export interface KnownUser extends UserRecord {
  rights: Rights;
  /** The names of the account-wide roles. */
  roles: string[];
}

export type KnownUsers = Cache<KnownUser>;

const usersMax = 100_000;

export function createKnownUsers(store: UserStore, feed: Feed, roles: Roles): KnownUsers {
  return createHolders<KnownUserRecord, KnownUser>(feed, roles, {
    load: store.findKnownUser,
    tenantOf: ({ user }) => user.tenantId,
    make: ({ user, bindings }, rights) => ({ ...user, rights, roles: accountRolesOf(bindings) }),
    kind: "user",
    entriesMax: usersMax,
  });
}
