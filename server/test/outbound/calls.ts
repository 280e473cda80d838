import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  Connection,
  ProviderExchange,
  ProviderExchangeList,
} from "@countersign/protocol/admin/connections.ts";
import { call, type Answer } from "../calls.ts";
import type { TestServer } from "../server.ts";
import { datasourceOf, type OutsideProvider } from "./provider.ts";

/** The calls that tests about outside APIs make. */

type Server = Pick<TestServer, "url" | "apiKey">;

export async function makeDatasource(
  server: Server,
  provider: OutsideProvider,
  own: object = {},
): Promise<string> {
  const body = datasourceOf(provider, own);
  const answer = await call<{ id: string }>(server, "POST", "/v2/datasources", { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body.id;
}

export async function makeConnection(
  server: Server,
  datasourceId: string,
  body: object = {},
): Promise<Connection> {
  const path = `/v2/datasources/${datasourceId}/connections`;
  const answer = await call<Connection>(server, "POST", path, { body });
  assert.ok(answer.status < 300, JSON.stringify(answer.body));
  return answer.body;
}

/** A connection that holds nothing but a refresh token so far. */
export async function bringAlong(
  server: Server,
  provider: OutsideProvider,
  own: object = {},
): Promise<Connection> {
  const datasourceId = await makeDatasource(server, provider, own);
  const refresh_token = provider.issueRefreshToken();
  return makeConnection(server, datasourceId, { refresh_token });
}

export async function readConnection(server: Server, id: string): Promise<Connection> {
  return (await call<Connection>(server, "GET", `/v2/connections/${id}`)).body;
}

/** Asks for a new access token now, whether the old one is still good or not. */
export const refreshNow = (server: Server, id: string): Promise<Answer> =>
  call(server, "POST", `/v2/connections/${id}/refresh`);

/** What was said to the provider, the latest first, once there is so much: it is noted a moment later. */
export async function exchangesOf(
  server: Server,
  id: string,
  count: number,
): Promise<ProviderExchange[]> {
  for (;;) {
    const path = `/v2/connections/${id}/exchanges`;
    const { status, body } = await call<ProviderExchangeList>(server, "GET", path);
    assert.equal(status, 200);
    if (body.exchanges.length >= count) return body.exchanges;
    await sleep(100);
  }
}

export interface ProxyAnswer {
  status: number;
  headers: Headers;
  text: string;
}

export async function throughProxy(
  { url, apiKey }: Server,
  id: string,
  path = "/things",
  init: RequestInit = {},
): Promise<ProxyAnswer> {
  const response = await fetch(`${url}/v2/connections/${id}/proxy${path}`, {
    redirect: "manual",
    ...init,
    headers: { "x-api-key": apiKey, ...(init.headers as Record<string, string>) },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
