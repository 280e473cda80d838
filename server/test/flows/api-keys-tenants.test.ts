import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ApiKeyPage } from "@countersign/protocol/admin/api-keys.ts";
import type { UserPage } from "@countersign/protocol/admin/users.ts";
import { basic, call, createAppClient } from "../calls.ts";
import { startTwoTenants, type TwoTenants } from "../refusals/tenants.ts";

/** One customer's keys and people are not there for another. */

describe("API keys and users of two customers", () => {
  let world: TwoTenants;
  before(async () => {
    world = await startTwoTenants();
  });
  after(() => world.stop());

  test("are unknown to each other, whatever is done with them (A22, H3)", async () => {
    const { server, second } = world;
    const serving = { name: "n", api_key_role: "serving", corpus_keys: ["docs"] };
    const key = await call(server, "POST", "/v2/api_keys", { body: serving });
    const user = await call(server, "POST", "/v2/users", { body: { email: "a@example.com" } });
    assert.deepEqual([key.status, user.status], [201, 201]);
    const keyPath = `/v2/api_keys/${String(key.body["id"])}`;
    const userPath = "/v2/users/a%40example.com";
    const attempts: [string, string, unknown][] = [
      ["GET", keyPath, undefined],
      ["PATCH", keyPath, { enabled: false }],
      ["DELETE", keyPath, undefined],
      ["GET", userPath, undefined],
      ["PATCH", userPath, { enabled: false }],
      ["DELETE", userPath, undefined],
      ["POST", `${userPath}/reset_password`, undefined],
    ];
    for (const [method, path, body] of attempts) {
      const answer = await call(second, method, path, body === undefined ? {} : { body });
      assert.equal(answer.status, 404, `${method} ${path}`);
    }
    const keys = await call<ApiKeyPage>(second, "GET", "/v2/api_keys?corpus_key=docs");
    assert.deepEqual(keys.body.api_keys, []);
    const users = await call<UserPage>(second, "GET", "/v2/users?limit=100");
    assert.deepEqual(
      users.body.users.map(({ username }) => username),
      ["owner@localhost"],
    );
    const same = await call(second, "POST", "/v2/users", { body: { email: "a@example.com" } });
    assert.equal(same.status, 201, "a username is unique within an account only");
    assert.equal((await call(server, "GET", keyPath)).body["enabled"], true);
    assert.equal((await call(server, "GET", userPath)).body["enabled"], true);
  });

  test("are not told of or taken back by the other's clients (A22, C16)", async () => {
    const { server, second } = world;
    const gateway = await createAppClient(second, { api_roles: ["administrator"] });
    for (const [path, answer] of [
      ["/oauth2/introspect", { active: false }],
      ["/oauth2/revoke", {}],
    ] as const) {
      const response = await fetch(server.url + path, {
        method: "POST",
        headers: basic(gateway.client_id, gateway.client_secret),
        body: new URLSearchParams({ token: server.apiKey }),
      });
      assert.deepEqual([response.status, await response.json()], [200, answer]);
    }
    assert.equal((await call(server, "GET", "/v2/api_keys")).status, 200);
  });
});
