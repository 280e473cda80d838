/**
 * A worker in an empty project that has installed the tarball, as an application would write it; but
 * the time is what the request says. `runtimes.test.ts` knows what must come of it.
 */
import { clientCredentials, createVerifier } from "@countersign/sdk";
import { protect } from "@countersign/sdk/fetch";

interface Settings {
  issuer: string;
  audience: string;
  tokenEndpoint: string;
}

type Handler = (request: Request) => Promise<Response>;

let nowMs = 0;
let handlers: { protectedApi: Handler; token: Handler } | undefined;

function makeHandlers({ issuer, audience, tokenEndpoint }: Settings) {
  const now = () => nowMs;
  const verifier = createVerifier({ issuer, audience, now });
  const client = { clientId: "app_1", clientSecret: "cssk_x" };
  const tokens = clientCredentials({ tokenEndpoint, ...client, now });
  return {
    protectedApi: protect(verifier, {}, (_request, access) => new Response(access.clientId)),
    token: async () => new Response(await tokens.token()),
  };
}

export default {
  fetch(request: Request, settings: Settings): Promise<Response> {
    handlers ??= makeHandlers(settings);
    const { pathname, searchParams } = new URL(request.url);
    nowMs = Number(searchParams.get("now"));
    return pathname === "/token" ? handlers.token(request) : handlers.protectedApi(request);
  },
};
