import { rightsOf, type Rights } from "../access/rights.ts";
import { digestOf, digestScheme } from "../keys/secret.ts";
import { createCache, everyKey } from "../store/cache.ts";
import type { Feed } from "../store/feed.ts";
import type { ApiKeyRecord } from "../store/records.ts";
import type { PeopleStore } from "../store/store.ts";

/**
 * API keys as a request needs them, in memory by digest. A personal key has what its person may do
 * now, less what is for people only; which roles it may grant is judged by the person's own rights.
 */

export interface KnownApiKey {
  apiKey: ApiKeyRecord;
  enabled: boolean;
  /** What it may do. */
  rights: Rights;
  /** What it may pass on. */
  grantable: Rights;
}

export interface KnownApiKeys {
  /** Rejects with `StoreUnavailable`. */
  find(plainKey: string): Promise<KnownApiKey | undefined>;
}

const keysMax = 100_000;
const peopleOnly = ["account:delete", "billing:read", "billing:write", "users:write"] as const;

export function createKnownApiKeys(store: PeopleStore, feed: Feed): KnownApiKeys {
  const cache = createCache<KnownApiKey>(feed, {
    async load(digest) {
      const known = await store.findKnownApiKey(digestScheme, digest);
      if (known === undefined) return undefined;
      const { apiKey, user, bindings } = known;
      const grantable = rightsOf(bindings);
      const account = new Set(grantable.account);
      for (const permission of peopleOnly) account.delete(permission);
      const rights = { account, resources: grantable.resources };
      return { apiKey, enabled: apiKey.enabled && user.enabled, rights, grantable };
    },
    affectedBy({ kind, subjectId }) {
      if (kind === "user") return everyKey;
      return kind === "api_key" ? subjectId : undefined;
    },
    entriesMax: keysMax,
  });
  return { find: (plainKey) => cache.find(digestOf(plainKey)) };
}
