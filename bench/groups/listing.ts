import type { AppClientPage } from "@countersign/protocol/admin/app-clients.ts";
import type { UnusedClientPage } from "@countersign/protocol/admin/usage.ts";
import { call } from "../../server/test/calls.ts";
import { testApiKey } from "../../server/test/server.ts";
import { putClients, soughtName } from "../clients-at-rest.ts";
import { apiKeyRequest } from "../load/load.ts";
import { runRounds } from "../rounds.ts";
import { rowsOf, type Gate } from "../row.ts";
import { startEmpty, type EmptyCountersign } from "../servers/countersign.ts";
import { contestantOf, warmUp, type Group, type GroupContext } from "./group.ts";

/**
 * The list of app clients with 100,000 of them, beside the list with ten and one more. Answers that are
 * compared hold equally many, ten, or five behind a page key, and all of them say where the list goes on:
 * to write that costs 5 to 10 % of an answer, however many there are.
 */

const name = "listing";

const few = { count: 11, soughtEvery: 1 };
const many = { count: 100_000, soughtEvery: 10 };

const ofFew = {
  first: "of 11: the first page",
  behind: "of 11: five behind a page key",
  search: "of 11: ten by a filter",
  unused: "of 11: ten unused",
};
const ofMany = {
  first: "of 100,000: the first page",
  behind: "of 100,000: five in the middle",
  search: "of 100,000: ten by a filter, among 91",
  unused: "of 100,000: ten unused, among 91",
};

/** What is looked at for the last two is nine times as much, and no more. */
const gates: readonly Gate[] = [
  { of: ofMany.first, to: ofFew.first, atLeast: 0.9 },
  { of: ofMany.behind, to: ofFew.behind, atLeast: 0.9 },
  { of: ofMany.search, to: ofFew.search, atLeast: 0.1 },
  { of: ofMany.unused, to: ofFew.unused, atLeast: 0.1 },
];

const list = "/v2/app_clients";
const paths = {
  first: `${list}?limit=10`,
  search: `${list}?limit=10&filter=${encodeURIComponent(`^${soughtName} `)}`,
  unused: "/v2/usage/unused_clients?limit=10",
};
/** How many a page holds that is looked at. */
const sizes = { first: 10, behind: 5, search: 10, unused: 10 };
type Asked = keyof typeof sizes;

export const listing: Group = {
  name,
  async measure(context) {
    const servers: EmptyCountersign[] = [];
    try {
      for (const at of [few, many]) {
        const server = await startEmpty();
        servers.push(server);
        await putClients(server, at, (doing) => context.progress(`${name}: ${doing}`));
      }
      const [small, big] = servers as [EmptyCountersign, EmptyCountersign];
      const requests = [
        ...requestsTo(small, ofFew, await pathsBehind(small, { pageSize: 5, from: 1, count: 1 })),
        ...requestsTo(big, ofMany, await pathsBehind(big, { pageSize: 100, from: 500, count: 16 })),
      ];
      const measured = await compare(context, requests);
      return rowsOf(name, "requests/s", measured, gates);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  },
};

interface Requests {
  name: string;
  server: EmptyCountersign;
  paths: string[];
  size: number;
}

const requestsTo = (
  server: EmptyCountersign,
  names: Record<Asked, string>,
  behind: string[],
): Requests[] =>
  (Object.keys(sizes) as Asked[]).map((asked) => ({
    name: names[asked],
    server,
    paths: asked === "behind" ? behind : [paths[asked]],
    size: sizes[asked],
  }));

async function compare(context: GroupContext, requests: Requests[]) {
  const driven = requests.map(({ name, server, paths, size }) => ({
    name,
    server,
    requests: `listing ${name}`,
    each: "again" as const,
    check: async (sample: string) => checkPage(sample, size),
    texts: paths.map((path) => apiKeyRequest(path, testApiKey)),
  }));
  for (const one of driven) await context.load.prepare(one.requests, one.texts);
  for (const server of new Set(driven.map(({ server }) => server))) {
    await warmUpWith(
      context,
      driven.filter((one) => one.server === server),
    );
  }
  const contestants = driven.map((one) => contestantOf(context, one));
  return runRounds(contestants, context);
}

/** All that a server is asked, in turn. */
async function warmUpWith(
  context: GroupContext,
  driven: { server: EmptyCountersign; texts: string[] }[],
): Promise<void> {
  const requests = "listing: everything";
  await context.load.prepare(
    requests,
    driven.flatMap(({ texts }) => texts),
  );
  await warmUp(context, { name, server: driven[0]!.server, requests, each: "again" });
}

/** Who wants to read there walks over all pages before. */
async function pathsBehind(
  { url }: EmptyCountersign,
  { pageSize, from, count }: { pageSize: number; from: number; count: number },
): Promise<string[]> {
  const found: string[] = [];
  let key = "";
  for (let page = 1; page < from + count; page += 1) {
    const path = `${list}?limit=${pageSize}${key}`;
    const { body } = await call<AppClientPage>({ url, apiKey: testApiKey }, "GET", path);
    key = `&page_key=${encodeURIComponent(body.metadata.page_key!)}`;
    if (page >= from) found.push(`${list}?limit=${sizes.behind}${key}`);
  }
  return found;
}

function checkPage(sample: string, size: number): void {
  const page = JSON.parse(sample) as Partial<AppClientPage & UnusedClientPage>;
  const items = page.app_clients ?? page.unused_clients ?? [];
  if (items.length !== size) throw new Error(`a page holds ${items.length}: ${sample}`);
  if (page.metadata?.page_key === undefined) throw new Error(`a page is the last one: ${sample}`);
}
