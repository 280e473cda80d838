import assert from "node:assert/strict";
import { connect } from "node:net";
import type { OAuthErrorBody, TokenResponse } from "@countersign/protocol/oauth.ts";
import { bearer, call, createAppClient, secretOf, tokenFor, type Answer } from "../calls.ts";
import type { TestServer } from "../server.ts";

/** What attacks have in common: a request that is sent as it is, and what is to be seen afterwards. */

export const formType = "application/x-www-form-urlencoded";

export interface TokenRequest {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

export type TokenAnswer = Answer<TokenResponse & OAuthErrorBody>;

/** A request to the token endpoint, body and headers exactly as given. */
export async function send(
  { url }: Pick<TestServer, "url">,
  { method = "POST", path = "/oauth2/token", headers = {}, body }: TokenRequest,
): Promise<TokenAnswer> {
  const response = await fetch(url + path, {
    method,
    headers: { "content-type": formType, ...headers },
    ...(body === undefined ? {} : { body, duplex: "half" }),
  });
  const text = await response.text();
  const json: unknown = text === "" ? {} : JSON.parse(text);
  return { status: response.status, headers: response.headers, body: json as TokenAnswer["body"] };
}

/** A refusal says its code and how to look it up; it holds no token and is never kept. */
export function checkRefused(
  answer: TokenAnswer,
  status: number,
  code: OAuthErrorBody["error"],
  label = "",
): void {
  const { body, headers } = answer;
  assert.deepEqual([answer.status, body.error], [status, code], label);
  assert.equal(body.access_token, undefined, label);
  assert.match(body.request_id ?? "", /^req_[0-9a-z]+$/, label);
  assert.equal(headers.get("x-request-id"), body.request_id, label);
  assert.equal(headers.get("cache-control"), "no-store", label);
  assert.equal(headers.get("location"), null, label);
}

/** Whatever was tried before: a client is made, earns a token and uses it. */
export async function checkServes(server: TestServer): Promise<void> {
  const client = await createAppClient(server, { api_roles: ["administrator"] });
  const headers = bearer(await tokenFor(server, client));
  const list = await call(server, "GET", "/v2/app_clients?limit=1", { headers });
  assert.equal(list.status, 200);
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
}

export const formOf = (parameters: Record<string, string>): string =>
  new URLSearchParams(parameters).toString();

/** The body of a good request. */
export const goodForm = (client: Parameters<typeof secretOf>[0]): string =>
  formOf(secretOf(client));

/**
 * Sends bytes and answers what came back until the connection was closed, or until nothing more is
 * expected: as many answers as asked for.
 */
export function exchange(
  { url }: Pick<TestServer, "url">,
  bytes: string | Buffer,
  answers = Infinity,
): Promise<string> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (statusesOf(text).filter((status) => status >= 200).length >= answers) socket.end();
    });
    // A server that closes before everything was sent resets the connection: that is its right.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(text));
    socket.write(bytes);
  });
}

/** A request as text, with its length. */
export function requestText(
  line: string,
  { headers = [], body = "" }: { headers?: string[]; body?: string } = {},
): string {
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${line} HTTP/1.1`, "Host: localhost", ...headers, ...length, "", body].join("\r\n");
}

export const statusesOf = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
