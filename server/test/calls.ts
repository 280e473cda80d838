import assert from "node:assert/strict";
import type { AppClient, CreateAppClient } from "@countersign/protocol/admin/app-clients.ts";
import type { OAuthErrorBody, TokenResponse } from "@countersign/protocol/oauth.ts";
import type { TestServer } from "./server.ts";

/** The calls that most tests make, over real HTTP. */

export interface Answer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: Body;
}

/** Calls the admin API with the owner's key, or with the headers given. */
export async function call<Body = Record<string, unknown>>(
  { url, apiKey }: Pick<TestServer, "url" | "apiKey">,
  method: string,
  path: string,
  {
    body,
    headers = { "x-api-key": apiKey },
  }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer<Body>> {
  const response = await fetch(url + path, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status } = response;
  return { status, headers: response.headers, body: (text === "" ? {} : JSON.parse(text)) as Body };
}

export type CreatedAppClient = AppClient & { client_secret: string };

export async function createAppClient(
  server: Pick<TestServer, "url" | "apiKey">,
  settings: Partial<CreateAppClient> = {},
): Promise<CreatedAppClient> {
  const body = { name: "a client", type: "client_credentials", ...settings };
  const answer = await call<CreatedAppClient>(server, "POST", "/v2/app_clients", { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

/** A request to the token endpoint with these parameters in the body. */
export async function requestToken(
  { url }: Pick<TestServer, "url">,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer<TokenResponse & OAuthErrorBody>> {
  const response = await fetch(`${url}/oauth2/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(parameters).toString(),
  });
  const body = (await response.json()) as TokenResponse & OAuthErrorBody;
  return { status: response.status, headers: response.headers, body };
}

export const secretOf = (client: Pick<CreatedAppClient, "client_id" | "client_secret">) => ({
  grant_type: "client_credentials",
  client_id: client.client_id,
  client_secret: client.client_secret,
});

export const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
});

/** A token of a client; fails when it gets none. */
export async function tokenFor(
  server: Pick<TestServer, "url">,
  client: Pick<CreatedAppClient, "client_id" | "client_secret">,
  parameters: Record<string, string> = {},
): Promise<string> {
  const answer = await requestToken(server, { ...secretOf(client), ...parameters });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.access_token;
}

export const bearer = (token: string): Record<string, string> => ({
  authorization: `Bearer ${token}`,
});

/** The payload of a JWT, unverified. */
export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as Record<string, unknown>;
