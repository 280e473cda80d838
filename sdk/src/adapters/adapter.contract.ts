import assert from "node:assert/strict";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { nowSeconds } from "../../test/forge.ts";
import { keyRequests, startIssuer, type TestIssuer } from "../../test/issuer.ts";
import { readBody } from "../../test/local-server.ts";
import type { Access } from "../access.ts";
import type { AuthorizationError } from "../authorization-error.ts";
import { createVerifier, type Verifier } from "../verifier.ts";
import type { RouteResource } from "./protection.ts";

/** What every adapter does, in its framework and over real HTTP. */

export interface TestRoute {
  path: string;
  protection: { permission?: string; resource?: RouteResource; maxTokenAgeSeconds?: number };
  handle: (access: Access) => unknown;
}

export interface TestApi {
  verifier: Verifier;
  routes: readonly TestRoute[];
  refusalBody?: ((error: AuthorizationError) => unknown) | undefined;
}

/** Serves the routes as an application of the framework would. Answers its origin. */
export type StartApi = (t: TestContext, api: TestApi) => Promise<string>;

const corpus = { type: "corpus", param: "corpus_key" };
const answerClient = (access: Access) => ({ client: access.clientId });

const routes: readonly TestRoute[] = [
  { path: "/any", protection: {} },
  { path: "/account", protection: { permission: "corpora:read" } },
  {
    path: "/corpora",
    protection: { permission: "corpora:read", resource: { type: "corpus" } },
  },
  {
    path: "/corpora/:corpus_key",
    protection: { permission: "documents:write", resource: corpus },
  },
  { path: "/fresh", protection: { maxTokenAgeSeconds: 5 } },
  { path: "/mistyped", protection: { permission: "documents:read", resource: corpus } },
]
  .map((route) => ({ ...route, handle: answerClient }))
  .concat({
    path: "/inside",
    protection: {},
    handle(access: Access) {
      access.require("corpora:delete");
      return answerClient(access);
    },
  });

async function start(t: TestContext, startApi: StartApi, more: Partial<TestApi> = {}) {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const origin = await startApi(t, { verifier, routes, ...more });
  return { issuer, origin, verifier };
}

export function testAdapter(name: string, startApi: StartApi): void {
  describe(`${name} lets in`, () => {
    test("who has a good token, and tells the handler who that is", async (t) => {
      const { issuer, origin } = await start(t, startApi);
      const token = issuer.token();
      for (const round of ["new", "known"]) {
        const answer = await ask(`${origin}/any`, bearer(token));
        assert.equal(answer.status, 200, round);
        assert.deepEqual(JSON.parse(answer.body), { client: "app_1" });
      }
    });

    test("a known token without asking anybody", async (t) => {
      const { issuer, origin, verifier } = await start(t, startApi);
      const token = issuer.token();
      assert.equal((await ask(`${origin}/any`, bearer(token))).status, 200);
      assert.ok(verifier.verifyCached(token));
      issuer.answerKeys = (response) => response.destroy();
      for (let round = 0; round < 3; round += 1) {
        assert.equal((await ask(`${origin}/any`, bearer(token))).status, 200);
      }
      assert.equal(keyRequests(issuer), 1);
    });

    test("whom the route's permission and resource allow, and nobody else (D11)", async (t) => {
      const { issuer, origin } = await start(t, startApi);
      for (const round of ["new", "known"]) {
        for (const [path, token, status] of permissionTable(issuer)) {
          const answer = await ask(origin + path, bearer(token));
          assert.equal(answer.status, status, `${path}, ${round}`);
        }
      }
    });

    test("only fresh tokens where a route wants them", async (t) => {
      const { issuer, origin } = await start(t, startApi);
      const token = issuer.token({ claims: { iat: nowSeconds - 36 } });
      assert.equal((await ask(`${origin}/any`, bearer(token))).status, 200);
      assert.equal((await ask(`${origin}/fresh`, bearer(token))).status, 401);
      assert.equal((await ask(`${origin}/fresh`, bearer(issuer.token()))).status, 200);
    });

    test("nobody where the declared parameter does not exist: a mistake of ours", async (t) => {
      t.mock.method(console, "error", () => {});
      const { issuer, origin } = await start(t, startApi);
      for (const round of ["new", "known"]) {
        const answer = await ask(`${origin}/mistyped`, bearer(issuer.token()));
        assert.equal(answer.status, 500, round);
      }
    });
  });

  describe(`${name} refuses`, () => {
    test("with status, challenge and words, to GET and to HEAD (D13, D14)", async (t) => {
      const { issuer, origin } = await start(t, startApi);
      for (const { what, path, headers, status, challenge } of refusalTable(issuer)) {
        for (const method of ["GET", "HEAD", "GET"]) {
          const answer = await ask(origin + path, headers, method);
          const which = `${what}, ${method}`;
          assert.equal(answer.status, status, which);
          assert.match(answer.headers["www-authenticate"] ?? "", challenge, which);
          assert.equal(answer.headers["cache-control"], "no-store", which);
          assert.match(answer.headers["content-type"] ?? "", /^application\/json/, which);
          checkWords(answer.body, method);
        }
      }
    });

    test("with 503 and no challenge while tokens cannot be checked", async (t) => {
      const { issuer, origin } = await start(t, startApi);
      issuer.answerKeys = (response) => response.destroy();
      const answer = await ask(`${origin}/any`, bearer(issuer.token()));
      assert.equal(answer.status, 503);
      assert.equal(answer.headers["retry-after"], "1");
      assert.equal(answer.headers["www-authenticate"], undefined);
    });

    test("what a handler refuses, with its status and challenge", async (t) => {
      t.mock.method(console, "error", () => {});
      const { issuer, origin } = await start(t, startApi);
      for (const method of ["GET", "HEAD"]) {
        const answer = await ask(`${origin}/inside`, bearer(issuer.token()), method);
        assert.equal(answer.status, 403);
        assert.match(answer.headers["www-authenticate"] ?? "", /scope="corpora:delete"/);
        assert.equal(answer.headers["cache-control"], "no-store");
      }
    });

    test("in the words it is given", async (t) => {
      const refusalBody = ({ code }: AuthorizationError) => ({ error: code });
      const { issuer, origin } = await start(t, startApi, { refusalBody });
      const bare = await ask(`${origin}/any`, []);
      assert.deepEqual(JSON.parse(bare.body), { error: "no_credentials" });
      const bad = await ask(`${origin}/account`, bearer(issuer.token({ claims: { scope: "" } })));
      assert.deepEqual(JSON.parse(bad.body), { error: "insufficient_scope" });
    });

    test("also when the words cannot be found", async (t) => {
      t.mock.method(console, "error", () => {});
      const refusalBody = () => {
        throw new RangeError("ours");
      };
      const { issuer, origin } = await start(t, startApi, { refusalBody });
      const unknown = issuer.token({ claims: { iss: "https://other.example" } });
      for (const headers of [[], bearer(unknown)]) {
        assert.equal((await ask(`${origin}/any`, headers)).status, 500);
      }
    });
  });
}

/** What each token may do where: account-wide, on one corpus, or only elsewhere. */
function permissionTable(issuer: TestIssuer) {
  const on = (...actions: string[]) => {
    const details = [{ type: "corpus", identifier: "docs", actions }];
    return issuer.token({ claims: { scope: undefined, authorization_details: details } });
  };
  const narrow = on("documents:write");
  const narrowReader = on("corpora:read");
  const wide = issuer.token({ claims: { scope: "documents:write" } });
  const reader = issuer.token({ claims: { scope: "corpora:read" } });
  return [
    ["/corpora/docs", narrow, 200],
    ["/corpora/wiki", narrow, 403],
    ["/corpora/docs%2Fx", narrow, 403],
    ["/corpora/DOCS", narrow, 403],
    ["/corpora/docs?corpus_key=wiki", narrow, 200],
    ["/corpora/wiki?corpus_key=docs", narrow, 403],
    ["/corpora/docs", narrowReader, 403],
    ["/corpora/wiki", wide, 200],
    ["/corpora", narrow, 403],
    ["/corpora", narrowReader, 200],
    ["/corpora", reader, 200],
    ["/account", reader, 200],
    ["/account", narrowReader, 403],
    ["/any", narrow, 200],
  ] as const;
}

interface Refusal {
  what: string;
  path: string;
  /** Names and values in turn, so that one may stand twice. */
  headers: string[];
  status: number;
  challenge: RegExp;
}

function refusalTable(issuer: TestIssuer): Refusal[] {
  const good = issuer.token();
  const forged = `${good.slice(0, -8)}AAAAAAAA`;
  const expired = issuer.token({ claims: { exp: nowSeconds - 31, iat: nowSeconds - 99 } });
  const elsewhere = issuer.token({ claims: { aud: "https://other.example" } });
  const nothing = issuer.token({ claims: { scope: undefined } });
  const bare = { path: "/any", status: 401, challenge: /^Bearer resource_metadata="[^"]+"$/ };
  const bad = { path: "/any", status: 401, challenge: /^Bearer error="invalid_token", / };
  const odd = { path: "/any", status: 400, challenge: /^Bearer error="invalid_request", / };
  const scope = (name: string) => new RegExp(`error="insufficient_scope".* scope="${name}"`);
  return [
    { what: "nothing", headers: [], ...bare },
    { what: "another scheme", headers: ["authorization", "Basic YTpi"], ...bare },
    { what: "an API key", headers: ["x-api-key", "cspk_x"], ...bare },
    { what: "no token", headers: bearer("x"), ...bad },
    { what: "a forged token", headers: bearer(forged), ...bad },
    { what: "an expired token", headers: bearer(expired), ...bad },
    { what: "a token for another API", headers: bearer(elsewhere), ...bad },
    { what: "a bad token and a key", headers: [...bearer("x"), "x-api-key", "cspk_x"], ...bad },
    { what: "two tokens in a header", headers: bearer(`${good}, ${good}`), ...odd },
    { what: "two headers", headers: [...bearer(good), ...bearer(good)], ...odd },
    {
      what: "no permission",
      path: "/account",
      headers: bearer(nothing),
      status: 403,
      challenge: scope("corpora:read"),
    },
    {
      what: "no permission on this corpus",
      path: "/corpora/docs",
      headers: bearer(good),
      status: 403,
      challenge: scope("documents:write"),
    },
    {
      what: "no permission on any corpus",
      path: "/corpora",
      headers: bearer(nothing),
      status: 403,
      challenge: scope("corpora:read"),
    },
  ];
}

function bearer(token: string): string[] {
  return ["authorization", `Bearer ${token}`];
}

function checkWords(body: string, method: string): void {
  if (method === "HEAD") return assert.equal(body, "");
  const { messages } = JSON.parse(body) as { messages: unknown[] };
  assert.equal(messages.length, 1);
  assert.equal(typeof messages[0], "string");
}

/** With headers as they are given: `fetch` would make one of two. */
async function ask(url: string, headers: string[], method = "GET") {
  const { host } = new URL(url);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = httpRequest(url, { method, headers: ["host", host, ...headers] }, resolve);
    sent.on("error", reject).end();
  });
  const body = await readBody(response);
  return { status: response.statusCode, headers: response.headers, body };
}

/** A router for adapters whose framework is a function of a request. */
export function findRoute(all: readonly TestRoute[], url: string) {
  const { pathname } = new URL(url);
  const segments = pathname.split("/").map(decodeURIComponent);
  for (const route of all) {
    const wanted = route.path.split("/");
    const fits = wanted.every((part, index) => part.startsWith(":") || part === segments[index]);
    if (!fits || wanted.length !== segments.length) continue;
    const named = wanted.flatMap((part, index) =>
      part.startsWith(":") ? [[part.slice(1), segments[index] ?? ""] as const] : [],
    );
    return { route, params: Object.fromEntries(named) as Record<string, string> };
  }
  return undefined;
}
