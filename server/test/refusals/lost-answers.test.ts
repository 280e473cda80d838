import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import {
  basic,
  call,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type Answer,
} from "../calls.ts";
import { startLosingAnswers, type FaultyServer } from "./faults.ts";

/**
 * The worst moment to lose the database: it has done what it was told, and nobody hears of it. The
 * answer is 503, since it might as well not have been done; what was done can be seen, and the same
 * request sent again ends in one thing.
 */

describe("C17: an answer to a commit that is lost", () => {
  let faulty: FaultyServer;
  before(async () => {
    faulty = await startLosingAnswers();
  });
  after(() => faulty.stop());
  beforeEach(() => faulty.mend());

  const ask = (method: string, path: string, body?: object, headers: object = {}) =>
    call(faulty.server, method, path, {
      headers: { "x-api-key": faulty.server.apiKey, ...headers },
      ...(body === undefined ? {} : { body }),
    });

  /** Sends it while answers are lost; it must be 503, and never look like a success. */
  async function lose(request: () => Promise<Answer>): Promise<void> {
    await faulty.breakDown();
    const { status, headers, body } = await request();
    await faulty.mend();
    assert.equal(status, 503, JSON.stringify(body));
    assert.ok(Number(headers.get("retry-after")) > 0);
  }

  const rowsOf = async (table: string, text: string): Promise<string[]> =>
    (await faulty.rows()).get(table)!.filter((row) => row.includes(text));

  const creations: [what: string, path: string, table: string, body: object][] = [
    ["an app client", "/v2/app_clients", "clients", { type: "client_credentials" }],
    ["an API key", "/v2/api_keys", "api_keys", { api_key_role: "personal" }],
    ["a user", "/v2/users", "users", { email: "lost@example.com" }],
    ["a role", "/v2/roles", "roles", { permissions: [] }],
    ["an API", "/v2/apis", "apis", { audience: "https://lost.example.com", permissions: [] }],
  ];
  for (const [what, path, table, body] of creations) {
    test(`makes ${what} once when the request is repeated with its Idempotency-Key`, async () => {
      const name = "lost_and_found";
      const request = { ...body, ...(table === "users" ? { username: name } : { name }) };
      const send = () => ask("POST", path, request, { "idempotency-key": `lost-${table}` });
      await lose(send);
      assert.equal((await rowsOf(table, name)).length, 1, "it was done");
      const again = await send();
      assert.equal(again.status, 201, JSON.stringify(again.body));
      assert.deepEqual((await send()).body, again.body);
      assert.equal((await rowsOf(table, name)).length, 1);
      const { id = name } = again.body as { id?: string };
      const acts = await rowsOf("audit_events", `"subject_id":"${id}"`);
      assert.equal(acts.length, 1);
    });
  }

  test("hands out a client whose secret works, although its answer came with the second request", async () => {
    const body = { name: "works", type: "client_credentials" };
    const send = () => ask("POST", "/v2/app_clients", body, { "idempotency-key": "works" });
    await lose(send);
    const made = (await send()).body as { client_id: string; client_secret: string };
    assert.equal((await requestToken(faulty.server, secretOf(made))).status, 200);
  });

  test("shows that a credential was revoked, and says so when asked again", async () => {
    const client = await createAppClient(faulty.server);
    const path = `/v2/app_clients/${client.id}/credentials`;
    const { body } = await call<{ credentials: { id: string }[] }>(faulty.server, "GET", path);
    const one = `${path}/${body.credentials[0]!.id}`;
    await lose(() => ask("DELETE", one));
    assert.equal((await ask("GET", one)).body["state"], "revoked");
    assert.equal((await requestToken(faulty.server, secretOf(client))).status, 401);
    const again = await ask("DELETE", one);
    assert.ok([204, 404, 409].includes(again.status), String(again.status));
    assert.equal((await ask("GET", one)).body["state"], "revoked");
  });

  test("revokes a token for good, and answers the second time as the first", async () => {
    const { server } = faulty;
    const client = await createAppClient(server);
    const token = await tokenFor(server, client);
    const post = async (path: string): Promise<Answer> => {
      const response = await fetch(server.url + path, {
        method: "POST",
        headers: basic(client.client_id, client.client_secret),
        body: new URLSearchParams({ token }),
      });
      const body = (await response.json()) as Record<string, unknown>;
      return { status: response.status, headers: response.headers, body };
    };
    assert.equal((await post("/oauth2/introspect")).body["active"], true);
    await lose(() => post("/oauth2/revoke"));
    assert.equal((await post("/oauth2/introspect")).body["active"], false);
    assert.equal((await post("/oauth2/revoke")).status, 200);
    assert.equal((await rowsOf("revocations", String(claimId(token)))).length, 1);
  });

  test("shows a change by its version: the same condition does not hold twice", async () => {
    const client = await createAppClient(faulty.server);
    const path = `/v2/app_clients/${client.id}`;
    const condition = { "if-match": (await ask("GET", path)).headers.get("etag")! };
    const disable = () => ask("PATCH", path, { enabled: false }, condition);
    await lose(disable);
    assert.equal((await ask("GET", path)).body["enabled"], false);
    assert.equal((await disable()).status, 412);
    assert.equal((await ask("PATCH", path, { enabled: false })).status, 200);
    assert.equal((await requestToken(faulty.server, secretOf(client))).status, 401);
  });

  test("deletes a client, which then is not there", async () => {
    const client = await createAppClient(faulty.server);
    const path = `/v2/app_clients/${client.id}`;
    await lose(() => ask("DELETE", path));
    assert.equal((await ask("GET", path)).status, 404);
    assert.equal((await ask("DELETE", path)).status, 404);
  });

  test("disables an API key, and shows it", async () => {
    const made = await ask("POST", "/v2/api_keys", { name: "k", api_key_role: "personal" });
    const path = `/v2/api_keys/${String(made.body["id"])}`;
    const key = { "x-api-key": String(made.body["secret_key"]) };
    assert.equal((await ask("GET", "/v2/api_keys", undefined, key)).status, 200);
    await lose(() => ask("PATCH", path, { enabled: false }));
    assert.equal((await ask("GET", path)).body["enabled"], false);
    assert.equal((await ask("GET", "/v2/api_keys", undefined, key)).status, 401);
  });
});

function claimId(token: string): unknown {
  const payload = Buffer.from(token.split(".")[1]!, "base64url").toString();
  return (JSON.parse(payload) as { jti: string }).jti;
}
