import { generateKeyPairSync, randomUUID, sign, type KeyObject } from "node:crypto";
import type { JSONWebKeySet } from "jose";
import { derToFixed } from "../../server/src/keys/ecdsa-signature.ts";
import { freePort } from "../../server/test/server.ts";
import { bearerRequest } from "../load/load.ts";
import type { Protection, ProtectedApiSetup } from "../protected-api.ts";
import { runRounds } from "../rounds.ts";
import { rowsOf, type Gate, type Row } from "../row.ts";
import { startServed, type Served } from "../servers/served.ts";
import { contestantOf, warmUp, type Group, type GroupContext } from "./group.ts";

/** The same small API with nothing, the SDK's verifier or `jose` before it. */

const name = "verifier";
const none = "no verification";
const repeated = "SDK, repeated tokens";
const first = "SDK, first-time tokens";
const jose = "jose, first-time tokens";

const gates: readonly Gate[] = [
  { of: repeated, to: none, atLeast: 0.85 },
  { of: first, to: jose, atLeast: 1 },
];

/** As many as there are clients in the group for tokens; the verifier remembers all of them. */
const repeatedCount = 1_000;
/** More than any server verifies in a second of a round. */
const firstTimePerSecond = 22_000;

const variants: readonly { name: string; protection: Protection; isRepeated: boolean }[] = [
  { name: none, protection: "none", isRepeated: true },
  { name: repeated, protection: "countersign", isRepeated: true },
  { name: first, protection: "countersign", isRepeated: false },
  { name: jose, protection: "jose", isRepeated: false },
];

export const verifier: Group = {
  name,
  async measure(context) {
    const issuer = createIssuer();
    const served: Served[] = [];
    try {
      for (const { protection } of variants)
        served.push(await startProtectedApi(issuer, protection));
      return await compare(context, issuer, served);
    } finally {
      await Promise.all(served.map((server) => server.stop()));
    }
  },
};

async function compare(
  context: GroupContext,
  issuer: Issuer,
  served: readonly Served[],
): Promise<Row[]> {
  const { load, seconds, progress } = context;
  const fresh = "first-time tokens";
  const same = "repeated tokens";
  const prepareFresh = async (): Promise<void> => {
    progress(`${name}: signing tokens that nobody has seen`);
    await load.prepare(fresh, issuer.requests(Math.ceil(firstTimePerSecond * (seconds + 0.3))));
  };
  const driven = variants.map(({ name, isRepeated }, index) => ({
    name,
    server: served[index]!,
    requests: isRepeated ? same : fresh,
    each: isRepeated ? ("again" as const) : ("once" as const),
  }));
  await load.prepare(same, issuer.requests(repeatedCount));
  await prepareFresh();
  for (const one of driven) await warmUp(context, one);
  const contestants = driven.map((one) => contestantOf(context, one));
  const measured = await runRounds(contestants, { ...context, prepare: prepareFresh });
  return rowsOf(name, "requests/s", measured, gates);
}

export interface Issuer {
  url: string;
  audience: string;
  keySet: JSONWebKeySet;
  /** Requests with a token of its own each. */
  requests(count: number): string[];
}

export async function startProtectedApi(issuer: Issuer, protection: Protection): Promise<Served> {
  const { url, audience, keySet } = issuer;
  const setup: ProtectedApiSetup = {
    port: await freePort(),
    protection,
    issuer: url,
    audience,
    keySet,
  };
  return startServed(new URL("../protected-api.ts", import.meta.url), setup);
}

/** Signs tokens as Countersign's are, without a server. */
export function createIssuer(): Issuer {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const url = "http://127.0.0.1:8080";
  const keyId = randomUUID();
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: keyId, alg: "ES256", use: "sig" };
  const header = encode({ alg: "ES256", typ: "at+jwt", kid: keyId });
  return {
    url,
    audience: url,
    keySet: { keys: [jwk] },
    requests: (count) =>
      Array.from({ length: count }, () => {
        const token = signToken(`${header}.${encode(claimsAt(url, Date.now()))}`, privateKey);
        return bearerRequest("/v2/corpora", token);
      }),
  };
}

function claimsAt(url: string, atMs: number): object {
  const issuedAt = Math.floor(atMs / 1000);
  return {
    iss: url,
    sub: "app_0123456789ABCDEFGHIJKL",
    aud: url,
    exp: issuedAt + 1_800,
    iat: issuedAt,
    jti: randomUUID(),
    client_id: "app_0123456789ABCDEFGHIJKL",
    scope: "corpora:read corpora:query documents:read jobs:read encoders:read llms:read",
    roles: ["corpus_viewer"],
    tenant: "tnt_first",
    pos: 1_000,
    cred: "crd_0123456789ABCDEFGHIJKL",
  };
}

function signToken(signingInput: string, privateKey: KeyObject): string {
  const signature = derToFixed(sign("sha256", Buffer.from(signingInput), privateKey));
  return `${signingInput}.${signature.toString("base64url")}`;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
