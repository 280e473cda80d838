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

    test("never ends in a mistake of ours, and names nobody else (I11)", async () => {
      const texts = [
        "\ud800",
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
