import assert from "node:assert/strict";
import { test } from "node:test";
import express from "express";
import { startIssuer } from "../../test/issuer.ts";
import { startServer } from "../../test/local-server.ts";
import type { Access } from "../access.ts";
import { createVerifier } from "../verifier.ts";
import { testAdapter } from "./adapter.contract.ts";
import { protect } from "./express.ts";

declare global {
  namespace Express {
    interface Request {
      access: Access;
    }
  }
}

function makeApp() {
  const app = express();
  app.set("env", "test");
  return app;
}

testAdapter("the Express adapter", async (t, { verifier, routes, refusalBody }) => {
  const app = makeApp();
  for (const { path, protection, handle } of routes) {
    app.get(path, protect(verifier, { ...protection, refusalBody }), (request, response) => {
      response.json(handle(request.access));
    });
  }
  return startServer(t, (request, response) => void app(request, response));
});

test("protects all that comes after it", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const app = makeApp();
  app.get("/healthz", (_request, response) => void response.send("ok"));
  app.use(protect(verifier));
  const fresh = { maxTokenAgeSeconds: 60 };
  app.post("/corpora/:corpus_key", protect(verifier, fresh), (request, response) => {
    // The path's parameters keep their types behind the middleware.
    const id: string = request.params.corpus_key;
    request.access.require("corpora:read", { type: "corpus", id });
    response.json({ client: request.access.clientId });
  });
  const origin = await startServer(t, (request, response) => void app(request, response));
  const post = (headers: Record<string, string>) =>
    fetch(`${origin}/corpora/docs`, { method: "POST", headers });
  assert.equal((await fetch(`${origin}/healthz`)).status, 200);
  assert.equal((await fetch(`${origin}/nowhere`)).status, 401);
  assert.equal((await post({})).status, 401);
  assert.equal((await post({ authorization: `Bearer ${issuer.token()}` })).status, 200);
});

test("finds the resource by a function of the request", async (t) => {
  const issuer = await startIssuer(t);
  const verifier = createVerifier(issuer.options);
  const app = makeApp();
  const onCorpus = protect(verifier, {
    permission: "documents:read",
    resource: (request: express.Request) => ({ type: "corpus", id: request.get("x-corpus") ?? "" }),
  });
  app.get("/documents/:id", onCorpus, (request, response) => {
    response.json({ id: request.params["id"] });
  });
  const origin = await startServer(t, (request, response) => void app(request, response));
  const details = [{ type: "corpus", identifier: "docs", actions: ["documents:read"] }];
  const token = issuer.token({ claims: { scope: undefined, authorization_details: details } });
  const get = (corpus: string) => {
    const headers = { authorization: `Bearer ${token}`, "x-corpus": corpus };
    return fetch(`${origin}/documents/1`, { headers });
  };
  assert.deepEqual(await (await get("docs")).json(), { id: "1" });
  assert.equal((await get("wiki")).status, 403);
});

test("refuses to protect a resource without a permission", async (t) => {
  const verifier = createVerifier((await startIssuer(t)).options);
  assert.throws(() => protect(verifier, { resource: { type: "corpus" } }), TypeError);
});
