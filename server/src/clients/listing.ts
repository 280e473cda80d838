import { filteredPage } from "../access/filtered-page.ts";
import type { ClientRecord } from "../store/records.ts";
import type { ClientStore } from "../store/store.ts";

/** Lists app clients, oldest or newest first. */

export interface ListedClients {
  clients: ClientRecord[];
  /** Where the next page begins; `undefined` on the last one. */
  next: { createdAtMs: number; id: string } | undefined;
}

export interface ListQuery {
  after: { createdAtMs: number; id: string } | undefined;
  filter: string | undefined;
  externalId: string | undefined;
  isNewestFirst?: boolean;
  limit: number;
}

export async function listClients(
  store: ClientStore,
  tenantId: string,
  { after, filter, externalId, isNewestFirst = false, limit }: ListQuery,
): Promise<ListedClients> {
  const { items, next } = await filteredPage({
    filter,
    after,
    limit,
    read: (from, count) =>
      store.listClients(tenantId, { after: from, externalId, isNewestFirst, limit: count }),
    textsOf: ({ name }) => [name],
    positionOf: ({ createdAtMs, id }) => ({ createdAtMs, id }),
  });
  return { clients: items, next };
}
