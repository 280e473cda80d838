import { createCache, everyKey, subjectsOf, type Cache } from "../store/cache.ts";
import type { Feed } from "../store/feed.ts";
import type { ChangeKind, RoleBinding } from "../store/records.ts";
import { accountWide, rightsOf, type Rights } from "./rights.ts";
import type { RoleCatalogue, Roles } from "./roles.ts";

/**
 * A cache of who holds roles: app clients, people, API keys. What each may do is worked out by the roles
 * as they are now, so a change of a role is felt by all who hold it without any of them being read
 * again.
 */

export interface HolderOptions<Kept, Known> {
  load(key: string): Promise<Kept | undefined>;
  tenantOf(kept: Kept): string;
  make(kept: Kept, rights: Rights): Known;
  /** Whose changes name the key. */
  kind: ChangeKind;
  entriesMax: number;
}

interface Entry<Kept, Known> {
  kept: Kept;
  known: { value: Known; roles: RoleCatalogue } | undefined;
}

export function createHolders<Kept extends { bindings: RoleBinding[] }, Known extends object>(
  feed: Feed,
  roles: Roles,
  { load, tenantOf, make, kind, entriesMax }: HolderOptions<Kept, Known>,
): Cache<Known> {
  const entries = createCache<Entry<Kept, Known>>(feed, {
    async load(key) {
      const kept = await load(key);
      return kept && { kept, known: undefined };
    },
    affectedBy: (change) => (change.kind === "role_bindings" ? everyKey : subjectsOf(kind)(change)),
    entriesMax,
  });

  function valueOf(entry: Entry<Kept, Known>, catalogue: RoleCatalogue): Known {
    if (entry.known?.roles !== catalogue) {
      const rights = rightsOf(entry.kept.bindings, catalogue);
      entry.known = { value: make(entry.kept, rights), roles: catalogue };
    }
    return entry.known.value;
  }

  return {
    peek(key) {
      const entry = entries.peek(key);
      const catalogue = entry && roles.peek(tenantOf(entry.kept));
      return catalogue && valueOf(entry, catalogue);
    },
    async find(key) {
      const entry = await entries.find(key);
      return entry && valueOf(entry, await roles.of(tenantOf(entry.kept)));
    },
    get size() {
      return entries.size;
    },
  };
}

/** The names of the roles that hold for the whole account: what a token says of them. */
export const accountRolesOf = (bindings: readonly RoleBinding[]): string[] =>
  bindings
    .filter(({ resourceType }) => resourceType === accountWide.resourceType)
    .map(({ role }) => role);
