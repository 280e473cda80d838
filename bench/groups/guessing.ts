import { once } from "node:events";
import { Agent, request as startRequest, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createAppClient,
  secretOf,
  tokenFor,
  type CreatedAppClient,
} from "../../server/test/calls.ts";
import { testApiKey } from "../../server/test/server.ts";
import { inLanes } from "../lanes.ts";
import type { Progress } from "../progress.ts";
import type { Row } from "../row.ts";
import { startEmpty, type EmptyCountersign } from "../servers/countersign.ts";
import { pairedRatios, summarize } from "../statistics.ts";
import type { Group, GroupContext } from "./group.ts";

/**
 * What the time of a refusal tells whoever guesses: nothing, neither that an app client exists nor how
 * much of a secret is right [RFC 6819 §4.3.5]. One request at a time, the kinds in turn, each at an app
 * client that is in use and that nobody has guessed at before.
 */

const name = "guessing";
const samplesPerKind = 2_000;
const samplesBefore = 500;
const lanes = 8;
/** Clients that were created have been told to every cache after this. */
const toldAfterMs = 1_000;
/** One way and the other, so that neither is told apart by being quicker. */
const atLeast = 0.95;

type Guess = Record<"client_id" | "client_secret", string>;

const guesses = {
  "an unknown id": ({ client_id, client_secret }) => ({
    client_id: withOther(client_id, client_id.length - 1),
    client_secret,
  }),
  "a known id, the first of the secret wrong": ({ client_id, client_secret }) => ({
    client_id,
    client_secret: withOther(client_secret, client_secret.indexOf("_") + 1),
  }),
  "a known id, the last of the secret wrong": ({ client_id, client_secret }) => ({
    client_id,
    client_secret: withOther(client_secret, client_secret.length - 1),
  }),
} satisfies Record<string, (client: CreatedAppClient) => Guess>;

type Kind = keyof typeof guesses;
const kinds = Object.keys(guesses) as Kind[];

function withOther(text: string, index: number): string {
  const other = text[index] === "0" ? "1" : "0";
  return text.slice(0, index) + other + text.slice(index + 1);
}

export const guessing: Group = {
  name,
  async measure(context) {
    const server = await startEmpty({ COUNTERSIGN_TRUSTED_PROXIES: "127.0.0.1" });
    try {
      return rowsOf(await measureAll(server, context));
    } finally {
      await server.stop();
    }
  },
};

/** The median of each kind in each round. */
async function measureAll(
  server: EmptyCountersign,
  { rounds, progress }: GroupContext,
): Promise<Map<Kind, number[]>> {
  const perRound = Math.ceil(samplesPerKind / rounds);
  const count = kinds.length * (samplesBefore + rounds * perRound);
  const clients = await createClientsInUse(server, count, progress);
  const guess = createGuesser(server, clients);
  const medians = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]));
  progress(`${name}: warming up`);
  await takeRound(guess, samplesBefore);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}: ${name}`);
    for (const [kind, took] of await takeRound(guess, perRound)) {
      medians.get(kind)!.push(summarize(took).median);
    }
  }
  return medians;
}

async function createClientsInUse(
  { url }: EmptyCountersign,
  count: number,
  progress: Progress,
): Promise<CreatedAppClient[]> {
  const clients: CreatedAppClient[] = [];
  await inLanes(Array.from({ length: count }), lanes, async () => {
    clients.push(await createAppClient({ url, apiKey: testApiKey }));
    progress(`${name}: app client ${clients.length} of ${count}`);
  });
  await sleep(toldAfterMs);
  await inLanes(clients, lanes, (client) => tokenFor({ url }, secretOf(client)));
  return clients;
}

type Guesser = (kind: Kind) => Promise<number>;

async function takeRound(guess: Guesser, samples: number): Promise<Map<Kind, number[]>> {
  const took = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]));
  for (let sample = 0; sample < samples; sample += 1) {
    for (const kind of sample % 2 === 0 ? kinds : kinds.toReversed()) {
      took.get(kind)!.push(await guess(kind));
    }
  }
  return took;
}

/**
 * Tells how many microseconds a refusal took. Each guess comes from an address of its own, so that none
 * is throttled: that would be a difference to see.
 */
function createGuesser(server: EmptyCountersign, clients: readonly CreatedAppClient[]): Guesser {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let count = 0;
  return async (kind) => {
    const guess = { grant_type: "client_credentials", ...guesses[kind](clients[count]!) };
    const body = new URLSearchParams(guess).toString();
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "content-length": body.length,
      "x-forwarded-for": `10.0.${count >> 8}.${count & 255}`,
    };
    count += 1;
    const sentMs = performance.now();
    const request = startRequest(`${server.url}/oauth2/token`, { method: "POST", agent, headers });
    request.end(body);
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    const said = await text(answer);
    const tookMs = performance.now() - sentMs;
    if (answer.statusCode !== 401) throw new Error(`${kind}: ${answer.statusCode} ${said}`);
    return tookMs * 1_000;
  };
}

/** Each kind is held against both others. */
const rowsOf = (medians: Map<Kind, number[]>): Row[] =>
  [...medians].map(([kind, took]) => ({
    group: name,
    name: kind,
    unit: "µs",
    value: summarize(took),
    comparisons: kinds
      .filter((other) => other !== kind)
      .map((to) => ({ to, atLeast, ratio: summarize(pairedRatios(took, medians.get(to)!)) })),
  }));
