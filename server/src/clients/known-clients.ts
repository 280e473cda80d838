import { accountRolesOf, createHolders } from "../access/holders.ts";
import type { Rights } from "../access/rights.ts";
import type { Roles } from "../access/roles.ts";
import { noDigest } from "../keys/secret.ts";
import type { Feed } from "../store/feed.ts";
import type { Cache } from "../store/cache.ts";
import type { ClientRecord, CredentialRecord, KnownClientRecord } from "../store/records.ts";
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

export function createKnownClients(store: ClientStore, feed: Feed, roles: Roles): KnownClients {
  return createHolders<KnownClientRecord, KnownClient>(feed, roles, {
    load: store.findKnownClient,
    tenantOf: ({ client }) => client.tenantId,
    make: toKnownClient,
    kind: "client",
    entriesMax: clientsMax,
  });
}

const toKnownClient = (
  { client, credentials, bindings }: KnownClientRecord,
  rights: Rights,
): KnownClient => ({
  ...client,
  credentials,
  digests:
    credentials.length === 0 ? [noDigest] : credentials.map(({ digest }) => toDigest(digest)),
  rights,
  roles: accountRolesOf(bindings),
});

/** A credential whose digest was wiped compares as zeros, which no secret has. */
function toDigest(digest: string): Buffer {
  const bytes = Buffer.alloc(32);
  Buffer.from(digest, "base64url").copy(bytes);
  return bytes;
}
