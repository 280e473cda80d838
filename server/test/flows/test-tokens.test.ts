import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { TestToken } from "@countersign/protocol/admin/test-tokens.ts";
import { call, claimsOf, createAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";
import { createVisitor, type Visitor } from "../visitor.ts";

/** `POST /v2/app_clients/{id}/test_tokens`: for who is signed in, and worth no more than they are. */

const owner = { email: "owner@example.com", password: "a long walk before breakfast" };

for (const { name, settings } of stores) {
  describe(`test tokens on ${name}`, () => {
    let server: InProcessServer;
    let visitor: Visitor;
    before(async () => {
      server = await startServer({
        ...(await settings()),
        COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: owner.email,
        COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: owner.password,
        COUNTERSIGN_OUTBOUND_ALLOW: "127.0.0.0/8",
      });
      visitor = createVisitor(server);
      await visitor.signIn(owner.email, owner.password);
    });
    after(() => server.stop());

    const ask = (id: string, body: object = {}) => {
      const cookie = [...visitor.cookies].map(([key, value]) => `${key}=${value}`).join("; ");
      const path = `/v2/app_clients/${id}/test_tokens`;
      const headers = { origin: server.url, cookie };
      return call<TestToken & { field_errors?: object }>(server, "POST", path, { body, headers });
    };

    test("is a token of the client, narrowed as asked, that ends with its credential", async () => {
      const client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
      const { status, body } = await ask(client.id, { scope: "corpora:read" });
      assert.equal(status, 200, JSON.stringify(body));
      const claims = claimsOf(body.access_token);
      assert.deepEqual(
        [claims["sub"], claims["client_id"], claims["scope"]],
        [client.client_id, client.client_id, "corpora:read"],
      );
      assert.ok(body.expires_in <= 600);
      const use = async (): Promise<number> => {
        const headers = { authorization: `Bearer ${body.access_token}` };
        return (await call(server, "GET", "/v2/corpora", { headers })).status;
      };
      assert.equal(await use(), 200);
      await call(server, "PATCH", `/v2/app_clients/${client.id}`, { body: { enabled: false } });
      assert.equal(await use(), 401);
      assert.equal((await ask(client.id)).status, 409);
    });

    test("is written down, and is no use of the client's secret", async () => {
      const client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
      await ask(client.id);
      const query = `?subject_id=${client.id}&action=app_client.test_token_issued`;
      const events = await call<{ audit_events: { actor: { type: string } }[] }>(
        server,
        "GET",
        `/v2/audit_events${query}`,
      );
      assert.deepEqual(
        events.body.audit_events.map(({ actor }) => actor.type),
        ["user"],
      );
      const read = await call<{ last_used_at?: string }>(
        server,
        "GET",
        `/v2/app_clients/${client.id}`,
      );
      assert.equal(read.body.last_used_at, undefined);
    });

    test("is refused to keys and tokens, and beyond what the client has", async () => {
      const client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
      const path = `/v2/app_clients/${client.id}/test_tokens`;
      assert.equal((await call(server, "POST", path, { body: {} })).status, 403);
      const beyond = await ask(client.id, { scope: "corpora:delete" });
      assert.deepEqual([beyond.status, Object.keys(beyond.body.field_errors!)], [400, ["scope"]]);
      const elsewhere = await ask(client.id, { resource: "https://nowhere.example.com" });
      assert.deepEqual(Object.keys(elsewhere.body.field_errors!), ["resource"]);
      assert.equal((await ask("app_none")).status, 404);
    });

    test("reads the document of an API where it is, and says why it cannot (G8)", async () => {
      const other = await listen((_request, response) => response.end("openapi: 3.1.0"));
      const make = async (openapi_url: string): Promise<string> => {
        const audience = `https://api.example.com/${encodeURIComponent(openapi_url)}`;
        const body = { name: "Other", audience, permissions: [], openapi_url };
        return (await call<{ id: string }>(server, "POST", "/v2/apis", { body })).body.id;
      };
      const read = async (url: string) => {
        const path = `/v2/apis/${await make(url)}/openapi_document`;
        return call<{ document?: string; field_errors?: object }>(server, "GET", path);
      };
      const { port } = other.address() as AddressInfo;
      assert.equal((await read(`http://127.0.0.1:${port}/`)).body.document, "openapi: 3.1.0");
      const refused = await read("http://169.254.169.254/latest/meta-data/");
      assert.deepEqual(
        [refused.status, Object.keys(refused.body.field_errors!)],
        [400, ["openapi_url"]],
      );
      other.close();
    });
  });
}

async function listen(handler: RequestListener): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return server;
}
