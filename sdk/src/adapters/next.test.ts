import assert from "node:assert/strict";
import { test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { startIssuer } from "../../test/issuer.ts";
import { startServer } from "../../test/local-server.ts";
import { createVerifier } from "../verifier.ts";
import { findRoute, testAdapter } from "./adapter.contract.ts";
import { protect } from "./next.ts";

/** What Next generates to check the type of a route's `GET`. */
type RouteHandler<Params> = (
  request: NextRequest,
  context: { params: Promise<Params> },
) => Promise<Response | void> | Response | void;

interface NextRequest extends Request {
  readonly nextUrl: URL;
}

testAdapter("the Next adapter", async (t, { verifier, routes, refusalBody }) => {
  const handlers = new Map(
    routes.map(({ path, protection, handle }) => [
      path,
      protect(verifier, { ...protection, refusalBody }, (_request, access) =>
        Response.json(handle(access)),
      ),
    ]),
  );
  const listener = getRequestListener(async (request) => {
    const found = findRoute(routes, request.url);
    const handler = handlers.get(found?.route.path ?? "");
    if (found === undefined || handler === undefined) return new Response(null, { status: 404 });
    return handler(request, { params: Promise.resolve(found.params) });
  });
  return startServer(t, (request, response) => void listener(request, response));
});

test("hands on the request and the parameters with their types", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const resource = { type: "corpus", param: "corpus_key" };
  const GET = protect(
    verifier,
    { permission: "documents:read", resource },
    async (request: NextRequest, access, { params }: { params: Promise<{ corpus_key: string }> }) =>
      Response.json([request.method, access.clientId, (await params).corpus_key]),
  ) satisfies RouteHandler<{ corpus_key: string }>;
  const list = protect(verifier, {}, () => new Response()) satisfies RouteHandler<{
    [name: string]: never;
  }>;
  const headers = { authorization: `Bearer ${issuer.token()}` };
  const request = new Request("https://api.example/v2/corpora/docs", { headers }) as NextRequest;
  const answer = await GET(request, { params: Promise.resolve({ corpus_key: "docs" }) });
  assert.deepEqual(await answer.json(), ["GET", "app_1", "docs"]);
  assert.equal((await list(request, { params: Promise.resolve({}) })).status, 200);
});

test("takes parameters without a promise, as Next 14 gives them, and only single ones", async (t) => {
  const issuer = await startIssuer(t);
  const details = [{ type: "corpus", identifier: "docs", actions: ["documents:read"] }];
  const token = issuer.token({ claims: { scope: undefined, authorization_details: details } });
  const handler = protect(
    createVerifier(issuer.options),
    { permission: "documents:read", resource: { type: "corpus", param: "corpus_key" } },
    (_request, _access, _context: { params: Record<string, string | string[]> }) => new Response(),
  );
  const headers = { authorization: `Bearer ${token}` };
  const ask = (corpus_key: string | string[]) =>
    handler(new Request("https://api.example", { headers }), { params: { corpus_key } });
  assert.equal((await ask("docs")).status, 200);
  assert.equal((await ask("wiki")).status, 403);
  await assert.rejects(ask(["docs"]), TypeError);
});

test("refuses to protect a resource without a permission", async (t) => {
  const verifier = createVerifier((await startIssuer(t)).options);
  const declared = { resource: { type: "corpus" } };
  assert.throws(() => protect(verifier, declared, () => new Response()), TypeError);
});
