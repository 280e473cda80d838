import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accountRoleNames, accountRoles, type AccountRole } from "@countersign/protocol/roles.ts";
import {
  bearer,
  call,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type CreatedAppClient,
} from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** Who may administer app clients: the built-in roles, endpoint by endpoint. */

describe("roles on /v2/app_clients", () => {
  let server: InProcessServer;
  let subject: CreatedAppClient;
  before(async () => {
    server = await startServer();
    subject = await createAppClient(server, { name: "subject", api_roles: ["viewer"] });
  });
  after(() => server.stop());

  const callAs = async (role: AccountRole, method: string, path: string, body?: unknown) => {
    const client = await createAppClient(server, { api_roles: [role] });
    const headers = bearer(await tokenFor(server, client));
    return call(server, method, path, body === undefined ? { headers } : { headers, body });
  };

  const administrators: AccountRole[] = ["owner", "administrator"];
  const endpoints: [method: string, path: () => string, body: unknown, success: number][] = [
    ["POST", () => "/v2/app_clients", { name: "n", type: "client_credentials" }, 201],
    ["GET", () => "/v2/app_clients", undefined, 200],
    ["GET", () => `/v2/app_clients/${subject.id}`, undefined, 200],
    ["PATCH", () => `/v2/app_clients/${subject.id}`, { description: "d" }, 200],
    ["GET", () => `/v2/app_clients/${subject.id}/credentials`, undefined, 200],
    ["POST", () => `/v2/app_clients/${subject.id}/credentials`, {}, 201],
  ];
  for (const role of accountRoleNames) {
    test(`lets ${role} ${administrators.includes(role) ? "administer" : "not administer"} app clients`, async () => {
      for (const [method, path, body, success] of endpoints) {
        const answer = await callAs(role, method, path(), body);
        const expected = administrators.includes(role) ? success : 403;
        assert.equal(
          answer.status,
          expected,
          `${method} ${path()}: ${JSON.stringify(answer.body)}`,
        );
      }
      for (const credential of await liveCredentials(server, subject.id)) {
        await call(server, "DELETE", `/v2/app_clients/${subject.id}/credentials/${credential}`);
      }
    });
  }

  test("gives every built-in role in a token what the catalogue says, and no more", async () => {
    for (const role of accountRoleNames) {
      const client = await createAppClient(server, { api_roles: [role] });
      const answer = await tokenFor(server, client);
      const { scope = "" } = JSON.parse(
        Buffer.from(answer.split(".")[1]!, "base64url").toString(),
      ) as { scope?: string };
      assert.deepEqual(
        scope.split(" ").filter(Boolean).toSorted(),
        [...accountRoles[role]].toSorted(),
        role,
      );
    }
  });

  test("lets nobody grant more than they hold (H4)", async () => {
    const body = { name: "n", type: "client_credentials", api_roles: ["owner"] };
    const refused = await callAs("administrator", "POST", "/v2/app_clients", body);
    assert.equal(refused.status, 403);
    assert.match(refused.headers.get("www-authenticate") ?? "", /insufficient_scope/);
    const granted = await callAs("owner", "POST", "/v2/app_clients", body);
    assert.equal(granted.status, 201);
  });

  test("lets nobody raise a client above themselves, by role, credential or secret (H4)", async () => {
    const owner = await createAppClient(server, { api_roles: ["owner"] });
    const path = `/v2/app_clients/${owner.id}`;
    const attempts: [string, string, unknown][] = [
      ["PATCH", `/v2/app_clients/${subject.id}`, { api_roles: ["owner"] }],
      ["PATCH", path, { redirect_uris: ["https://evil.example/cb"] }],
      ["PATCH", path, { token_endpoint_auth_method: "client_secret_post" }],
      ["POST", `${path}/credentials`, {}],
    ];
    for (const [method, target, body] of attempts) {
      const answer = await callAs("administrator", method, target, body);
      assert.equal(answer.status, 403, `${method} ${target}`);
    }
    const read = await callAs("administrator", "GET", path);
    assert.equal(read.status, 200);
    assert.doesNotMatch(JSON.stringify(read.body), /cssk_/);
  });

  test("lets who holds less stop a client, and not bring it back (H4)", async () => {
    const owner = await createAppClient(server, { api_roles: ["owner"] });
    const path = `/v2/app_clients/${owner.id}`;
    const change = (enabled: boolean, role: AccountRole = "administrator") =>
      callAs(role, "PATCH", path, { enabled });
    // Nothing is brought back that works already.
    assert.equal((await change(true)).status, 200);
    assert.equal((await change(false)).status, 200);
    assert.equal((await change(true)).status, 403);
    assert.equal((await requestToken(server, secretOf(owner))).status, 401);
    assert.equal((await change(true, "owner")).status, 200);
    assert.equal((await requestToken(server, secretOf(owner))).status, 200);
  });

  test("lets who holds less stop a credential, and not bring it back, nor sooner (H4)", async () => {
    const owner = await createAppClient(server, { api_roles: ["owner"] });
    const path = `/v2/app_clients/${owner.id}/credentials`;
    const { body } = await callAs("owner", "GET", path);
    const [{ id }] = body["credentials"] as [{ id: string }];
    const change = async (body: object, role: AccountRole = "administrator") =>
      (await callAs(role, "PATCH", `${path}/${id}`, body)).status;
    const stopped = (hours?: number) => ({
      enabled: false,
      ...(hours && { disabled_until: new Date(Date.now() + hours * 3_600_000).toISOString() }),
    });
    assert.equal(await change(stopped(2)), 200);
    assert.equal(await change(stopped(1)), 403);
    assert.equal(await change(stopped(3)), 200);
    assert.equal(await change(stopped()), 200);
    assert.equal(await change(stopped(3)), 403);
    assert.equal(await change({ enabled: true }), 403);
    assert.equal(await change(stopped(3), "owner"), 200);
  });

  test("keeps the roles that a change does not name, also when the changer does not hold them", async () => {
    const owner = await createAppClient(server, { api_roles: ["owner"] });
    const answer = await callAs("administrator", "PATCH", `/v2/app_clients/${owner.id}`, {
      description: "seen by an administrator",
    });
    assert.deepEqual([answer.status, answer.body["api_roles"]], [200, ["owner"]]);
  });
});

async function liveCredentials(server: InProcessServer, id: string): Promise<string[]> {
  const answer = await call<{ credentials: { id: string; state: string }[] }>(
    server,
    "GET",
    `/v2/app_clients/${id}/credentials`,
  );
  return answer.body.credentials
    .filter(({ state }) => state === "active")
    .slice(1)
    .map((credential) => credential.id);
}
