import { hash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * An outside provider with an API of its own, on a loopback port: rotates refresh tokens strictly, and
 * misbehaves when told to. What a test asserts is what it has seen.
 */

/** How long its tokens are good, unless a test says otherwise. */
export const hourMs = 3_600_000;

export interface TokenRequest {
  parameters: Record<string, string>;
  /** As it came. */
  body: string;
  headers: IncomingMessage["headers"];
}

export interface ApiRequest {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface OutsideProvider {
  url: string;
  tokenRequests: TokenRequest[];
  apiRequests: ApiRequest[];
  revoked: Record<string, string>[];
  /** Refresh tokens that are good, and access tokens that the API takes. */
  refreshTokens: Set<string>;
  accessTokens: Set<string>;
  lifetimeSeconds: number;
  /** Who says yes at the provider: the subject of its ID tokens, if it gives any. */
  account: string | undefined;
  /** What it calls the redirect URL and the state, if not as the standard does. */
  names: { redirectUri: string; state: string };
  /** Added to its callbacks. */
  callbackParameters: Record<string, string>;
  /** Whether each refresh makes a new refresh token and voids the one before. */
  isRotating: boolean;
  /** Whether an access token is good for a session at `/login` only, whose token the API takes. */
  wantsLogin: boolean;
  /** Access tokens that came there. */
  logins: string[];
  /** Instead of the usual answer of the token endpoint; called after its work when `afterWork`. */
  onToken:
    | ((
        request: TokenRequest,
        response: ServerResponse,
        work: () => Record<string, unknown>,
      ) => Promise<boolean> | boolean)
    | undefined;
  /** The same for `/login`. */
  onLogin:
    | ((
        response: ServerResponse,
        work: () => Record<string, unknown>,
      ) => Promise<boolean> | boolean)
    | undefined;
  onApi: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  issueRefreshToken(): string;
  refreshes(): number;
  /** From then on it has its address. */
  listen(): Promise<void>;
  stop(): Promise<void>;
}

export async function startOutsideProvider(): Promise<OutsideProvider> {
  const provider = createOutsideProvider();
  await provider.listen();
  return provider;
}

export function createOutsideProvider(): OutsideProvider {
  let count = 0;
  /** What each code stands for. */
  const codes = new Map<string, URLSearchParams>();
  const loginTokens = new Set<string>();
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  const provider: OutsideProvider = {
    url: "",
    tokenRequests: [],
    apiRequests: [],
    revoked: [],
    refreshTokens: new Set(),
    accessTokens: new Set(),
    lifetimeSeconds: hourMs / 1000,
    account: undefined,
    names: { redirectUri: "redirect_uri", state: "state" },
    callbackParameters: {},
    isRotating: true,
    wantsLogin: false,
    logins: [],
    onToken: undefined,
    onLogin: undefined,
    onApi: undefined,
    issueRefreshToken() {
      count += 1;
      const token = `rt-${count}`;
      provider.refreshTokens.add(token);
      return token;
    },
    refreshes: () =>
      provider.tokenRequests.filter(
        ({ parameters }) => parameters["grant_type"] === "refresh_token",
      ).length,
    async listen() {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
      provider.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url!, provider.url).pathname;
    if (path.startsWith("/api/") && provider.onApi?.(request, response) === true) return;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (path === "/authorize") return authorize(request, response);
    if (path === "/token") return answerToken(request, response, body);
    if (path === "/login") return login(request, response);
    if (path === "/revoke") {
      provider.revoked.push(Object.fromEntries(new URLSearchParams(body)));
      return void response.writeHead(200).end();
    }
    answerApi(request, response, body);
  }

  /** Says yes at once. */
  function authorize(request: IncomingMessage, response: ServerResponse): void {
    const asked = new URL(request.url!, provider.url).searchParams;
    const { names } = provider;
    const back = new URL(asked.get(names.redirectUri)!);
    count += 1;
    codes.set(`code-${count}`, asked);
    back.searchParams.set("code", `code-${count}`);
    back.searchParams.set(names.state, asked.get(names.state)!);
    for (const [name, value] of Object.entries(provider.callbackParameters)) {
      back.searchParams.set(name, value);
    }
    response.writeHead(302, { location: back.href }).end();
  }

  async function answerToken(
    { headers }: IncomingMessage,
    response: ServerResponse,
    body: string,
  ): Promise<void> {
    const parameters = Object.fromEntries(new URLSearchParams(body));
    const asked = { parameters, body, headers };
    provider.tokenRequests.push(asked);
    const work = () => workOf(parameters);
    if ((await provider.onToken?.(asked, response, work)) === true) return;
    const members = work();
    send(response, "error" in members ? 400 : 200, members);
  }

  function workOf(parameters: Record<string, string>): Record<string, unknown> {
    const presented = parameters["refresh_token"];
    if (parameters["grant_type"] === "refresh_token") {
      if (!provider.refreshTokens.has(presented!)) return { error: "invalid_grant" };
      if (provider.isRotating) provider.refreshTokens.delete(presented!);
    }
    if (parameters["grant_type"] === "authorization_code") {
      const asked = codes.get(parameters["code"]!);
      codes.delete(parameters["code"]!);
      const challenge = hash("sha256", parameters["code_verifier"] ?? "", "base64url");
      const isRight =
        asked?.get("redirect_uri") === parameters["redirect_uri"] &&
        asked?.get("code_challenge") === challenge;
      if (!isRight) return { error: "invalid_grant" };
    }
    count += 1;
    const access = `at-${count}`;
    (provider.wantsLogin ? loginTokens : provider.accessTokens).add(access);
    const withRefresh =
      parameters["grant_type"] !== "client_credentials" &&
      (provider.isRotating || presented === undefined);
    return {
      access_token: access,
      token_type: "Bearer",
      expires_in: provider.lifetimeSeconds,
      ...(parameters["scope"] === undefined ? {} : { scope: parameters["scope"] }),
      ...(provider.account === undefined ? {} : { id_token: idTokenOf(provider.account) }),
      ...(withRefresh ? { refresh_token: provider.issueRefreshToken() } : {}),
    };
  }

  async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const presented = new URL(request.url!, provider.url).searchParams.get("access_token") ?? "";
    provider.logins.push(presented);
    const work = (): Record<string, unknown> => {
      if (!loginTokens.has(presented)) return { error: "invalid_token" };
      count += 1;
      provider.accessTokens.add(`session-${count}`);
      return { session: `session-${count}`, expires_in: provider.lifetimeSeconds };
    };
    if ((await provider.onLogin?.(response, work)) === true) return;
    const members = work();
    send(response, "error" in members ? 400 : 200, members);
  }

  function answerApi(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { method = "", url = "", headers } = request;
    provider.apiRequests.push({ method, url, headers, body });
    const inQuery = new URL(url, provider.url).searchParams.get("access_token") ?? "";
    const token = headers.authorization?.replace(/^\S+ /, "") ?? inQuery;
    if (!provider.accessTokens.has(token)) return send(response, 401, { error: "expired" });
    send(response, 200, { method, url, body });
  }

  return provider;
}

/** Whoever it is, the e-mail address is the same: it says nothing about who somebody is. */
function idTokenOf(sub: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ sub, email: "same@example.com", email_verified: true })}.x`;
}

export function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** What a test asks for happens when it asks, and not before. */
export const loopback = {
  COUNTERSIGN_OUTBOUND_ALLOW: "127.0.0.0/8",
  COUNTERSIGN_BACKGROUND_RENEWAL: "off",
};

/** A datasource for it. */
export const datasourceOf = ({ url }: Pick<OutsideProvider, "url">, own: object = {}) => ({
  name: "Outside",
  base_url: `${url}/api`,
  grant_type: "authorization_code",
  access_token_url: `${url}/token`,
  authorization_url: `${url}/authorize`,
  revocation_url: `${url}/revoke`,
  client_id: "the-client",
  client_secret: "the-secret-of-the-datasource",
  client_authentication: "body",
  scopes: "read, write",
  ...own,
});
