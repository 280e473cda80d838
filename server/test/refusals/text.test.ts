import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { call, createAppClient, requestToken, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";
import { checkServes } from "./attack.ts";

for (const { name, settings } of stores) {
  describe(`text that a database may not take, on ${name}`, () => {
    let server: InProcessServer;
    let client: CreatedAppClient;
    before(async () => {
      server = await startServer(await settings());
      client = await createAppClient(server);
    });
    after(() => server.stop());

    const good = { name: "a", type: "client_credentials" };

    test("is refused when it holds NUL (I11)", async () => {
      const evil = "a\0b";
      const bodies = [
        { name: evil },
        { description: evil },
        { external_id: evil },
        { labels: { a: evil } },
        { redirect_uris: [`https://a.example/${evil}`] },
      ];
      for (const body of bodies) {
        const label = JSON.stringify(body);
        const made = await call(server, "POST", "/v2/app_clients", { body: { ...good, ...body } });
        assert.equal(made.status, 400, label);
        const changed = await call(server, "PATCH", `/v2/app_clients/${client.id}`, { body });
        assert.equal(changed.status, 400, label);
      }
      const path = `/v2/app_clients/${client.id}/credentials`;
      const paths: [string, string, object?][] = [
        ["POST", path, { description: evil }],
        ["GET", "/v2/app_clients/%00"],
        ["GET", "/v2/app_clients?external_id=%00"],
        ["GET", "/v2/app_clients?filter=%00"],
        ["DELETE", `${path}/%00`],
        ["POST", "/setup", { code: evil, email: "a@b" }],
        ["POST", "/setup", { code: "a", email: `${evil}@b` }],
      ];
      for (const [method, address, body] of paths) {
        const answer = await call(server, method, address, body === undefined ? {} : { body });
        assert.equal(answer.status, 400, `${method} ${address}`);
      }
    });

    test("is refused when UTF-8 has no such thing: what is answered is what is kept (I11)", async () => {
      const half = "a\ud800";
      const path = `/v2/app_clients/${client.id}`;
      for (const body of [
        { description: half },
        { labels: { a: half } },
        { labels: { [half]: "a" } },
      ]) {
        const answer = await call(server, "PATCH", path, { body });
        assert.equal(answer.status, 400, JSON.stringify(body));
      }
      for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80]]) {
        const response = await fetch(server.url + path, {
          method: "PATCH",
          headers: { "content-type": "application/json", "x-api-key": server.apiKey },
          body: Buffer.concat([
            Buffer.from('{"description":"'),
            Buffer.from(bytes),
            Buffer.from('"}'),
          ]),
        });
        assert.equal(response.status, 400, String(bytes));
        assert.match(await response.text(), /"request_id":"req_/);
      }
      const { body } = await call<{ description: string }>(server, "GET", path);
      assert.equal(body.description, "");
    });

    test("is refused when it names a moment that no clock shows (I11)", async () => {
      const path = `/v2/app_clients/${client.id}/credentials`;
      const moments = ["2099-12-31T23:59:60Z", "2099-02-30T00:00:00Z", "2099-12-31T24:00:00Z"];
      for (const expires_at of moments) {
        const made = await call(server, "POST", path, { body: { expires_at } });
        assert.equal(made.status, 400, expires_at);
        const keyBody = { name: "a", api_key_role: "personal", expires_at };
        const key = await call(server, "POST", "/v2/api_keys", { body: keyBody });
        assert.equal(key.status, 400, expires_at);
        const usage = await call(server, "GET", `/v2/usage?until=${expires_at}`);
        assert.equal(usage.status, 400, expires_at);
        const audit = await call(server, "GET", `/v2/audit_events?since=${expires_at}`);
        assert.equal(audit.status, 400, expires_at);
      }
    });

    test("never ends in a mistake of ours, and names nobody else (I11)", async () => {
      const texts = [
        "\u{feff}",
        "\u{202e}x",
        "\u{1f4a9}",
        "e\u0301",
        "\u00e9",
        "x".repeat(255),
        "\u0001\u001b",
        "' or '1'='1",
        "%",
        "_",
        "\\",
        "${x}",
        "null",
      ];
      for (const text of texts) {
        const body = {
          ...good,
          name: text,
          description: text,
          labels: { a: text },
          external_id: text.slice(0, 200),
        };
        const made = await call(server, "POST", "/v2/app_clients", { body });
        assert.equal(made.status, 201, JSON.stringify(text));
        const params = { grant_type: "client_credentials", client_id: text, client_secret: text };
        assert.equal((await requestToken(server, params)).status, 401, JSON.stringify(text));
        const found = await call(
          server,
          "GET",
          `/v2/app_clients/${encodeURIComponent(text.toWellFormed().slice(0, 100))}`,
        );
        assert.equal(found.status, 404, JSON.stringify(text));
      }
      const twins = ["e\u0301", "\u00e9"].map((text) => encodeURIComponent(text));
      for (const twin of twins) {
        const { body } = await call<{ app_clients: unknown[] }>(
          server,
          "GET",
          `/v2/app_clients?external_id=${twin}`,
        );
        assert.equal(body.app_clients.length, 1);
      }
    });

    test("serves as before after all of this", () => checkServes(server));
  });
}
