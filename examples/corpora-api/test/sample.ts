import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { createVerifier } from "@countersign/sdk";
import { fastify } from "fastify";
import { corporaApi, type CorporaApiOptions } from "../src/corpora-api.ts";
import { audience, type Issuer, type Rights, startIssuer } from "./issuer.ts";

/** The sample API behind a real port, beside an issuer that it trusts. */
export interface Sample {
  issuer: Issuer;
  url: string;
  /** Somebody with these rights. */
  caller(rights: Rights): Promise<Caller>;
  /** Somebody who may do everything in a tenant. */
  owner(tenant?: string): Promise<Caller>;
  send(method: string, path: string, init?: SendOptions): Promise<Answer>;
}

export interface SendOptions {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it at will
  body: any;
}

export type Caller = (method: string, path: string, body?: unknown) => Promise<Answer>;

const allPermissions =
  "corpora:read corpora:write corpora:update corpora:delete corpora:reset corpora:query " +
  "documents:read documents:write jobs:read";

export async function startSample(
  test: TestContext,
  options: Partial<CorporaApiOptions> = {},
): Promise<Sample> {
  const issuer = await startIssuer(test);
  const verifier = createVerifier({ issuer: issuer.url, audience });
  const server = fastify({ forceCloseConnections: true });
  const api = corporaApi({ verifier, databaseFile: ":memory:", ...options });
  await server.register(api, { prefix: "/v2" });
  await server.listen({ host: "127.0.0.1", port: 0 });
  test.after(() => server.close());
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/v2`;

  async function send(method: string, path: string, init: SendOptions = {}): Promise<Answer> {
    const { token, body, headers = {} } = init;
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: unknown = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: answer };
  }

  async function caller(rights: Rights): Promise<Caller> {
    const token = await issuer.token(rights);
    return (method, path, body) => send(method, path, { token, body });
  }

  const owner = (tenant = "ten_1") => caller({ tenant, scope: allPermissions });
  return { issuer, url, caller, owner, send };
}
