import { rightsOf, type Rights } from "../access/rights.ts";
import { noDigest } from "../keys/secret.ts";
import type { Feed } from "../store/feed.ts";
import { createCache, subjectsOf, type Cache } from "../store/cache.ts";
import type { ClientRecord, CredentialRecord } from "../store/records.ts";
import type { ClientStore } from "../store/store.ts";

/** App clients as the token endpoint needs them: ready to compare and to issue, in memory. */

export interface KnownClient extends ClientRecord {
  credentials: CredentialRecord[];
  /** The digests of `credentials`, in their order. */
  digests: Buffer[];
  rights: Rights;
  /** The names of the account-wide roles. */
  roles: string[];
}

export type KnownClients = Cache<KnownClient>;

const clientsMax = 100_000;

export function createKnownClients(store: ClientStore, feed: Feed): KnownClients {
  return createCache<KnownClient>(feed, {
    async load(clientId) {
      const record = await store.findKnownClient(clientId);
      if (record === undefined) return undefined;
      const { client, credentials, bindings } = record;
      return {
        ...client,
        credentials,
        digests:
          credentials.length === 0 ? [noDigest] : credentials.map(({ digest }) => toDigest(digest)),
        rights: rightsOf(bindings),
        roles: bindings
          .filter(({ resourceType }) => resourceType === "account")
          .map(({ role }) => role),
      };
    },
    affectedBy: subjectsOf("client"),
    entriesMax: clientsMax,
  });
}

/** A credential whose digest was wiped compares as zeros, which no secret has. */
function toDigest(digest: string): Buffer {
  const bytes = Buffer.alloc(32);
  Buffer.from(digest, "base64url").copy(bytes);
  return bytes;
}
