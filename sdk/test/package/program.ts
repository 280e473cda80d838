/**
 * Runs in an empty project that has installed the tarball, on Node, Bun and Deno: does what an
 * application does, and prints what came of it. `program-check.ts` knows what must come of it.
 */
import {
  AuthorizationError,
  clientCredentials,
  createVerifier,
  introspectApiKeys,
  type Verifier,
  type VerifierOptions,
} from "@countersign/sdk";
import { protect } from "@countersign/sdk/fetch";

interface Plan {
  verifier: VerifierOptions;
  nowMs: number;
  tokens: Record<string, string>;
  tokenServer: string;
}

const plan = (await (await fetch(process.argv[2] ?? "")).json()) as Plan;
const options: VerifierOptions = { ...plan.verifier, now: () => plan.nowMs };
const files = new URL("./node_modules/@countersign/sdk/dist/", import.meta.url);

const result = {
  runtime: navigator.userAgent,
  verdicts: await verdicts(createVerifier(options)),
  // The package chooses one of these; both are to work wherever they load.
  verdictsOnNode: await verdicts(await verifierOn("node")),
  verdictsOnWeb: await verdicts(await verifierOn("web")),
  answers: await answers(createVerifier(options)),
  keys: await keys(),
  ...(await askForTokens()),
};
process.stdout.write(JSON.stringify(result));

async function verifierOn(name: "node" | "web"): Promise<Verifier> {
  const platform: unknown = await import(new URL(`signature/${name}.js`, files).href);
  const { createVerifierOn } = (await import(new URL("verifier.js", files).href)) as {
    createVerifierOn: (platform: unknown, options: VerifierOptions) => Verifier;
  };
  return createVerifierOn(platform, options);
}

/** The client of a good token, the code of a refusal; the second time from what is remembered. */
async function verdicts(verifier: Verifier): Promise<Record<string, string[]>> {
  const judge = (token: string) =>
    verifier.verify({ authorization: `Bearer ${token}` }).then(
      (access) => access.clientId,
      (error: unknown) => (error instanceof AuthorizationError ? error.code : String(error)),
    );
  const all: Record<string, string[]> = {};
  for (const [name, token] of Object.entries(plan.tokens)) {
    // oxlint-disable-next-line no-await-in-loop -- the second is to find the first one's result
    all[name] = [await judge(token), await judge(token)];
  }
  return all;
}

async function answers(verifier: Verifier): Promise<unknown[]> {
  const handler = protect(verifier, { permission: "corpora:read" }, (_request, access) =>
    Response.json({ client: access.clientId }),
  );
  const ask = async (headers: Record<string, string>) => {
    const response = await handler(new Request("https://api.example/v2/corpora", { headers }));
    const hasChallenge = response.headers.has("www-authenticate");
    return [response.status, hasChallenge, await response.json()];
  };
  const authorization = `Bearer ${plan.tokens["good ES256"]}`;
  return [await ask({}), await ask({ authorization })];
}

/** Of an API key: nothing is known, the issuer is asked, the answer is remembered. */
async function keys(): Promise<unknown[]> {
  const { issuer } = plan.verifier;
  const findApiKey = introspectApiKeys({ issuer, clientId: "app_1", clientSecret: "cssk_x" });
  const verifier = createVerifier({ ...options, findApiKey });
  const headers = { "x-api-key": "key" };
  const before = verifier.verifyCached({ headers })?.clientId ?? null;
  const asked = (await verifier.verify({ headers })).clientId;
  return [before, asked, verifier.verifyCached({ headers })?.clientId ?? null];
}

async function askForTokens() {
  const { tokenServer } = plan;
  const client = { clientId: "app_1", clientSecret: "cssk_x" };
  const source = clientCredentials({ tokenEndpoint: `${tokenServer}/oauth2/token`, ...client });
  const tokens = await Promise.all(Array.from({ length: 20 }, () => source.token()));
  const echo = await source.fetch(`${process.argv[2]}/echo`);
  return { tokens: [...new Set(tokens)], echo: await echo.text() };
}
