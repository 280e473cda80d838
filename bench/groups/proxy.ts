import { once } from "node:events";
import { Pool } from "undici";
import { call } from "../../server/test/calls.ts";
import { freePort, testApiKey } from "../../server/test/server.ts";
import { cores, startChild, type Child } from "../children.ts";
import type { Row } from "../row.ts";
import { startCountersign, type Countersign } from "../servers/countersign.ts";
import { startServed } from "../servers/served.ts";
import { pairedRatios, summarize } from "../statistics.ts";
import { connections, type Group, type GroupContext } from "./group.ts";

/**
 * What it costs to send a request through a connection: the same request of the same client, `undici`, to
 * the API itself and through the proxy, which puts the token in. The API and the client share a core,
 * the proxy has the other.
 */

const name = "proxy";
const gate = { throughput: 0.5, moreMs: 1, grownBytes: 20_000_000 };
const streamedBytes = 1_000_000_000;
const warmUpRequests = 5_000;
const alone = 400;

const directName = "direct, with undici";
const ceilingName = "ceiling: bare node:http and undici";
const inOrder = ["direct", "ceiling", "proxied"] as const;
type Which = (typeof inOrder)[number];

interface Target {
  pool: Pool;
  path: string;
  headers: Record<string, string>;
}

export const proxy: Group = {
  name,
  async measure(context) {
    const api = await startApi();
    const server = await startCountersign(context.progress, {
      COUNTERSIGN_OUTBOUND_ALLOW: "127.0.0.0/8",
    });
    const setup = { port: await freePort(), api: api.url };
    const bare = await startServed(new URL("../bare-proxy.ts", import.meta.url), setup);
    const pools: Pool[] = [];
    try {
      const id = await connect(server, api.url);
      const target = (origin: string, path: string, headers: Record<string, string>): Target => {
        const pool = new Pool(origin, { connections });
        pools.push(pool);
        return { pool, path, headers };
      };
      const direct = target(api.url, "/api", { authorization: "Bearer at" });
      const headers = { "x-api-key": testApiKey };
      const proxied = target(server.url, `/v2/connections/${id}/proxy`, headers);
      const ceiling = target(`http://127.0.0.1:${bare.port}`, "/api", headers);
      return await compare(context, { direct, ceiling, proxied, server });
    } finally {
      await Promise.all(pools.map((pool) => pool.close()));
      await server.stop();
      await bare.stop();
      await api.child.stop();
    }
  },
};

async function startApi(): Promise<{ url: string; child: Child }> {
  const port = await freePort();
  const child = startChild(new URL("../outside-api.ts", import.meta.url), { core: cores.load });
  child.process.send({ port });
  await once(child.process, "message");
  return { url: `http://127.0.0.1:${port}`, child };
}

/** A connection that needs nobody. */
async function connect({ url }: Countersign, apiUrl: string): Promise<string> {
  const server = { url, apiKey: testApiKey };
  const body = {
    name: "Outside",
    base_url: `${apiUrl}/api`,
    grant_type: "client_credentials",
    access_token_url: `${apiUrl}/token`,
    client_id: "bench",
    client_secret: "secret",
  };
  const datasource = await call<{ id: string }>(server, "POST", "/v2/datasources", { body });
  const path = `/v2/datasources/${datasource.body.id}/connections`;
  return (await call<{ id: string }>(server, "POST", path, { body: {} })).body.id;
}

interface Compared {
  direct: Target;
  /** A proxy that does nothing but pass on. */
  ceiling: Target;
  proxied: Target;
  server: Countersign;
}

async function compare(
  { rounds, seconds, progress }: GroupContext,
  { server, ...targets }: Compared,
): Promise<Row[]> {
  for (const one of Object.values(targets)) {
    for (let sent = 0; sent < warmUpRequests; sent += 1) await send(one, "/things");
  }
  const perSecond: Record<Which, number[]> = { direct: [], ceiling: [], proxied: [] };
  const moreMs: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    progress(`${name}: round ${round} of ${rounds}`);
    const order = round % 2 === 1 ? inOrder : inOrder.toReversed();
    const middles = { direct: 0, ceiling: 0, proxied: 0 };
    for (const which of order) {
      const target = targets[which];
      perSecond[which].push(await throughput(target, seconds * 1_000));
      middles[which] = await middleMs(target);
    }
    moreMs.push(middles.proxied - middles.direct);
  }
  const beside = (one: Which, other: Which) =>
    summarize(pairedRatios(perSecond[one], perSecond[other]));
  const base = { group: name, comparisons: [] };
  return [
    {
      ...base,
      name: directName,
      unit: "requests/s",
      value: summarize(perSecond.direct),
    },
    {
      group: name,
      name: ceilingName,
      unit: "requests/s",
      value: summarize(perSecond.ceiling),
      comparisons: [{ to: directName, ratio: beside("ceiling", "direct"), atLeast: undefined }],
    },
    {
      group: name,
      name: "through a connection",
      unit: "requests/s",
      value: summarize(perSecond.proxied),
      comparisons: [
        { to: directName, ratio: beside("proxied", "direct"), atLeast: gate.throughput },
        { to: ceilingName, ratio: beside("proxied", "ceiling"), atLeast: undefined },
      ],
    },
    {
      ...base,
      name: "more time, one at a time (p50)",
      unit: "ms",
      value: summarize(moreMs),
      below: gate.moreMs,
    },
    ...(await streamed({ proxied: targets.proxied, server }, progress)),
  ];
}

async function send({ pool, path, headers }: Target, below: string): Promise<void> {
  const answer = await pool.request({ method: "GET", path: path + below, headers });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`);
}

async function throughput(target: Target, forMs: number): Promise<number> {
  const startedMs = performance.now();
  let count = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - startedMs < forMs) {
      await send(target, "/things");
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  return (count / (performance.now() - startedMs)) * 1_000;
}

async function middleMs(target: Target): Promise<number> {
  const took: number[] = [];
  for (let sent = 0; sent < alone; sent += 1) {
    const startedMs = performance.now();
    await send(target, "/things");
    took.push(performance.now() - startedMs);
  }
  return summarize(took).median;
}

/**
 * How much the server's memory rises while a large answer passes through: at first by what is on its way
 * and not yet collected, and then no more, however large the answer.
 */
async function streamed(
  { proxied, server }: { proxied: Target; server: Countersign },
  progress: GroupContext["progress"],
): Promise<Row[]> {
  progress(`${name}: streaming ${streamedBytes} bytes`);
  const memory = (): Promise<number> => server.metric("process_resident_memory_bytes");
  const before = await memory();
  const most = { beginning: before, rest: before };
  const { pool, path, headers } = proxied;
  const asked = { method: "GET" as const, path: `${path}/bytes?count=${streamedBytes}`, headers };
  const { body } = await pool.request(asked);
  let got = 0;
  let lookAt = 0;
  for await (const chunk of body) {
    got += (chunk as Buffer).length;
    if (got < lookAt) continue;
    lookAt = got + streamedBytes / 50;
    const part = got < streamedBytes / 5 ? "beginning" : "rest";
    most[part] = Math.max(most[part], await memory());
  }
  if (got !== streamedBytes) throw new Error(`${got} bytes came through`);
  const base = { group: name, unit: "bytes", comparisons: [] };
  return [
    {
      ...base,
      name: "memory that the first 200 MB of 1 GB take",
      value: summarize([most.beginning - before]),
    },
    {
      ...base,
      name: "memory that the rest takes in addition",
      value: summarize([Math.max(0, most.rest - most.beginning)]),
      below: gate.grownBytes,
    },
  ];
}
