import assert from "node:assert/strict";
import { test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { startIssuer } from "../../test/issuer.ts";
import { startServer } from "../../test/local-server.ts";
import { createVerifier } from "../verifier.ts";
import { findRoute, type TestApi, testAdapter, type TestRoute } from "./adapter.contract.ts";
import { protect } from "./fetch.ts";

const url = "https://api.example/v2/corpora/docs";

function withToken(token: string): Request {
  return new Request(url, { headers: { authorization: `Bearer ${token}` } });
}

testAdapter("the fetch adapter", (t, api) => {
  const handlers = new Map(api.routes.map((route) => [route.path, handlerOf(api, route)]));
  const listener = getRequestListener((request) => {
    const path = findRoute(api.routes, request.url)?.route.path ?? "";
    return handlers.get(path)?.(request) ?? new Response(null, { status: 404 });
  });
  return startServer(t, (request, response) => void listener(request, response));
});

/** Without a router there are no parameters: a function finds the resource. */
function handlerOf({ verifier, routes, refusalBody }: TestApi, route: TestRoute) {
  const { type, param } = route.protection.resource ?? {};
  const named = (request: Request) => {
    const id = findRoute(routes, request.url)?.params[param ?? ""];
    if (type === undefined || id === undefined) throw new TypeError("no such parameter");
    return { type, id };
  };
  const onType = type === undefined ? undefined : { type };
  const resource = param === undefined ? onType : named;
  return protect(verifier, { ...route.protection, resource, refusalBody }, (_request, access) =>
    Response.json(route.handle(access)),
  );
}

test("hands on what the runtime gave beside the request", async (t) => {
  const issuer = await startIssuer(t);
  const handler = protect(
    createVerifier(issuer.options),
    { permission: "corpora:read" },
    (request, access, environment: string) =>
      Response.json([request.url, access.clientId, environment]),
  );
  const response = await handler(withToken(issuer.token()), "env");
  assert.deepEqual(await response.json(), [url, "app_1", "env"]);
});

test("leaves what is no refusal to the runtime", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const failing = protect(verifier, {}, () => Promise.reject(new RangeError("ours")));
  await assert.rejects(failing(withToken(issuer.token())), RangeError);
});

test("refuses to protect a resource without a permission", async (t) => {
  const { options } = await startIssuer(t);
  const declared = { resource: () => ({ type: "corpus", id: "docs" }) };
  assert.throws(() => protect(createVerifier(options), declared, () => new Response()), TypeError);
});
