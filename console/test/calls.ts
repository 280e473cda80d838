import type { Page } from "playwright-core";

/** Calls beside the browser: as a client that gets tokens, and as the person who is signed in. */

export interface TokenAnswer {
  status: number;
  body: { access_token?: string; error?: string; request_id?: string };
}

export async function getToken(
  { url }: { url: string },
  clientId: string,
  secret: string,
): Promise<TokenAnswer> {
  const response = await fetch(`${url}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: secret,
    }),
  });
  return { status: response.status, body: (await response.json()) as TokenAnswer["body"] };
}

export interface MadeClient {
  id: string;
  client_id: string;
  client_secret: string;
}

/** Over the API, with the session of the page. */
export const post = <Answer>(page: Page, path: string, body: unknown): Promise<Answer> =>
  send(page, "POST", path, body);

export const patch = <Answer>(page: Page, path: string, body: unknown): Promise<Answer> =>
  send(page, "PATCH", path, body);

export const get = <Answer>(page: Page, path: string): Promise<Answer> =>
  page.evaluate(async (from) => (await (await fetch(from)).json()) as never, path);

const send = <Answer>(
  page: Page,
  method: "POST" | "PATCH",
  path: string,
  body: unknown,
): Promise<Answer> =>
  page.evaluate(
    async ([verb, to, text]) => {
      const headers = { "content-type": "application/json" };
      const init = { method: verb, headers, body: text };
      return (await (await fetch(to, init)).json()) as never;
    },
    [method, path, JSON.stringify(body)] as const,
  );

export const makeClient = (page: Page, body: Record<string, unknown>): Promise<MadeClient> =>
  post(page, "/v2/app_clients", { type: "client_credentials", ...body });

/** As a person who found a secret somewhere. */
export const reportLeak = (page: Page, token: string, url: string): Promise<unknown> =>
  post(page, "/v2/leaks", [{ token, url, source: "commit" }]);
