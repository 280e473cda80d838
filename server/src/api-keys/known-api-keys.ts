import { accountRolesOf, createHolders } from "../access/holders.ts";
import { noRights, type Rights } from "../access/rights.ts";
import type { Roles } from "../access/roles.ts";
import { digestOf, digestScheme } from "../keys/secret.ts";
import { createCache, subjectsOf } from "../store/cache.ts";
import type { Feed } from "../store/feed.ts";
import type { ApiKeyRecord, KnownApiKeyRecord } from "../store/records.ts";
import type { ApiKeyStore } from "../store/store.ts";
import type { System } from "../system.ts";
import { apiKeyStateOf } from "./api-key-state.ts";

/**
 * API keys as a request needs them, in memory. A key has roles of its own, but for a personal one: that
 * has what its person or client may do now, less what is for people only; which roles it may grant
 * is judged by its owner's own rights.
 */

export interface KnownApiKey {
  apiKey: ApiKeyRecord;
  /** Whether it counts now: neither disabled nor expired, and of a personal key its owner too. */
  enabled: boolean;
  /** What it may do. */
  rights: Rights;
  /** What it may pass on. */
  grantable: Rights;
  /** The names of the account-wide roles. */
  roles: string[];
}

export interface KnownApiKeys {
  /** From memory alone. */
  peek(plainKey: string): KnownApiKey | undefined;
  /** Rejects with `StoreUnavailable`. */
  find(plainKey: string): Promise<KnownApiKey | undefined>;
  /** By its id `aky_…`. Rejects with `StoreUnavailable`. */
  findById(id: string): Promise<KnownApiKey | undefined>;
}

/** Whose current rights a personal key has. */
export interface KeyOwner {
  enabled: boolean;
  rights: Rights;
  roles: string[];
}

export type FindKeyOwner = (
  owner: Pick<ApiKeyRecord, "ownerType" | "ownerId">,
) => Promise<KeyOwner | undefined>;

export type PeekKeyOwner = (
  owner: Pick<ApiKeyRecord, "ownerType" | "ownerId">,
) => KeyOwner | undefined;

export interface KnownApiKeysOptions {
  system: System;
  store: ApiKeyStore;
  feed: Feed;
  roles: Roles;
  findOwner: FindKeyOwner;
  peekOwner: PeekKeyOwner;
}

const keysMax = 100_000;
const peopleOnly = ["account:delete", "billing:read", "billing:write"] as const;

export function createKnownApiKeys(options: KnownApiKeysOptions): KnownApiKeys {
  const { system, store, feed, roles, findOwner, peekOwner } = options;
  /** A digest never gets another id, so this only forgets what was not there. */
  const idsByDigest = createCache<{ id: string }>(feed, {
    load: (digest) => store.findApiKeyByDigest(digestScheme, digest),
    affectedBy: subjectsOf("api_key"),
    entriesMax: keysMax,
  });
  const keysById = createHolders<KnownApiKeyRecord, LoadedKey>(feed, roles, {
    load: store.findKnownApiKey,
    tenantOf: ({ apiKey }) => apiKey.tenantId,
    make: ({ apiKey, bindings }, rights) => ({ apiKey, rights, roles: accountRolesOf(bindings) }),
    kind: "api_key",
    entriesMax: keysMax,
  });

  const isActive = (apiKey: ApiKeyRecord): boolean =>
    apiKeyStateOf(apiKey, system.now()) === "active";

  function withOwnRoles({ apiKey, rights, roles: names }: LoadedKey): KnownApiKey {
    return { apiKey, enabled: isActive(apiKey), rights, grantable: rights, roles: names };
  }

  function withRolesOf(owner: KeyOwner, apiKey: ApiKeyRecord): KnownApiKey {
    return {
      apiKey,
      enabled: isActive(apiKey) && owner.enabled,
      rights: personalRightsOf(owner.rights),
      grantable: owner.rights,
      roles: owner.roles,
    };
  }

  function peekById(id: string): KnownApiKey | undefined {
    const loaded = keysById.peek(id);
    if (loaded?.apiKey.kind !== "personal") return loaded && withOwnRoles(loaded);
    const owner = peekOwner(loaded.apiKey);
    return owner && withRolesOf(owner, loaded.apiKey);
  }

  async function findById(id: string): Promise<KnownApiKey | undefined> {
    const loaded = keysById.peek(id) ?? (await keysById.find(id));
    if (loaded?.apiKey.kind !== "personal") return loaded && withOwnRoles(loaded);
    return withRolesOf((await findOwner(loaded.apiKey)) ?? nobody, loaded.apiKey);
  }

  return {
    findById,
    peek(plainKey) {
      const known = idsByDigest.peek(digestOf(plainKey));
      return known && peekById(known.id);
    },
    async find(plainKey) {
      const digest = digestOf(plainKey);
      const found = idsByDigest.peek(digest) ?? (await idsByDigest.find(digest));
      return found && findById(found.id);
    },
  };
}

interface LoadedKey {
  apiKey: ApiKeyRecord;
  rights: Rights;
  roles: string[];
}

const nobody: KeyOwner = { enabled: false, rights: noRights, roles: [] };

const personalRights = new WeakMap<Rights, Rights>();

function personalRightsOf(rights: Rights): Rights {
  let personal = personalRights.get(rights);
  if (personal === undefined) {
    const account = new Set(rights.account);
    for (const permission of peopleOnly) account.delete(permission);
    personalRights.set(rights, (personal = { ...rights, account }));
  }
  return personal;
}
