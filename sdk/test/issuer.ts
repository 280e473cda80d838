import { type ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import { audience, forge, type Forgery, makeKey, nowSeconds, type TestKey } from "./forge.ts";
import { answerJson, startServer } from "./local-server.ts";

/** An issuer that answers over real HTTP, and what a test may do to it. */
export interface TestIssuer {
  issuer: string;
  key: TestKey;
  /** The `keys` that its set lists. */
  listed: unknown[];
  /** The paths it was asked for. */
  requests: string[];
  /** Instead of the key set. */
  answerKeys: ((response: ServerResponse) => void) | undefined;
  cacheControl: string | undefined;
  metadata: Record<string, unknown>;
  /** The options of a verifier for its tokens. */
  options: { issuer: string; audience: string; now: () => number };
  clock: { nowMs: number };
  token(forgery?: Forgery): string;
}

const keys = { ES256: makeKey("ES256", "es-1"), RS256: makeKey("RS256", "rs-1") };
const keysByAlgorithm = { ...keys, EdDSA: makeKey("EdDSA", "ed-1") };

export async function startIssuer(
  test: TestContext,
  algorithm: TestKey["algorithm"] = "ES256",
): Promise<TestIssuer> {
  const issuer = await startServer(test, (request, response) => {
    const path = request.url ?? "";
    started.requests.push(path);
    if (path !== "/oauth2/jwks") return answerJson(response, 200, started.metadata);
    if (started.answerKeys !== undefined) return started.answerKeys(response);
    if (started.cacheControl) response.setHeader("cache-control", started.cacheControl);
    answerJson(response, 200, { keys: started.listed });
  });
  const key = keysByAlgorithm[algorithm];
  const clock = { nowMs: nowSeconds * 1000 };
  const started: TestIssuer = {
    issuer,
    key,
    listed: [key.jwk],
    requests: [],
    answerKeys: undefined,
    cacheControl: undefined,
    metadata: { issuer, jwks_uri: `${issuer}/oauth2/jwks` },
    options: { issuer, audience, now: () => clock.nowMs },
    clock,
    token: (forgery) => forge(key, issuer, forgery),
  };
  return started;
}

/** How often the key set was asked for. */
export function keyRequests({ requests }: TestIssuer): number {
  return requests.filter((path) => path === "/oauth2/jwks").length;
}
