import { ConnectionError } from "./connection-error.ts";
import { checkIssuer } from "./secure-url.ts";
import { createTokenSource, type TokenSource } from "./token-source.ts";

/** Requests to somebody else's API through a connection that Countersign holds. */
export interface Connection {
  /**
   * As `fetch`, of a path below the datasource's URL. The token is put in on the way, and never seen
   * here. Whatever the API answers is the answer, a redirect too: to follow it would show our own key to
   * wherever it leads. Rejects with `ConnectionError` when the request did not get there: because nobody
   * has connected, or has to connect again, or the API cannot be reached.
   */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /**
   * The API's own access token, for a library that insists on one; needs `connections:read_token`. Kept
   * until shortly before its end. Rejects with `ConnectionError`.
   */
  tokens: Pick<TokenSource, "token">;
}

export interface ConnectionOptions {
  /** Countersign's address. */
  issuer: string;
  /** `con_…`. */
  id: string;
  /** Who calls: tokens of an app client, or an API key. */
  as: TokenSource | { apiKey: string };
  fetch?: typeof fetch | undefined;
  /** Milliseconds since the epoch. */
  now?: (() => number) | undefined;
}

/** Where an API does not say how long its token lives, it is asked for this often. */
const lifetimeSecondsUnknown = 60;

/** Throws `TypeError` when an option is not usable; nothing is fetched before it is asked for. */
export function connection(options: ConnectionOptions): Connection {
  checkOptions(options);
  const { issuer, id, as } = options;
  const now = options.now ?? (() => Date.now());
  const plain: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const base = `${issuer.replace(/\/$/, "")}/v2/connections/${encodeURIComponent(id)}`;

  async function send(url: string, init: RequestInit = {}): Promise<Response> {
    const own: RequestInit = { ...init, redirect: init.redirect === "error" ? "error" : "manual" };
    const response =
      "apiKey" in as ? await plain(url, withApiKey(own, as.apiKey)) : await as.fetch(url, own);
    const code = response.headers.get("x-countersign-error");
    if (code === null) return response;
    throw await ConnectionError.of(response, code);
  }

  async function mint() {
    const response = await send(`${base}/token`);
    const body = (await response.json()) as { access_token: string; expires_in?: number };
    const { access_token: accessToken, expires_in: expiresIn } = body;
    return { accessToken, lifetimeSeconds: expiresIn ?? lifetimeSecondsUnknown };
  }

  const { token } = createTokenSource({ mint, fetch: plain, now });
  return {
    fetch: (path, init) => send(`${base}/proxy/${checkedPath(path)}`, init),
    tokens: { token },
  };
}

function withApiKey(init: RequestInit, apiKey: string): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("x-api-key", apiKey);
  // Two ways to say who calls would be one too many.
  headers.delete("authorization");
  return { ...init, headers };
}

/** A path alone: an address would name another host, and a segment of dots another connection. */
function checkedPath(path: string): string {
  const [pathname = ""] = path.split(/[?#]/);
  const hasDots = /(^|[/\\])(\.|%2e){1,2}([/\\]|$)/i.test(pathname);
  if (/^[a-z][a-z0-9+.-]*:/i.test(path) || /^[/\\]{2}/.test(path) || hasDots) {
    throw new TypeError('"path" must be a path below the URL of the datasource');
  }
  return path.replace(/^\//, "");
}

function checkOptions({ issuer, id, as }: ConnectionOptions): void {
  checkIssuer(issuer);
  if (typeof id !== "string" || !/^con_[A-Za-z0-9]+$/.test(id)) {
    throw new TypeError('"id" is not that of a connection');
  }
  if ("apiKey" in as && (typeof as.apiKey !== "string" || as.apiKey === "")) {
    throw new TypeError('"as.apiKey" is missing');
  }
}
