import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { claimsOf } from "../../server/test/calls.ts";
import { freePort } from "../../server/test/server.ts";
import { runRounds } from "../rounds.ts";
import { rowsOf, type Gate } from "../row.ts";
import { startCountersign, type Countersign } from "../servers/countersign.ts";
import { startServed, type Served } from "../servers/served.ts";
import { tokenRequest, type ExtraClaims, type TokenServerSetup } from "../servers/token-server.ts";
import { contestantOf, warmUp, type Group, type GroupContext } from "./group.ts";
import { memoryRow } from "./storage.ts";

/** The token endpoint beside the least that any must do, and beside another authorization server. */

const name = "token";
const countersign = "Countersign";
const ceiling = "ceiling: bare node:http";
const ceilingInTurns = "ceiling, in turns";
const peer = "oidc-provider 9.13.3";

const gates: readonly Gate[] = [
  { of: countersign, to: ceiling, atLeast: 0.8 },
  { of: countersign, to: ceilingInTurns },
  { of: countersign, to: peer, atLeast: 2.5 },
];

const ceilingScript = new URL("../ceiling.ts", import.meta.url);
const peerScript = new URL("../oidc-provider.ts", import.meta.url);
const others = [
  { name: ceiling, script: ceilingScript, path: "/", inTurns: false },
  { name: ceilingInTurns, script: ceilingScript, path: "/", inTurns: true },
  { name: peer, script: peerScript, path: "/token", inTurns: false },
];

export const token: Group = {
  name,
  async measure(context) {
    const ours = await startCountersign(context.progress);
    const servers = [{ name: countersign, server: tokenServerOf(ours), path: "/oauth2/token" }];
    try {
      for (const { name, script, path, inTurns } of others) {
        servers.push({ name, server: await startBeside(ours, script, inTurns), path });
      }
      const measured = await compare(context, ours, servers);
      return [...rowsOf(name, "tokens/s", measured, gates), await memoryRow(name, ours)];
    } finally {
      await Promise.all(servers.map(({ server }) => server.stop()));
    }
  },
};

interface TokenServer extends Served {
  issuer: string;
  jwksUri: string;
}

const tokenServerOf = (ours: Countersign): TokenServer => ({
  ...ours,
  issuer: ours.url,
  jwksUri: `${ours.url}/oauth2/jwks`,
});

/** Knows the same clients, and issues tokens with the same audience, lifetime and further claims. */
async function startBeside(ours: Countersign, script: URL, inTurns: boolean): Promise<TokenServer> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const { scope, roles, tenant, pos, cred, exp, iat } = claimsOf(ours.token);
  const setup: TokenServerSetup = {
    port,
    issuer,
    audience: ours.url,
    inTurns,
    lifetimeSeconds: Number(exp) - Number(iat),
    clients: ours.clients,
    claims: { scope, roles, tenant, pos, cred } as ExtraClaims,
  };
  return { ...(await startServed(script, setup)), issuer, jwksUri: `${issuer}/jwks` };
}

async function compare(
  context: GroupContext,
  ours: Countersign,
  servers: { name: string; server: TokenServer; path: string }[],
) {
  const driven = servers.map(({ name, server, path }) => ({
    name,
    server,
    requests: `token ${path}`,
    each: "again" as const,
    check: (sample: string) => checkToken(sample, server, ours.url),
    texts: ours.clients.map((client) => tokenRequest(path, client)),
  }));
  for (const one of driven) {
    await context.load.prepare(one.requests, one.texts);
    await warmUp(context, one);
  }
  const contestants = driven.map((one) => contestantOf(context, one));
  return runRounds(contestants, context);
}

/** One token of every measurement is verified by a library that is neither's. */
async function checkToken(sample: string, server: TokenServer, audience: string): Promise<void> {
  const { access_token: token } = JSON.parse(sample) as { access_token: string };
  const keys = (await (await fetch(server.jwksUri)).json()) as JSONWebKeySet;
  await jwtVerify(token, createLocalJWKSet(keys), {
    issuer: server.issuer,
    audience,
    typ: "at+jwt",
    algorithms: ["ES256"],
  });
}
