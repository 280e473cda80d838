import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { AppClientPage } from "@countersign/protocol/admin/app-clients.ts";
import { bearer, call, createAppClient, requestToken, secretOf, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

for (const { name, settings } of stores) {
  describe(`/v2/app_clients on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const read = (id: string) => call(server, "GET", `/v2/app_clients/${id}`);
    const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
      call(server, "PATCH", `/v2/app_clients/${id}`, {
        body,
        headers: { "x-api-key": server.apiKey, ...headers },
      });

    test("creates, reads with the secret, changes and deletes", async () => {
      const created = await createAppClient(server, {
        name: "nightly import",
        description: "loads documents",
        api_roles: ["corpus_developer"],
        corpus_roles: [{ corpus_key: "docs", role: "owner" }],
        agent_roles: [{ agent_key: "helper", role: "agent_user" }],
        resource_roles: [{ resource_type: "project", resource_id: "p/1", role: "viewer" }],
        labels: { team: "search" },
        external_id: "import-1",
      });
      assert.match(created.id, /^app_/);
      assert.match(created.client_secret, /^cssk_[0-9A-Za-z]{49}$/);
      const again = await read(created.id);
      assert.deepEqual(again.body, created);
      const changed = await patch(created.id, { api_roles: ["viewer"], description: "reads" });
      assert.equal(changed.status, 200);
      assert.deepEqual(changed.body["api_roles"], ["viewer"]);
      assert.deepEqual(changed.body["corpus_roles"], created.corpus_roles);
      assert.equal(changed.body["name"], "nightly import");
      const deleted = await call(server, "DELETE", `/v2/app_clients/${created.id}`);
      assert.equal(deleted.status, 204);
      const gone = await read(created.id);
      assert.equal(gone.status, 404);
      assert.deepEqual(Object.keys(gone.body).toSorted(), ["id", "messages", "request_id"]);
      assert.equal((await requestToken(server, secretOf(created))).status, 401);
    });

    test("lists without secrets, page by page, each client once", async () => {
      const made = [];
      for (let count = 0; count < 25; count += 1) {
        made.push((await createAppClient(server, { name: `paged ${count}` })).id);
      }
      const seen: string[] = [];
      let pageKey: string | undefined;
      let pages = 0;
      do {
        const query = pageKey === undefined ? "" : `&page_key=${encodeURIComponent(pageKey)}`;
        const page = await call<AppClientPage>(
          server,
          "GET",
          `/v2/app_clients?limit=10&filter=%5Epaged%20${query}`,
        );
        assert.equal(page.status, 200);
        assert.ok(page.body.app_clients.every((client) => !("client_secret" in client)));
        seen.push(...page.body.app_clients.map(({ id }) => id));
        pageKey = page.body.metadata.page_key;
        pages += 1;
      } while (pageKey !== undefined && pages < 20);
      assert.deepEqual(seen, made);
    });

    test("leaves page_key out on the last page", async () => {
      const page = await call<AppClientPage>(server, "GET", "/v2/app_clients?limit=100");
      assert.equal("page_key" in page.body.metadata, false);
    });

    test("does once what is asked twice with one Idempotency-Key", async () => {
      const headers = { "x-api-key": server.apiKey, "idempotency-key": "create-report-reader" };
      const body = { name: "report reader", type: "client_credentials" };
      const first = await call(server, "POST", "/v2/app_clients", { body, headers });
      const second = await call(server, "POST", "/v2/app_clients", { body, headers });
      assert.deepEqual([first.status, second.status], [201, 201]);
      assert.deepEqual(second.body, first.body);
      const other = await call(server, "POST", "/v2/app_clients", {
        body: { ...body, name: "another" },
        headers,
      });
      assert.equal(other.status, 422);
    });

    test("makes one client of two repetitions that arrive together", async () => {
      const headers = { "x-api-key": server.apiKey, "idempotency-key": "at-once" };
      const body = { name: "at once", type: "client_credentials" };
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => call(server, "POST", "/v2/app_clients", { body, headers })),
      );
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
      assert.equal(new Set(answers.map((answer) => answer.body["id"])).size, 1);
    });

    test("refuses a change of what somebody else changed meanwhile", async () => {
      const client = await createAppClient(server);
      const etag = (await read(client.id)).headers.get("etag")!;
      const first = await patch(client.id, { description: "one" }, { "if-match": etag });
      assert.equal(first.status, 200);
      const second = await patch(client.id, { description: "two" }, { "if-match": etag });
      assert.equal(second.status, 412);
      assert.equal((await read(client.id)).body["description"], "one");
    });

    test("keeps every one of many changes that arrive together", async () => {
      const client = await createAppClient(server);
      const answers = await Promise.all([
        patch(client.id, { description: "changed" }),
        patch(client.id, { labels: { a: "1" } }),
        patch(client.id, { name: "renamed" }),
      ]);
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      );
      const { description, labels, name } = (await read(client.id)).body;
      assert.deepEqual([description, labels, name], ["changed", { a: "1" }, "renamed"]);
    });

    test("makes every one of twenty changes that arrive together, one after another", async () => {
      const client = await createAppClient(server);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => patch(client.id, { description: String(n) })),
      );
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
      assert.equal((await read(client.id)).headers.get("etag"), '"21"');
    });

    test("keeps external_id unique within the account, and finds by it", async () => {
      const client = await createAppClient(server, { external_id: "terraform-7" });
      const body = { name: "other", type: "client_credentials", external_id: "terraform-7" };
      assert.equal((await call(server, "POST", "/v2/app_clients", { body })).status, 409);
      const found = await call<AppClientPage>(
        server,
        "GET",
        "/v2/app_clients?external_id=terraform-7",
      );
      assert.deepEqual(
        found.body.app_clients.map(({ id }) => id),
        [client.id],
      );
      await patch(client.id, { external_id: null });
      assert.equal((await call(server, "POST", "/v2/app_clients", { body })).status, 201);
    });

    test("takes effect at once: disabled, enabled, narrowed", async () => {
      const client = await createAppClient(server, { api_roles: ["administrator"] });
      const token = await tokenFor(server, client);
      const list = () => call(server, "GET", "/v2/app_clients?limit=1", { headers: bearer(token) });
      assert.equal((await list()).status, 200);
      await patch(client.id, { enabled: false });
      assert.equal((await list()).status, 401);
      assert.equal((await requestToken(server, secretOf(client))).status, 401);
      await patch(client.id, { enabled: true });
      assert.equal((await list()).status, 401, "what was taken back stays taken back");
      const headers = bearer(await tokenFor(server, client));
      const listAgain = () => call(server, "GET", "/v2/app_clients?limit=1", { headers });
      assert.equal((await listAgain()).status, 200);
      await patch(client.id, { api_roles: ["viewer"] });
      const narrowed = await listAgain();
      assert.equal(narrowed.status, 401, "a new token would say what it may do now");
      assert.match(narrowed.headers.get("www-authenticate") ?? "", /invalid_token/);
      const fresh = bearer(await tokenFor(server, client));
      const refused = await call(server, "GET", "/v2/app_clients?limit=1", { headers: fresh });
      assert.equal(refused.status, 403);
    });

    test("makes a public client without a secret", async () => {
      const client = await createAppClient(server, {
        type: "authorization_code",
        redirect_uris: ["http://127.0.0.1:3000/callback", "com.example.app:/callback"],
        token_endpoint_auth_method: "none",
      });
      assert.equal("client_secret" in client, false);
      assert.deepEqual(client.grant_types, ["authorization_code", "refresh_token"]);
      const refused = await requestToken(server, {
        grant_type: "client_credentials",
        client_id: client.client_id,
      });
      assert.deepEqual([refused.status, refused.body.error], [400, "unauthorized_client"]);
    });

    test("names the field that is wrong", async () => {
      const cases: [Record<string, unknown>, string][] = [
        [{ name: "" }, "name"],
        [{ type: "password" }, "type"],
        [{ api_roles: ["root"] }, "api_roles.0"],
        [{ api_roles: "owner" }, "api_roles"],
        [{ corpus_roles: [{ corpus_key: "a b", role: "viewer" }] }, "corpus_roles.0.corpus_key"],
        [{ enabledd: true }, "enabledd"],
        [{ toString: true }, "toString"],
        [{ token_lifetime_seconds: 29 }, "token_lifetime_seconds"],
        [{ token_lifetime_seconds: "60" }, "token_lifetime_seconds"],
        [{ redirect_uris: ["javascript:alert(1)"] }, "redirect_uris.0"],
        [{ redirect_uris: ["https://a.example/#x"] }, "redirect_uris.0"],
        [{ redirect_uris: ["http://a.example/cb"] }, "redirect_uris.0"],
        [{ type: "authorization_code" }, "redirect_uris"],
        [{ grant_types: ["refresh_token"] }, "grant_types"],
        [{ token_endpoint_auth_method: "none" }, "token_endpoint_auth_method"],
        [{ labels: { "bad label": "x" } }, "labels.bad label"],
      ];
      for (const [change, field] of cases) {
        const body = { name: "n", type: "client_credentials", ...change };
        const answer = await call<{ field_errors: object; request_id: string }>(
          server,
          "POST",
          "/v2/app_clients",
          { body },
        );
        assert.equal(answer.status, 400, JSON.stringify(change));
        assert.deepEqual(Object.keys(answer.body.field_errors), [field], JSON.stringify(change));
        assert.match(answer.body.request_id, /^req_/);
      }
    });
  });
}
