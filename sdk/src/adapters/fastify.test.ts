import assert from "node:assert/strict";
import { test } from "node:test";
import fastify from "fastify";
import { startIssuer } from "../../test/issuer.ts";
import { startServer } from "../../test/local-server.ts";
import type { Access } from "../access.ts";
import { createVerifier } from "../verifier.ts";
import { testAdapter } from "./adapter.contract.ts";
import { protectRoutes, type RouteProtection } from "./fastify.ts";

// Declaration merging would reach the routes of the server too: one type check covers both.
const accessOf = (request: object) => (request as { access: Access | null }).access;
const config = (protection: RouteProtection) => ({ config: protection as object });

testAdapter("the Fastify adapter", async (t, { verifier, routes, refusalBody }) => {
  const app = fastify();
  await app.register(protectRoutes, { verifier, refusalBody });
  for (const { path, protection, handle } of routes) {
    app.get(path, config(protection), (request) => handle(accessOf(request) as Access));
  }
  await app.ready();
  return startServer(t, (request, response) => app.routing(request, response));
});

test("protects every route that does not say it is public (D14)", async (t) => {
  const issuer = await startIssuer(t);
  const app = fastify();
  await app.register(protectRoutes, { verifier: createVerifier(issuer.options) });
  app.get("/open", config({ public: true }), (request) => ({ access: accessOf(request) }));
  app.get("/closed", () => ({}));
  const get = (url: string, headers = {}) => app.inject({ url, headers });
  assert.deepEqual((await get("/open")).json(), { access: null });
  assert.equal((await get("/closed")).statusCode, 401);
  assert.equal((await get("/nowhere")).statusCode, 401);
  const headers = { authorization: `Bearer ${issuer.token()}` };
  assert.equal((await get("/nowhere", headers)).statusCode, 404);
  assert.deepEqual((await get("/open", headers)).json(), { access: null });
});

test("answers a resource without a permission with 500", async (t) => {
  const issuer = await startIssuer(t);
  const app = fastify();
  await app.register(protectRoutes, { verifier: createVerifier(issuer.options) });
  app.get("/mistake", config({ resource: { type: "corpus" } }), () => ({}));
  const headers = { authorization: `Bearer ${issuer.token()}` };
  for (const round of ["new", "known"]) {
    const { statusCode } = await app.inject({ url: "/mistake", headers });
    assert.equal(statusCode, 500, round);
  }
});
