import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  call,
  createAppClient,
  requestToken,
  secretOf,
  type CreatedAppClient,
} from "../../server/test/calls.ts";
import { startPostgres } from "../../server/test/postgres.ts";
import { inLanes } from "../lanes.ts";
import type { Row } from "../row.ts";
import { startPair, type Pair } from "../servers/pair.ts";
import { tokenRequest } from "../servers/token-server.ts";
import { summarize } from "../statistics.ts";
import type { Group, GroupContext } from "./group.ts";

/**
 * How long one process takes to obey what another one was told: two real processes on one store,
 * tokens being issued all the while.
 */

const name = "propagation";
const unit = "ms";
/** What the design promises, for every single token. */
const boundMs = 1_000;
const count = 200;
/** Changes that are under way at the same time. */
const lanes = 20;
/** So that a change comes anywhere between two looks at the store, not just after one. */
const pauseMsMax = 250;
const betweenAsksMs = 5;
const patienceMs = 10_000;
const loadClients = 20;
const loadConnections = 4;

type Answer = Awaited<ReturnType<typeof requestToken>>;

interface Change {
  what: string;
  /** Resolves when the first process has answered that it is so. */
  make(pair: Pair, client: CreatedAppClient): Promise<void>;
  isObeyedBy(answer: Answer): boolean;
}

const isRefused = ({ status }: Answer): boolean => status === 401 || status === 429;

const changes: readonly Change[] = [
  {
    what: "a role that was taken away",
    make: ({ one }, { id }) => tell(one, "PATCH", `/v2/app_clients/${id}`, { api_roles: [] }),
    isObeyedBy: ({ status, body }) => status === 200 && body.scope === undefined,
  },
  {
    what: "a disabled client",
    make: ({ one }, { id }) => tell(one, "PATCH", `/v2/app_clients/${id}`, { enabled: false }),
    isObeyedBy: isRefused,
  },
  {
    what: "a revoked credential",
    async make({ one }, { id }) {
      const path = `/v2/app_clients/${id}/credentials`;
      const { body } = await call<{ credentials: { id: string }[] }>(one, "GET", path);
      await tell(one, "DELETE", `${path}/${body.credentials[0]!.id}`);
    },
    isObeyedBy: isRefused,
  },
];

export const propagation: Group = {
  name,
  async measure(context) {
    const onSqlite = await measureOn("SQLite", {}, context);
    const postgres = await startPostgres();
    try {
      const settings = { COUNTERSIGN_DATABASE_URL: await postgres.createDatabase() };
      return [...onSqlite, ...(await measureOn("Postgres", settings, context))];
    } finally {
      await postgres.stop();
    }
  },
};

async function measureOn(
  store: string,
  settings: Record<string, string>,
  context: GroupContext,
): Promise<Row[]> {
  const pair = await startPair(settings);
  try {
    const stopLoad = await startTokenLoad(pair, context);
    try {
      return await measureAll(store, pair, context);
    } finally {
      await stopLoad();
    }
  } finally {
    await pair.stop();
  }
}

/**
 * The row with the gate goes by requests and not by answers: what a token was asked for within the
 * bound may be answered after it. So a machine that gives the servers no processor for a while does
 * not make them break their promise, and a process that goes by what is no longer so does.
 */
async function measureAll(store: string, pair: Pair, { progress }: GroupContext): Promise<Row[]> {
  const rows: Row[] = [];
  const latest: number[] = [];
  for (const change of changes) {
    progress(`${store}: app clients for ${change.what}`);
    const clients = await createKnownClients(pair);
    const measured = await inLanes(clients, lanes, async (client, done) => {
      progress(`${store}: ${change.what}, ${done} of ${count}`);
      return measureOne(pair, change, client);
    });
    const value = summarize(measured.map(({ obeyedMs }) => obeyedMs));
    rows.push({ group: name, name: `${store}: ${change.what}`, unit, value, comparisons: [] });
    latest.push(...measured.map(({ ignoredMs }) => ignoredMs));
  }
  const worst = summarize([Math.max(...latest)]);
  const what = `${store}: the last request that ignored one`;
  return [
    ...rows,
    { group: name, name: what, unit, value: worst, below: boundMs, comparisons: [] },
  ];
}

/** Milliseconds after the answer to whoever made the change. */
interface Obeyed {
  /** Until the other process gave its first answer that obeys. */
  obeyedMs: number;
  /** Until the last request was sent that was answered as if nothing had happened. */
  ignoredMs: number;
}

/**
 * Clients that the second process has in memory. It forgets a new one once more when it hears that it
 * is new: what came before that would be read from the store, and be right by itself.
 */
async function createKnownClients({ one, two }: Pair): Promise<CreatedAppClient[]> {
  const roles = { api_roles: ["viewer"] };
  const numbers = Array.from({ length: count }, (_, index) => index);
  const clients = await inLanes(numbers, lanes, () => createAppClient(one, roles));
  await sleep(boundMs);
  await inLanes(clients, lanes, async (client) => {
    const { status, body } = await requestToken(two, secretOf(client));
    if (status !== 200 || body.scope === undefined) throw new Error(`no token: ${status}`);
  });
  return clients;
}

async function measureOne(pair: Pair, change: Change, client: CreatedAppClient): Promise<Obeyed> {
  const ask = () => requestToken(pair.two, secretOf(client));
  await sleep(randomInt(pauseMsMax));
  await change.make(pair, client);
  const changedAtMs = performance.now();
  let ignoredMs = 0;
  for (;;) {
    const sentMs = performance.now() - changedAtMs;
    const answer = await ask();
    const answeredMs = performance.now() - changedAtMs;
    if (change.isObeyedBy(answer)) return { obeyedMs: answeredMs, ignoredMs };
    if (answer.status !== 200) throw new Error(`${change.what}: ${JSON.stringify(answer.body)}`);
    if (answeredMs > patienceMs) throw new Error(`${change.what} is not obeyed`);
    ignoredMs = sentMs;
    await sleep(betweenAsksMs);
  }
}

/** Other clients get tokens of the second process; resolves to what ends it. */
async function startTokenLoad(pair: Pair, { load }: GroupContext): Promise<() => Promise<void>> {
  const texts: string[] = [];
  for (let left = loadClients; left > 0; left -= 1) {
    const { client_id: clientId, client_secret: plainSecret } = await createAppClient(pair.one, {
      api_roles: ["corpus_viewer"],
    });
    texts.push(tokenRequest("/oauth2/token", { clientId, plainSecret, secretDigest: "" }));
  }
  await load.prepare(name, texts);
  const { port, processId } = pair.two;
  const order = { port, processId, requests: name, each: "again", awake: false } as const;
  const wanted = new AbortController();
  const running = (async () => {
    while (!wanted.signal.aborted) {
      await load.run({ ...order, connections: loadConnections, rampMs: 0, measureMs: 1_000 });
    }
  })();
  // Noticed when it is stopped; until then the measurement goes on.
  running.catch(() => undefined);
  return async () => {
    wanted.abort();
    await running;
  };
}

async function tell(
  { url, apiKey }: Pair["one"],
  method: string,
  path: string,
  body?: unknown,
): Promise<void> {
  const answer = await call({ url, apiKey }, method, path, body === undefined ? {} : { body });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
}
