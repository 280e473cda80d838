import { sievedPage } from "../access/sieved-page.ts";
import type { ClientUse, UsageReportStore } from "../store/store.ts";

/** Lists app clients that nobody uses, oldest first. */

export interface UnusedClients {
  clients: ClientUse[];
  /** Where the next page begins; `undefined` on the last one. */
  next: { createdAtMs: number; id: string } | undefined;
}

export interface UnusedQuery {
  /** They were there before, and have not been used since. */
  sinceMs: number;
  after: { createdAtMs: number; id: string } | undefined;
  limit: number;
  /** A page for which so many were looked at may hold fewer than asked for. */
  lookedAtMax?: number;
}

/** A millisecond or two of an embedded store. */
const clientsPerRead = 200;
/** Half a second of work. */
const lookedAtUsually = 100_000;

export async function listUnusedClients(
  store: Pick<UsageReportStore, "listClientUses">,
  tenantId: string,
  { sinceMs, after, limit, lookedAtMax = lookedAtUsually }: UnusedQuery,
): Promise<UnusedClients> {
  let lookedAt = 0;
  const { items, next } = await sievedPage({
    after,
    // One more tells whether there is another page.
    limit: limit + 1,
    itemsPerRead: clientsPerRead,
    read: (from, count) =>
      store.listClientUses(tenantId, { createdBeforeMs: sinceMs, after: from, limit: count }),
    passes({ lastUsedAtMs }) {
      lookedAt += 1;
      return lastUsedAtMs === undefined || lastUsedAtMs < sinceMs;
    },
    isSpent: () => lookedAt >= lookedAtMax,
    positionOf,
  });
  const clients = items.slice(0, limit);
  return { clients, next: items.length > limit ? positionOf(clients.at(-1)!) : next };
}

const positionOf = ({ createdAtMs, id }: ClientUse) => ({ createdAtMs, id });
