import { call, createAppClient, tokenFor } from "../../server/test/calls.ts";
import { testApiKey } from "../../server/test/server.ts";
import { cores } from "../children.ts";
import { formRequest } from "../load/load.ts";
import type { Progress } from "../progress.ts";
import { runRounds } from "../rounds.ts";
import { rowsOf, type Gate, type Row } from "../row.ts";
import { startCountersign, type Countersign } from "../servers/countersign.ts";
import { tokenRequest } from "../servers/token-server.ts";
import { connections, contestantOf, warmUp, type Group, type GroupContext } from "./group.ts";

/** Asking whether a token counts, beside getting one: both from one server, one after the other. */

const name = "introspection";
const issuing = "token endpoint";
const again = "introspection, repeated tokens";
const first = "introspection, first-time tokens";

const forgetting = "introspection, other tokens";

const gates: readonly Gate[] = [
  { of: again, to: issuing, atLeast: 0.7 },
  { of: first, to: issuing },
];

const askersCount = 8;
/** As many as there are clients: the server remembers that their signatures are good. */
const repeatedCount = 1_000;
/** More than any server answers in a second of a round. */
const firstTimePerSecond = 12_000;
/** As many as the server remembers: who asks about these has made it forget all others. */
const rememberedCount = 10_000;
const forgetMsMax = 20_000;

export const introspection: Group = {
  name,
  async measure(context) {
    const server = await startCountersign(context.progress);
    try {
      return await compare(context, server);
    } finally {
      await server.stop();
    }
  },
};

async function compare(context: GroupContext, server: Countersign): Promise<Row[]> {
  const { load, progress, seconds } = context;
  const firstTimeCount = Math.ceil(firstTimePerSecond * seconds);
  const asking = await introspectionRequests(server, firstTimeCount + rememberedCount, progress);
  const driven = [
    {
      name: issuing,
      texts: server.clients.map((client) => tokenRequest("/oauth2/token", client)),
      check: async (sample: string) => expectMember(sample, "token_type", "Bearer"),
    },
    { name: again, texts: asking.slice(0, repeatedCount), check: expectActive },
    { name: first, texts: asking.slice(0, firstTimeCount), check: expectActive },
  ].map((one) => ({ ...one, server, requests: one.name, each: "again" as const }));
  for (const one of driven) {
    await load.prepare(one.requests, one.texts);
    await warmUp(context, one);
  }
  await load.prepare(forgetting, asking.slice(firstTimeCount));
  const prepare = async (): Promise<void> => {
    progress(`${name}: until the server has forgotten the tokens`);
    await forget(context, server);
  };
  const contestants = driven.map((one) => contestantOf(context, one));
  return rowsOf(name, "requests/s", await runRounds(contestants, { ...context, prepare }), gates);
}

const forget = ({ load }: GroupContext, { port, processId }: Countersign) =>
  load.run({
    port,
    processId,
    requests: forgetting,
    each: "once",
    connections,
    rampMs: 0,
    measureMs: forgetMsMax,
    awake: cores.load !== undefined,
  });

/** A gateway asks about the tokens of all clients. */
async function introspectionRequests(
  server: Countersign,
  count: number,
  progress: Progress,
): Promise<string[]> {
  const { clientId, plainSecret } = await createGateway(server);
  const texts: string[] = [];
  let made = 0;
  const ask = async (): Promise<void> => {
    for (let index = made++; index < count; index = made++) {
      const client = server.clients[index % server.clients.length]!;
      const token = await tokenFor(server, {
        client_id: client.clientId,
        client_secret: client.plainSecret,
      });
      const parameters = { token, client_id: clientId, client_secret: plainSecret };
      texts.push(formRequest("/oauth2/introspect", parameters));
      progress(`${name}: token ${texts.length} of ${count}`);
    }
  };
  await Promise.all(Array.from({ length: askersCount }, ask));
  return texts;
}

async function createGateway({ url }: Countersign) {
  const owner = { url, apiKey: testApiKey };
  const role = { name: "gateway", permissions: ["tokens:introspect"] };
  const { status, body } = await call(owner, "POST", "/v2/roles", { body: role });
  if (status !== 201) throw new Error(`no role for the gateway: ${JSON.stringify(body)}`);
  const { client_id, client_secret } = await createAppClient(owner, { api_roles: [role.name] });
  return { clientId: client_id, plainSecret: client_secret };
}

const expectActive = async (sample: string) => expectMember(sample, "active", true);

function expectMember(body: string, name: string, value: unknown): void {
  const found = (JSON.parse(body) as Record<string, unknown>)[name];
  if (found !== value) throw new Error(`"${name}" is not ${String(value)}: ${body}`);
}
