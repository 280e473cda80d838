import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { call, createAppClient } from "../calls.ts";
import { spawnServer, type ServerProcess } from "../server.ts";

/**
 * What `npm start` runs is without what libraries require in case that somebody wants it, and reads other
 * things late: nothing that this server answers may be among the first.
 */

interface OpenapiDocument {
  paths: Record<string, Record<string, { parameters?: { in: string; required?: boolean }[] }>>;
}

describe("the built server", () => {
  let server: ServerProcess;
  before(async () => {
    server = await spawnServer({});
  });
  after(() => server.stop());

  test("describes itself, and answers everything that can be asked for without more", async () => {
    const { url, apiKey } = server;
    const { body } = await call<OpenapiDocument>(server, "GET", "/openapi.json");
    const paths = Object.entries(body.paths)
      .filter(([path, { get }]) => get !== undefined && !path.includes("{"))
      .map(([path]) => path);
    assert.ok(paths.length > 20, `it describes ${paths.length} of them`);
    for (const path of [...paths, "/healthz", "/readyz", "/metrics", "/oauth2/jwks"]) {
      const { status } = await fetch(url + path, { headers: { "x-api-key": apiKey } });
      assert.ok(status < 500, `${path} answered ${status}`);
    }
  });

  test("finds what a filter finds, and refuses what is none", async () => {
    await createAppClient(server, { name: "Billing" });
    await createAppClient(server, { name: "Search" });
    const path = "/v2/app_clients?filter=";
    const found = await call<{ app_clients: { name: string }[] }>(server, "GET", `${path}^Bill`);
    assert.deepEqual(
      found.body.app_clients.map(({ name }) => name),
      ["Billing"],
    );
    assert.equal((await call(server, "GET", `${path}(`)).status, 400);
  });
});
