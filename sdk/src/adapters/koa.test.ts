import assert from "node:assert/strict";
import { test } from "node:test";
import Koa from "koa";
import { startIssuer } from "../../test/issuer.ts";
import { startServer } from "../../test/local-server.ts";
import type { Access } from "../access.ts";
import { createVerifier } from "../verifier.ts";
import { findRoute, testAdapter } from "./adapter.contract.ts";
import { protect } from "./koa.ts";

interface State {
  access: Access;
}

testAdapter("the Koa adapter", async (t, { verifier, routes, refusalBody }) => {
  const app = new Koa<State>();
  app.silent = true;
  const protectors = new Map(
    routes.map(({ path, protection }) => [
      path,
      protect<Koa.ParameterizedContext<State>>(verifier, { ...protection, refusalBody }),
    ]),
  );
  // As @koa/router does it: the parameters are there before the route's middleware.
  app.use(async (context, next) => {
    const found = findRoute(routes, `http://localhost${context.url}`);
    if (found === undefined) return next();
    context["params"] = found.params;
    await protectors.get(found.route.path)?.(context, async () => {
      context.body = found.route.handle(context.state.access);
    });
  });
  const serve = app.callback();
  return startServer(t, (request, response) => void serve(request, response));
});

test("protects all that comes after it", async (t) => {
  const issuer = await startIssuer(t);
  const app = new Koa<State>();
  app.use(async (context, next) => {
    if (context.path === "/healthz") context.body = "ok";
    else await next();
  });
  app.use(
    protect(createVerifier(issuer.options), {
      permission: "documents:read",
      resource: (context: Koa.Context) => ({ type: "corpus", id: String(context.query["c"]) }),
    }),
  );
  app.use((context) => {
    context.type = "text/csv";
    if (context.query["refuse"] === "late") context.state.access.require("corpora:delete");
    context.body = context.state.access.clientId;
  });
  const serve = app.callback();
  const origin = await startServer(t, (request, response) => void serve(request, response));
  const headers = { authorization: `Bearer ${issuer.token()}` };
  assert.equal((await fetch(`${origin}/healthz`)).status, 200);
  assert.equal((await fetch(`${origin}/?c=docs`)).status, 401);
  assert.equal(await (await fetch(`${origin}/?c=docs`, { headers })).text(), "app_1");
  const late = await fetch(`${origin}/?c=docs&refuse=late`, { headers });
  assert.equal(late.status, 403);
  assert.match(late.headers.get("content-type") ?? "", /^application\/json/);
  assert.deepEqual(await late.json(), { messages: ["This access token does not permit that."] });
});

test("refuses to protect a resource without a permission", async (t) => {
  const verifier = createVerifier((await startIssuer(t)).options);
  assert.throws(() => protect(verifier, { resource: { type: "corpus" } }), TypeError);
});
