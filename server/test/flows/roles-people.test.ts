import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accountRoleNames, type AccountRole } from "@countersign/protocol/roles.ts";
import { bearer, call, createAppClient, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** Who may manage API keys and people: endpoint by endpoint, the built-in roles for the account. */

interface Endpoint {
  method: string;
  path(): string;
  body?: unknown;
  success: number;
  roles: readonly AccountRole[];
}

const administrators: AccountRole[] = ["owner", "administrator"];
const readers: AccountRole[] = [
  ...administrators,
  "corpus_administrator",
  "corpus_developer",
  "corpus_viewer",
  "viewer",
];

describe("roles on /v2/api_keys and /v2/users", () => {
  let server: InProcessServer;
  let keyId: string;
  let count = 0;
  before(async () => {
    server = await startServer();
    const key = { name: "subject", api_key_role: "personal" };
    keyId = String((await call(server, "POST", "/v2/api_keys", { body: key })).body["id"]);
    const body = { email: "subject@example.com" };
    assert.equal((await call(server, "POST", "/v2/users", { body })).status, 201);
  });
  after(() => server.stop());

  const serving = { name: "n", api_key_role: "serving", corpus_keys: ["docs"] };
  const indexing = { ...serving, api_key_role: "serving_and_indexing" };
  const nobodyElse = "/v2/users/subject%40example.com";
  const writers = readers.filter((role) => role !== "corpus_viewer" && role !== "viewer");
  const keys = "/v2/api_keys";
  const all = administrators;
  const endpoints: Endpoint[] = [
    { method: "GET", path: () => keys, success: 200, roles: readers },
    { method: "POST", path: () => keys, body: serving, success: 201, roles: readers },
    { method: "POST", path: () => keys, body: indexing, success: 201, roles: writers },
    {
      method: "POST",
      path: () => keys,
      body: { name: "n", api_key_role: "personal" },
      success: 201,
      roles: readers,
    },
    { method: "GET", path: () => `${keys}/${keyId}`, success: 200, roles: all },
    {
      method: "PATCH",
      path: () => `${keys}/${keyId}`,
      body: { name: "m" },
      success: 200,
      roles: all,
    },
    { method: "GET", path: () => "/v2/users", success: 200, roles: all },
    {
      method: "POST",
      path: () => "/v2/users",
      body: () => ({ email: `made${(count += 1)}@example.com` }),
      success: 201,
      roles: all,
    },
    { method: "GET", path: () => nobodyElse, success: 200, roles: readers },
    {
      method: "PATCH",
      path: () => nobodyElse,
      body: { description: "d" },
      success: 200,
      roles: all,
    },
    { method: "POST", path: () => `${nobodyElse}/reset_password`, success: 200, roles: all },
  ];

  for (const role of accountRoleNames) {
    test(`lets ${role} do what the matrix says and nothing else (H3)`, async () => {
      const client = await createAppClient(server, { api_roles: [role] });
      const headers = bearer(await tokenFor(server, client));
      const ask = (method: string, path: string, body?: unknown) =>
        call(server, method, path, body === undefined ? { headers } : { headers, body });
      for (const { method, path, body, success, roles } of endpoints) {
        const sent: unknown = typeof body === "function" ? body() : body;
        const { status, body: answer } = await ask(method, path(), sent);
        const refusals = readers.includes(role) ? [403, 404] : [403];
        const expected = roles.includes(role) ? [success] : refusals;
        assert.ok(expected.includes(status), `${method} ${path()}: ${JSON.stringify(answer)}`);
      }
      const made = await call(server, "POST", "/v2/users", {
        body: { email: `${role}@example.com` },
      });
      assert.equal(made.status, 201);
      const removed = await ask("DELETE", `/v2/users/${role}%40example.com`);
      assert.equal(removed.status, all.includes(role) ? 204 : 403);
    });

    test(`lets ${role} manage ${readers.includes(role) ? "its own keys" : "no keys"}`, async () => {
      const client = await createAppClient(server, { api_roles: [role] });
      const headers = bearer(await tokenFor(server, client));
      const body = { name: "own", api_key_role: "personal" };
      const made = await call(server, "POST", keys, { headers, body });
      assert.equal(made.status, readers.includes(role) ? 201 : 403);
      if (made.status !== 201) return;
      const path = `${keys}/${String(made.body["id"])}`;
      assert.equal((await call(server, "GET", path, { headers })).status, 200);
      const off = await call(server, "PATCH", path, { headers, body: { enabled: false } });
      assert.equal(off.status, 200);
      assert.equal((await call(server, "DELETE", path, { headers })).status, 204);
    });
  }

  test("asks who is calling at every endpoint (H3)", async () => {
    for (const { method, path, body } of endpoints) {
      const sent: unknown = typeof body === "function" ? body() : body;
      const answer = await call(server, method, path(), {
        headers: {},
        ...(sent === undefined ? {} : { body: sent }),
      });
      assert.equal(answer.status, 401, `${method} ${path()}`);
    }
  });
});
