import { RE2JS, RE2JSSyntaxException } from "re2js";
import { badField } from "../errors/admin-error.ts";
import type { ClientRecord } from "../store/records.ts";
import type { ClientStore } from "../store/store.ts";

/**
 * Lists app clients, oldest or newest first. A filter is a regular expression that somebody else wrote, so it
 * runs on an engine that takes linear time, and on a budget of work: a page may then hold fewer
 * than asked for, and goes on where it stopped.
 */

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

/** Steps of the matching machine: characters looked at, times the size of the program. */
const workMax = 2_000_000;
const programSizeMax = 2_000;
const clientsPerRead = 200;

export async function listClients(
  store: ClientStore,
  tenantId: string,
  { after, filter, externalId, isNewestFirst = false, limit }: ListQuery,
): Promise<ListedClients> {
  if (filter === undefined) {
    const found = await store.listClients(tenantId, {
      after,
      externalId,
      isNewestFirst,
      limit: limit + 1,
    });
    const clients = found.slice(0, limit);
    return { clients, next: found.length > limit ? positionOf(clients.at(-1)!) : undefined };
  }
  const matches = createMatcher(filter);
  const clients: ClientRecord[] = [];
  for (let from = after; ;) {
    const page = { after: from, externalId, isNewestFirst, limit: clientsPerRead };
    const read = await store.listClients(tenantId, page);
    for (const client of read) {
      if (matches(client.name)) clients.push(client);
      from = positionOf(client);
      if (clients.length === limit || matches.isSpent()) return { clients, next: from };
    }
    if (read.length < clientsPerRead) return { clients, next: undefined };
  }
}

const positionOf = ({ createdAtMs, id }: ClientRecord) => ({ createdAtMs, id });

/** Throws 400. */
function createMatcher(filter: string) {
  const pattern = compile(filter);
  const size = pattern.programSize();
  if (size > programSizeMax) throw badField("filter", "is too complex");
  let work = 0;
  const matches = (name: string): boolean => {
    work += (name.length + 1) * size;
    return pattern.matcher(name).find();
  };
  return Object.assign(matches, { isSpent: () => work > workMax });
}

function compile(filter: string): RE2JS {
  try {
    return RE2JS.compile(filter);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw badField("filter", "is not a regular expression");
  }
}
