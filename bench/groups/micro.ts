import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createVerifier } from "../../sdk/src/index.ts";
import type { HttpRequest } from "../../server/src/http/message.ts";
import { parseForm } from "../../server/src/http/parameters.ts";
import { derToFixed } from "../../server/src/keys/ecdsa-signature.ts";
import { digestOf, findMatchingDigest } from "../../server/src/keys/secret.ts";
import { runRounds, type Contestant } from "../rounds.ts";
import type { Row } from "../row.ts";
import { summarize } from "../statistics.ts";
import type { Group } from "./group.ts";
import { createIssuer } from "./verifier.ts";

/** What single steps cost, in this process and without a gate. */

const name = "micro";
const batchMs = 100;

export const micro: Group = {
  name,
  async measure(context) {
    const steps = [...signing(), ...parsing(), await verifying()];
    const contestants = steps.map(({ name, step }): Contestant => {
      repeat(step, batchMs);
      return { name, measure: async () => repeat(step, batchMs) };
    });
    const measured = await runRounds(contestants, context);
    return [...measured].map(([step, rounds]): Row => {
      const value = summarize(rounds.map(({ perSecond }) => 1_000_000 / perSecond));
      return { group: name, name: step, unit: "µs", value, comparisons: [] };
    });
  },
};

interface Step {
  name: string;
  step(): unknown;
}

function signing(): Step[] {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const data = randomBytes(600);
  const withOption = { key: privateKey, dsaEncoding: "ieee-p1363" as const };
  return [
    {
      name: "ES256: bare key, DER made fixed by us",
      step: () => derToFixed(sign("sha256", data, privateKey)),
    },
    {
      name: 'ES256: dsaEncoding "ieee-p1363"',
      step: () => sign("sha256", data, withOption),
    },
  ];
}

function parsing(): Step[] {
  const plainSecret = `cssk_${"a".repeat(50)}`;
  const digests = ["another", plainSecret].map((text) => Buffer.from(digestOf(text), "base64url"));
  const request: HttpRequest = {
    method: "POST",
    query: "",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    rawHeaders: [],
    body: `grant_type=client_credentials&client_id=app_0123456789ABCDEFGHIJKL&client_secret=${plainSecret}`,
    sourceAddress: "127.0.0.1",
    requestId: "",
  };
  return [
    {
      name: "find the matching of two digests",
      step: () => findMatchingDigest(plainSecret, digests),
    },
    { name: "parse the form of a token request", step: () => parseForm(request) },
  ];
}

async function verifying(): Promise<Step> {
  const issuer = createIssuer();
  const verifier = createVerifier({
    issuer: issuer.url,
    audience: issuer.audience,
    jwksUri: `${issuer.url}/jwks`,
    fetch: async () => Response.json(issuer.keySet),
  });
  const [request = ""] = issuer.requests(1);
  const authorization = /authorization: (.*)\r\n/.exec(request)![1]!;
  const credentials = { headers: { host: "127.0.0.1", authorization } };
  await verifier.verify(credentials);
  return { name: "verify a repeated token", step: () => verifier.verifyCached(credentials) };
}

function repeat(step: () => unknown, atLeastMs: number) {
  const start = performance.now();
  let count = 0;
  let elapsedMs = 0;
  while (elapsedMs < atLeastMs) {
    for (let index = 0; index < 100; index += 1) step();
    count += 100;
    elapsedMs = performance.now() - start;
  }
  const perSecond = (count / elapsedMs) * 1000;
  return { perSecond, perBusySecond: perSecond };
}
