import { randomBytes } from "node:crypto";
import { apiKeyRequest } from "../load/load.ts";
import { runRounds } from "../rounds.ts";
import { rowsOf, type Gate } from "../row.ts";
import type { Served } from "../servers/served.ts";
import { contestantOf, warmUp, type Group } from "./group.ts";
import { createIssuer, startProtectedApi } from "./verifier.ts";

/** The SDK's verifier asked about the same API keys, and about the same tokens, again and again. */

const name = "api-keys";
const tokens = "SDK, repeated tokens";
const keys = "SDK, repeated API keys";

const gates: readonly Gate[] = [{ of: keys, to: tokens, atLeast: 0.9 }];
const count = 1_000;

export const apiKeys: Group = {
  name,
  async measure(context) {
    const issuer = createIssuer();
    const plainKeys = Array.from({ length: count }, () => randomBytes(40).toString("hex"));
    const variants = [
      { name: tokens, protection: "countersign", texts: issuer.requests(count) },
      {
        name: keys,
        protection: "countersign with API keys",
        texts: plainKeys.map((plainKey) => apiKeyRequest("/v2/corpora", plainKey)),
      },
    ] as const;
    const served: Served[] = [];
    try {
      const driven = [];
      for (const { name, protection, texts } of variants) {
        const server = await startProtectedApi(issuer, protection);
        served.push(server);
        const one = { name, server, requests: name, each: "again" as const };
        await context.load.prepare(name, [...texts]);
        await warmUp(context, one);
        driven.push(one);
      }
      const contestants = driven.map((one) => contestantOf(context, one));
      return rowsOf(name, "requests/s", await runRounds(contestants, context), gates);
    } finally {
      await Promise.all(served.map((server) => server.stop()));
    }
  },
};
