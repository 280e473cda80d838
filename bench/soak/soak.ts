import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { call } from "../../server/test/calls.ts";
import { testDatabase } from "../../server/test/postgres.ts";
import type { Progress } from "../progress.ts";
import { startFleet, type Fleet } from "./fleet.ts";
import type { Rotation } from "./ledger.ts";
import { noFaults, startSoakProvider, type SoakProvider } from "./provider.ts";

/**
 * Ten minutes in the life of a service that holds many connections: tokens live two minutes and rotate,
 * processes are killed, the network is cut, answers are lost. What is held against the provider's ledger
 * afterwards is every single connection.
 */

export interface SoakOptions {
  minutes: number;
  connections: number;
  progress: Progress;
}

export interface SoakResult {
  connections: number;
  minutes: number;
  kills: number;
  cuts: number;
  rotations: number;
  requestsLost: number;
  answersLost: number;
  requestsSent: number;
  /** Answered by the API with the owner's own token. */
  works: number;
  /** Given up rightly: the provider had answered into the void. */
  uncertain: number;
  /** Could have been saved. */
  lost: string[];
  /** Says what is not so. */
  lies: string[];
}

const lifetimeSeconds = 120;
const killEveryMs = 15_000;
const cutEveryMs = 40_000;
const cutMs = 4_000;
const sendingMax = 8;
const creatorsMax = 8;
const settleMs = 45_000;
/** Longer than it takes to store what came. */
const storedMs = 1_000;
const faults = { isCut: false, requestLost: 0.02, answerLost: 0.002, failing: 0.02 };

export async function soak({ minutes, connections, progress }: SoakOptions): Promise<SoakResult> {
  const provider = await startSoakProvider(lifetimeSeconds);
  const fleet = await startFleet({
    COUNTERSIGN_DATABASE_URL: await testDatabase(),
    COUNTERSIGN_OUTBOUND_ALLOW: "127.0.0.0/8",
    COUNTERSIGN_PROVIDER_TIMEOUT_SECONDS: "5",
  });
  try {
    const ids = await createAll(fleet, provider, connections, progress);
    const [requestsSent, cuts] = await endure({ fleet, provider, ids, minutes, progress });
    progress("soak: everything works again; settling");
    provider.faults.now = noFaults;
    await sleep(settleMs);
    const verdicts = await judgeAll(fleet, provider, ids, progress);
    const { rotations, requestsLost, answersLost } = provider.counts;
    const told = { rotations, requestsLost, answersLost, requestsSent, cuts };
    return { connections, minutes, kills: fleet.killedAtMs.length, ...told, ...verdicts };
  } finally {
    await fleet.stop();
    provider.stop();
  }
}

async function createAll(
  fleet: Fleet,
  { url, ledger }: SoakProvider,
  count: number,
  progress: Progress,
): Promise<Map<string, string>> {
  const server = { url: fleet.url(), apiKey: fleet.apiKey };
  const body = {
    name: "Soak",
    base_url: `${url}/api`,
    authorization_url: `${url}/authorize`,
    access_token_url: `${url}/token`,
    client_id: "soak",
    client_secret: "secret",
  };
  const datasource = await call<{ id: string }>(server, "POST", "/v2/datasources", { body });
  const path = `/v2/datasources/${datasource.body.id}/connections`;
  const ids = new Map<string, string>();
  const owners = Array.from({ length: count }, (_, index) => `owner-${index}`);
  await inParallel(creatorsMax, owners, async (owner) => {
    const { refreshToken: refresh_token } = ledger.grant(owner);
    const made = await call<{ id: string }>(server, "POST", path, {
      body: { owner, refresh_token },
    });
    ids.set(made.body.id, owner);
    if (ids.size % 100 === 0) progress(`soak: ${ids.size} of ${count} connections`);
  });
  return ids;
}

interface Endured {
  fleet: Fleet;
  provider: SoakProvider;
  ids: Map<string, string>;
  minutes: number;
  progress: Progress;
}

/** Answers how many requests were sent, and how often the network was cut. */
async function endure({ fleet, provider, ids, minutes, progress }: Endured) {
  const endsAtMs = performance.now() + minutes * 60_000;
  const isOver = (): boolean => performance.now() >= endsAtMs;
  const all = [...ids.keys()];
  let [requests, cuts] = [0, 0];
  provider.faults.now = faults;

  const kill = async (): Promise<void> => {
    while (!isOver()) {
      await sleep(killEveryMs * (0.5 + Math.random()));
      if (!isOver()) await fleet.killOne();
    }
  };
  const cut = async (): Promise<void> => {
    while (!isOver()) {
      await sleep(cutEveryMs * (0.5 + Math.random()));
      provider.faults.now = { ...faults, isCut: true };
      cuts += 1;
      await sleep(cutMs);
      provider.faults.now = faults;
    }
  };
  /** What comes back does not matter now: some of it finds a process that has just been killed. */
  const use = async (): Promise<void> => {
    while (!isOver()) {
      const id = all[Math.floor(Math.random() * all.length)]!;
      await through(fleet, id).catch(() => undefined);
      requests += 1;
      await sleep(20);
    }
  };
  const tell = async (): Promise<void> => {
    while (!isOver()) {
      const leftS = Math.round((endsAtMs - performance.now()) / 1_000);
      const { rotations, answersLost } = provider.counts;
      progress(
        `soak: ${leftS} s left, ${rotations} rotations, ${answersLost} answers lost, ${fleet.killedAtMs.length} kills`,
      );
      await sleep(5_000);
    }
  };
  await Promise.all([kill(), cut(), tell(), ...Array.from({ length: sendingMax }, use)]);
  return [requests, cuts] as const;
}

async function through(fleet: Fleet, id: string): Promise<{ status: number; owner?: string }> {
  const response = await fetch(`${fleet.url()}/v2/connections/${id}/proxy/me`, {
    headers: { "x-api-key": fleet.apiKey },
    signal: AbortSignal.timeout(30_000),
  });
  const body = (await response.json()) as { owner?: string };
  return { status: response.status, ...(body.owner === undefined ? {} : { owner: body.owner }) };
}

/** One that waits before it is tried again is tried now. */
async function throughAtLast(fleet: Fleet, id: string): ReturnType<typeof through> {
  const used = await through(fleet, id);
  if (used.status !== 503) return used;
  const server = { url: fleet.url(), apiKey: fleet.apiKey };
  await call(server, "POST", `/v2/connections/${id}/refresh`);
  return through(fleet, id);
}

/** Each connection is used once more, and what it says of itself is compared with the ledger. */
async function judgeAll(
  fleet: Fleet,
  provider: SoakProvider,
  ids: Map<string, string>,
  progress: Progress,
): Promise<Pick<SoakResult, "works" | "uncertain" | "lost" | "lies">> {
  const result = { works: 0, uncertain: 0, lost: [] as string[], lies: [] as string[] };
  let seen = 0;
  await inParallel(sendingMax, [...ids], async ([id, owner]) => {
    const used = await throughAtLast(fleet, id);
    seen += 1;
    if (seen % 100 === 0) progress(`soak: ${seen} of ${ids.size} judged`);
    if (used.status === 200) {
      if (used.owner === owner) result.works += 1;
      else result.lies.push(`${id} of ${owner} sent the token of ${used.owner}`);
      return;
    }
    const server = { url: fleet.url(), apiKey: fleet.apiKey };
    const { body } = await call<Connection>(server, "GET", `/v2/connections/${id}`);
    const about = `${id} (${owner}): ${body.state} ${body.reason?.code ?? ""}, ${used.status}`;
    if (body.state !== "uncertain") result.lost.push(about);
    else if (isGone(provider, fleet, owner)) result.uncertain += 1;
    else {
      const { isForgiving, rotation } = provider.ledger.of(owner);
      const near = `${Math.round(killedNearMs(fleet, rotation))} ms from a kill`;
      result.lies.push(`${about}, ${isForgiving ? "forgiving" : "strict"}, rotated ${near}`);
    }
  });
  return result;
}

/**
 * On the way, or with a process that was killed when it had asked, or before it had stored what it had
 * been given; and of a provider that does not take the token before it again.
 */
function isGone({ ledger }: SoakProvider, fleet: Fleet, owner: string): boolean {
  const { isForgiving, rotation } = ledger.of(owner);
  return !isForgiving && (rotation.isAnswerLost || killedNearMs(fleet, rotation) < storedMs);
}

/** How far the nearest kill is from it, before or after. */
const killedNearMs = ({ killedAtMs }: Fleet, { atMs }: Rotation): number =>
  Math.min(...killedAtMs.map((killedMs) => Math.abs(killedMs - atMs)));

async function inParallel<Item>(
  atOnce: number,
  items: Item[],
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await act(next);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
