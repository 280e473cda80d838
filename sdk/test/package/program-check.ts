import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { audience, encode, forge, makeKey, nowSeconds, signatureOf } from "../forge.ts";
import { answerJson, startServer } from "../local-server.ts";
import { startTokenServer } from "../token-server.ts";

const execute = promisify(execFile);

export interface RuntimeCommand {
  file: string;
  /** What stands before the program. */
  args: readonly string[];
  /** Instead of what this process has. */
  env?: Record<string, string>;
}

/**
 * Runs the program in the folder of an installed package, against an issuer of its own, and checks
 * what came of it. Answers what the runtime says it is.
 */
export async function checkProgram(
  t: TestContext,
  folder: string,
  { file, args, env }: RuntimeCommand,
): Promise<string> {
  const tokenServer = await startTokenServer(t);
  const { planUrl, expected } = await startPlan(t, tokenServer.origin);
  const { stdout } = await execute(file, [...args, "program.ts", planUrl], {
    cwd: folder,
    env,
    timeout: 30_000,
  });
  const { runtime, ...result } = JSON.parse(stdout) as { runtime: string };
  assert.deepEqual(result, expected, runtime);
  assert.equal(tokenServer.asked.length, 1, "asks for a token once");
  return runtime;
}

/** An issuer with a key of each kind, which also serves the plan and an API that repeats. */
async function startPlan(t: TestContext, tokenServer: string) {
  const kinds = ["ES256", "RS256", "EdDSA"] as const;
  const keys = kinds.map((kind) => makeKey(kind, `key-${kind}`));
  const issuer: string = await startServer(t, (request, response) => {
    const { url = "", headers } = request;
    if (url === "/plan/echo") return response.end(headers.authorization);
    const documents: Record<string, unknown> = {
      "/plan": { verifier: { issuer, audience }, nowMs: nowSeconds * 1000, tokens, tokenServer },
      "/oauth2/jwks": { keys: keys.map(({ jwk }) => jwk) },
      "/oauth2/introspect": goodApiKey,
    };
    const metadata = {
      issuer,
      jwks_uri: `${issuer}/oauth2/jwks`,
      introspection_endpoint: `${issuer}/oauth2/introspect`,
    };
    answerJson(response, 200, documents[url] ?? metadata);
  });
  const cases = keys.flatMap((key, index) => casesOf(key, keys.at(index - 1) ?? key, issuer));
  const tokens = Object.fromEntries(cases.map(([name, token]) => [name, token]));
  const verdicts = Object.fromEntries(cases.map(([name, , verdict]) => [name, twice(verdict)]));
  const refusal = {
    messages: ["This API needs an access token. Send Authorization: Bearer with a token."],
  };
  const expected = {
    verdicts,
    verdictsOnNode: verdicts,
    verdictsOnWeb: verdicts,
    answers: [
      [401, true, refusal],
      [200, false, { client: "app_1" }],
    ],
    keys: [null, "aky_1", "aky_1"],
    tokens: ["t1"],
    echo: "Bearer t1",
  };
  return { planUrl: `${issuer}/plan`, expected };
}

const goodApiKey = {
  active: true,
  token_type: "api_key",
  sub: "usr_1",
  client_id: "aky_1",
  cred: "aky_1",
  tenant: "ten_1",
};

type Key = ReturnType<typeof makeKey>;

/** The name of each token, the token, and what is to be said of it. */
function casesOf(key: Key, other: Key, issuer: string) {
  const { algorithm, kid } = key;
  const good = forge(key, issuer);
  const none = { header: { alg: "none" }, signature: () => Buffer.alloc(0) };
  const borrowed = { header: { kid: other.kid } };
  const emptied = { signature: (signed: string) => Buffer.alloc(signatureOf(key, signed).length) };
  const last = { claims: { exp: nowSeconds - 31, iat: nowSeconds - 99 } };
  const swapped = forge(key, issuer, { claims: { sub: "app_2", client_id: "app_2" } });
  const [header, , signature] = good.split(".");
  const bad: Record<string, string> = {
    "with another payload": `${header}.${swapped.split(".")[1]}.${signature}`,
    "without a signature": forge(key, issuer, none),
    "with a signature of zeros": forge(key, issuer, emptied),
    "with the key of another kind": forge(key, issuer, borrowed),
    "with another algorithm": forge(key, issuer, { header: { alg: other.algorithm } }),
    "with an unknown key": forge(key, issuer, { header: { kid: `${kid}-gone` } }),
    "that has expired": forge(key, issuer, last),
    "for another API": forge(key, issuer, { claims: { aud: "https://other.example" } }),
    "of another issuer": forge(key, issuer, { claims: { iss: "https://other.example" } }),
    "with a header that is no JSON": `${encode("{")}.${good.split(".").slice(1).join(".")}`,
  };
  return [
    [`good ${algorithm}`, good, "app_1"] as const,
    ...Object.entries(bad).map(
      ([name, token]) => [`${algorithm} ${name}`, token, "invalid_token"] as const,
    ),
  ];
}

function twice(verdict: string): string[] {
  return [verdict, verdict];
}
