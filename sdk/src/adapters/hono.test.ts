import assert from "node:assert/strict";
import { test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { startIssuer } from "../../test/issuer.ts";
import { startServer } from "../../test/local-server.ts";
import type { Access } from "../access.ts";
import { createVerifier } from "../verifier.ts";
import { testAdapter } from "./adapter.contract.ts";
import { protect } from "./hono.ts";

interface Env {
  Variables: { access: Access };
}

testAdapter("the Hono adapter", async (t, { verifier, routes, refusalBody }) => {
  const app = new Hono<Env>();
  for (const { path, protection, handle } of routes) {
    app.get(path, protect(verifier, { ...protection, refusalBody }), (context) =>
      context.json(handle(context.get("access")) as object),
    );
  }
  const listener = getRequestListener(app.fetch);
  return startServer(t, (request, response) => void listener(request, response));
});

test("protects all that comes after it", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const app = new Hono<Env>();
  app.get("/healthz", (context) => context.text("ok"));
  app.use(protect(verifier));
  const onCorpus = protect(verifier, {
    permission: "documents:read",
    resource: (context: Context) => ({ type: "corpus", id: context.req.query("c") ?? "" }),
  });
  app.get("/documents/:id", onCorpus, (context) =>
    context.json({ id: context.req.param("id"), client: context.var.access.clientId }),
  );
  app.get("/corpora/:corpus_key", protect(verifier, { maxTokenAgeSeconds: 60 }), (context) => {
    // The path's parameters keep their types behind the middleware.
    const id: string = context.req.param("corpus_key");
    return context.json({
      may: context.get("access").may("documents:read", { type: "corpus", id }),
    });
  });
  const details = [{ type: "corpus", identifier: "docs", actions: ["documents:read"] }];
  const token = issuer.token({ claims: { scope: undefined, authorization_details: details } });
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await app.request("/healthz")).status, 200);
  assert.equal((await app.request("/nowhere")).status, 401);
  const answer = await app.request("/documents/1?c=docs", { headers });
  assert.deepEqual(await answer.json(), { id: "1", client: "app_1" });
  assert.equal((await app.request("/documents/1?c=wiki", { headers })).status, 403);
  const corpus = await app.request("/corpora/docs", { headers });
  assert.deepEqual(await corpus.json(), { may: true });
});

test("answers what a handler refuses without what the handler had begun", async (t) => {
  const issuer = await startIssuer(t);
  const app = new Hono<Env>();
  const seen: unknown[] = [];
  app.onError((error, context) => {
    seen.push(error.name);
    return context.text("mine", 500, { "cache-control": "public" });
  });
  app.use(protect(createVerifier(issuer.options)));
  app.get("/late", (context) => {
    context.header("cache-control", "public");
    context.get("access").require("corpora:delete");
    return context.text("not reached");
  });
  app.get("/broken", () => {
    throw new RangeError("ours");
  });
  const headers = { authorization: `Bearer ${issuer.token()}` };
  const late = await app.request("/late", { headers });
  assert.equal(late.status, 403);
  assert.equal(late.headers.get("cache-control"), "no-store");
  assert.deepEqual(await late.json(), { messages: ["This access token does not permit that."] });
  const broken = await app.request("/broken", { headers });
  assert.equal(await broken.text(), "mine");
  assert.deepEqual(seen, ["AuthorizationError", "RangeError"]);
});

test("refuses to protect a resource without a permission", async (t) => {
  const verifier = createVerifier((await startIssuer(t)).options);
  assert.throws(() => protect(verifier, { resource: { type: "corpus" } }), TypeError);
});
