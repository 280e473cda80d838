import { once } from "node:events";
import { request } from "undici";
import { call } from "../../server/test/calls.ts";
import { freePort, testApiKey } from "../../server/test/server.ts";
import { cores, startChild, type Child } from "../children.ts";
import type { ClientMessage, ClientOrder, ClientResult } from "../load/client.ts";
import { runRounds, type Contestant, type Measurement } from "../rounds.ts";
import { rowsOf, type Row } from "../row.ts";
import { startCountersign, type Countersign } from "../servers/countersign.ts";
import { startServed } from "../servers/served.ts";
import { summarize } from "../statistics.ts";
import { connections, type Group, type GroupContext } from "./group.ts";

/**
 * What it costs to send a request through a connection: the same request of the same client, `undici`, to
 * the API itself and through the proxy, which puts the token in. The API and the client share a core,
 * the proxy has the other. By processor time, a direct request is the client's time alone and one that is
 * proxied the proxy's alone: what one core gives to each when all others are somebody else's.
 */

const name = "proxy";
const gate = { throughput: 0.5, moreMs: 1, streamBytes: 100_000_000, grownBytes: 20_000_000 };
const streamedBytes = 1_000_000_000;
/** As all servers are: until the compiler has seen what is hot. */
const warmUp = { forMs: 20_000, requestsMax: 80_000 };
const alone = { connections: 1, forMs: 5_000, requestsMax: 400 };

const directName = "direct, with undici";
const ceilingName = "ceiling: bare node:http and undici";
const proxiedName = "through a connection";

interface Target extends Pick<ClientOrder, "origin" | "path" | "headers" | "processId"> {
  name: string;
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
    const client = startClient();
    try {
      const id = await connect(server, api.url);
      const headers = { "x-api-key": testApiKey };
      const direct: Target = {
        name: directName,
        origin: api.url,
        path: "/api/things",
        headers: { authorization: "Bearer at" },
        processId: undefined,
      };
      const ceiling: Target = {
        name: ceilingName,
        origin: `http://127.0.0.1:${bare.port}`,
        path: "/api/things",
        headers,
        processId: bare.processId,
      };
      const proxied: Target = {
        name: proxiedName,
        origin: server.url,
        path: `/v2/connections/${id}/proxy/things`,
        headers,
        processId: server.processId,
      };
      return [
        ...(await compare(context, client, [direct, ceiling, proxied])),
        ...(await streamed({ proxied, server }, context.progress)),
      ];
    } finally {
      await client.stop();
      await server.stop();
      await bare.stop();
      await api.child.stop();
    }
  },
};

interface Client {
  run(order: ClientOrder): Promise<ClientResult>;
  stop(): Promise<void>;
}

function startClient(): Client {
  const child = startChild(new URL("../load/client.ts", import.meta.url), { core: cores.load });
  const ended = once(child.process, "exit").then(() => {
    throw new Error(`the client ended: ${child.output()}`);
  });
  ended.catch(() => undefined);
  return {
    async run(order) {
      const answered = once(child.process, "message");
      child.process.send(order);
      const [answer] = (await Promise.race([answered, ended])) as [ClientMessage];
      if ("failure" in answer) throw new Error(answer.failure);
      return answer.result;
    },
    stop: child.stop,
  };
}

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

async function compare(
  { rounds, seconds, progress }: GroupContext,
  client: Client,
  targets: readonly Target[],
): Promise<Row[]> {
  for (const { name: of, ...target } of targets) {
    progress(`${of}: warming up`);
    await client.run({ ...target, connections, ...warmUp });
  }
  const middles = new Map<string, number[]>(targets.map(({ name: of }) => [of, []]));
  const contestants = targets.map(({ name: of, ...target }): Contestant => ({
    name: of,
    async measure() {
      const forMs = seconds * 1_000;
      const many = await client.run({ ...target, connections, forMs, requestsMax: Infinity });
      const { tookMs } = await client.run({ ...target, ...alone });
      middles.get(of)!.push(summarize(tookMs).median);
      return toMeasurement(many);
    },
  }));
  const measured = await runRounds(contestants, { rounds, progress });
  const direct = middles.get(directName)!;
  const more = middles.get(proxiedName)!.map((ms, round) => ms - direct[round]!);
  return [
    ...rowsOf(name, "requests/s", measured, [
      { of: ceilingName, to: directName },
      { of: proxiedName, to: directName, atLeast: gate.throughput },
      { of: proxiedName, to: ceilingName },
    ]),
    {
      group: name,
      comparisons: [],
      name: "more time, one at a time (p50)",
      unit: "ms",
      value: summarize(more),
      below: gate.moreMs,
    },
  ];
}

function toMeasurement({ answers, elapsedMs, busyMs }: ClientResult): Measurement {
  const perSecond = (answers / elapsedMs) * 1_000;
  if (busyMs === undefined) return { perSecond, perBusySecond: perSecond };
  const perBusySecond = (answers / busyMs) * 1_000;
  return { perSecond, perBusySecond, serverBusy: busyMs / elapsedMs };
}

/**
 * How much the server's memory rises while a large answer passes through, and how much more while the
 * next one does. The first rise is garbage: what was read from a socket lies outside of the heap, and V8
 * does not collect it before there are 64 MB, however many answers it belongs to.
 */
async function streamed(
  { proxied, server }: { proxied: Target; server: Countersign },
  progress: GroupContext["progress"],
): Promise<Row[]> {
  const before = await memoryOf(server);
  progress(`${name}: streaming ${streamedBytes} bytes`);
  const first = await mostWhileStreaming(proxied, server);
  progress(`${name}: and again`);
  const second = await mostWhileStreaming(proxied, server);
  const base = { group: name, unit: "bytes", comparisons: [] };
  return [
    {
      ...base,
      name: "memory that a stream of 1 GB takes",
      value: summarize([first - before]),
      below: gate.streamBytes,
    },
    {
      ...base,
      name: "memory that a second one takes in addition",
      value: summarize([Math.max(0, second - first)]),
      below: gate.grownBytes,
    },
  ];
}

async function mostWhileStreaming(
  { origin, path, headers }: Target,
  server: Countersign,
): Promise<number> {
  const bytes = `${origin}${path.replace("/things", "/bytes")}?count=${streamedBytes}`;
  const { body } = await request(bytes, { headers });
  let most = 0;
  let got = 0;
  let lookAt = 0;
  for await (const chunk of body) {
    got += (chunk as Buffer).length;
    if (got < lookAt) continue;
    lookAt = got + streamedBytes / 50;
    most = Math.max(most, await memoryOf(server));
  }
  if (got !== streamedBytes) throw new Error(`${got} bytes came through`);
  return most;
}

const memoryOf = (server: Countersign): Promise<number> =>
  server.metric("process_resident_memory_bytes");
