import type { IncomingMessage, ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import { clientCredentials, type ClientCredentialsOptions } from "../src/client-credentials.ts";
import { answerJson, readBody, startServer } from "./local-server.ts";

export interface Asked {
  path: string;
  authorization: string | undefined;
  form: URLSearchParams;
}

export type Step = (response: ServerResponse, request: IncomingMessage) => void;

/** A token endpoint that answers `t1`, `t2`, …, but for the steps that a test puts before. */
export async function startTokenServer(t: TestContext, expiresIn: unknown = 1800) {
  const asked: Asked[] = [];
  const steps: Step[] = [];
  const started = { origin: "", asked, steps, minted: 0, expiresIn };
  started.origin = await startServer(t, (request, response) => {
    void readBody(request).then((body) => {
      const { url: path = "", headers } = request;
      if (path.startsWith("/.well-known/")) return answerMetadata(started.origin, response);
      const { authorization } = headers;
      asked.push({ path, authorization, form: new URLSearchParams(body) });
      const step = steps.shift();
      if (step !== undefined) return step(response, request);
      started.minted += 1;
      return answerJson(response, 200, {
        access_token: `t${started.minted}`,
        token_type: "Bearer",
        expires_in: started.expiresIn,
      });
    });
  });
  return started;
}

function answerMetadata(origin: string, response: ServerResponse): void {
  answerJson(response, 200, { issuer: origin, token_endpoint: `${origin}/oauth2/token` });
}

export function sourceFor(origin: string, more: Partial<ClientCredentialsOptions> = {}) {
  const tokenEndpoint = `${origin}/oauth2/token`;
  const client = { clientId: "app_1", clientSecret: "cssk_x" };
  return clientCredentials({ tokenEndpoint, ...client, ...more } as ClientCredentialsOptions);
}

/** Not now; or, with another status, not at all. */
export function busy(status: number, retryAfter?: string, body: unknown = {}): Step {
  return (response) => {
    if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter);
    answerJson(response, status, body);
  };
}

/** No answer at all. */
export const hangUp: Step = (response) => response.destroy();
