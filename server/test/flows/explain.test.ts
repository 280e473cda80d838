import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Explain, Explanation } from "@countersign/protocol/admin/explain.ts";
import { bearer, call, createAppClient, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/** `POST /v2/explain`: the verdict is the one that a call gets, and it says where it comes from. */

for (const { name, settings } of stores) {
  describe(`/v2/explain on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const ask = async (question: Explain): Promise<Explanation> => {
      const answer = await call<Explanation>(server, "POST", "/v2/explain", { body: question });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body;
    };
    const docs = { type: "corpus", id: "docs" };

    test("names each role that alone would do", async () => {
      const { id } = await createAppClient(server, {
        api_roles: ["viewer", "corpus_developer"],
        corpus_roles: [{ corpus_key: "docs", role: "editor" }],
      });
      const principal = { type: "app_client" as const, id };
      const writing = { principal, permission: "documents:write" };
      const everywhere = { role: "corpus_developer", resource_type: "account", resource_id: "*" };
      const there = { role: "editor", resource_type: "corpus", resource_id: "docs" };
      assert.deepEqual((await ask(writing)).because, [everywhere]);
      const onDocs = await ask({ ...writing, resource: docs });
      assert.deepEqual([onDocs.allowed, onDocs.because], [true, [everywhere, there]]);
      assert.match(onDocs.why, /the role editor on corpus docs/);
      assert.equal("missing" in onDocs, false);
    });

    test("says what is missing, and whether it is held elsewhere", async () => {
      const { id } = await createAppClient(server, {
        corpus_roles: [{ corpus_key: "docs", role: "viewer" }],
      });
      const principal = { type: "app_client" as const, id };
      const elsewhere = await ask({
        principal,
        permission: "documents:read",
        resource: { type: "corpus", id: "other" },
      });
      assert.deepEqual([elsewhere.allowed, elsewhere.missing], [false, "documents:read"]);
      assert.match(elsewhere.why, /on other resources, but not on corpus other/);
      const never = await ask({ principal, permission: "users:write" });
      assert.match(never.why, /No role that it holds permits users:write for the whole account/);
    });

    test("agrees with what a call gets, also for a disabled client and a custom role", async () => {
      const body = { name: "log_reader", permissions: ["audit_events:read"] };
      assert.equal((await call(server, "POST", "/v2/roles", { body })).status, 201);
      const client = await createAppClient(server, { api_roles: ["log_reader"] });
      const principal = { type: "app_client" as const, id: client.id };
      const headers = bearer(await tokenFor(server, client));
      for (const [permission, path] of [
        ["audit_events:read", "/v2/audit_events"],
        ["usage:read", "/v2/usage"],
      ] as const) {
        const { status } = await call(server, "GET", path, { headers });
        assert.equal((await ask({ principal, permission })).allowed, status === 200, path);
      }
      const off = { body: { enabled: false } };
      await call(server, "PATCH", `/v2/app_clients/${client.id}`, off);
      const disabled = await ask({ principal, permission: "audit_events:read" });
      assert.equal(disabled.allowed, false);
      assert.match(disabled.why, /disabled/);
    });

    test("explains people and keys, and what a personal key leaves to people", async () => {
      const user = await call<{ id: string }>(server, "POST", "/v2/users", {
        body: { email: "one@example.com", api_roles: ["viewer"] },
      });
      const reads = { permission: "corpora:read" };
      const person = { type: "user" as const, id: user.body.id };
      assert.equal((await ask({ principal: person, ...reads })).allowed, true);
      const create = (body: object) =>
        call<{ id: string }>(server, "POST", "/v2/api_keys", { body });
      const serving = await create({ name: "s", api_key_role: "serving", corpus_keys: ["docs"] });
      const key = { type: "api_key" as const, id: serving.body.id };
      assert.equal((await ask({ principal: key, ...reads, resource: docs })).allowed, true);
      assert.equal((await ask({ principal: key, ...reads })).allowed, false);
      const personal = await create({ name: "p", api_key_role: "personal" });
      const principal = { type: "api_key" as const, id: personal.body.id };
      assert.equal((await ask({ principal, permission: "users:write" })).allowed, true);
      const billing = await ask({ principal, permission: "billing:write" });
      assert.equal(billing.allowed, false);
      assert.match(billing.why, /leaves this to people/);
    });

    test("refuses whom and what it does not know, and who may not ask (H3)", async () => {
      const client = await createAppClient(server, { api_roles: ["viewer"] });
      const principal = { type: "app_client", id: client.id };
      const status = async (body: object, headers?: Record<string, string>) =>
        (await call(server, "POST", "/v2/explain", headers ? { body, headers } : { body })).status;
      const question = { principal, permission: "corpora:read" };
      for (const type of ["app_client", "user", "api_key"]) {
        assert.equal(await status({ ...question, principal: { type, id: "unknown" } }), 404);
      }
      assert.equal(await status({ ...question, permission: "corpora:fly" }), 400);
      assert.equal(await status({ ...question, principal: { type: "tenant", id: "x" } }), 400);
      assert.equal(await status(question, bearer(await tokenFor(server, client))), 403);
      assert.equal(await status(question, {}), 401);
    });
  });
}
