import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { AppClientPage } from "@countersign/protocol/admin/app-clients.ts";
import {
  bearer,
  call,
  claimsOf,
  createAppClient,
  tokenFor,
  type CreatedAppClient,
} from "../calls.ts";
import type { InProcessServer, TestServer } from "../server.ts";
import { checkServes } from "./attack.ts";
import { secondTenantId, startTwoTenants, type TwoTenants } from "./tenants.ts";

describe("two customers in one store", () => {
  let both: TwoTenants;
  let server: InProcessServer;
  let second: TestServer;
  let ours: CreatedAppClient;
  let theirs: CreatedAppClient;
  const alike = { name: "billing", external_id: "billing-1", api_roles: ["owner" as const] };
  before(async () => {
    both = await startTwoTenants();
    ({ server, second } = both);
    ours = await createAppClient(server, alike);
    theirs = await createAppClient(second, alike);
  });
  after(() => both.stop());

  test("take the same names and external ids without seeing each other's (A22)", async () => {
    const lists = ["", "?external_id=billing-1", "?filter=billing", "?filter=."];
    for (const query of lists) {
      for (const [who, client] of [
        [server, ours],
        [second, theirs],
      ] as const) {
        const { body } = await call<AppClientPage>(who, "GET", `/v2/app_clients${query}`);
        assert.deepEqual(
          body.app_clients.map(({ id }) => id),
          [client.id],
        );
      }
    }
  });

  test("find nothing under the other's ids, and cannot tell them from invented ones (A22)", async () => {
    const { credentials } = (
      await call<{ credentials: { id: string }[] }>(
        second,
        "GET",
        `/v2/app_clients/${theirs.id}/credentials`,
      )
    ).body;
    const path = `/v2/app_clients/${theirs.id}`;
    const credential = `${path}/credentials/${credentials[0]!.id}`;
    const acts: [string, string, object?][] = [
      ["GET", path],
      ["PATCH", path, { enabled: false }],
      ["PATCH", path, { api_roles: ["owner"] }],
      ["DELETE", path],
      ["GET", `${path}/credentials`],
      ["POST", `${path}/credentials`, {}],
      ["GET", credential],
      ["PATCH", credential, { enabled: false }],
      ["DELETE", credential],
      ["GET", `/v2/app_clients/${ours.id}/credentials/${credentials[0]!.id}`],
      ["DELETE", `/v2/app_clients/${ours.id}/credentials/${credentials[0]!.id}`],
    ];
    for (const [method, address, body] of acts) {
      const answer = await call(server, method, address, body === undefined ? {} : { body });
      assert.equal(answer.status, 404, `${method} ${address}`);
      assert.deepEqual(answer.body["messages"], ["There is nothing with this id."]);
    }
    assert.equal((await call(second, "GET", path)).status, 200);
    assert.ok(await tokenFor(server, theirs));
  });

  test("cannot go on in the other's list, nor repeat the other's request (A22, I14)", async () => {
    await createAppClient(second, { name: "another" });
    const page = await call<AppClientPage>(second, "GET", "/v2/app_clients?limit=1");
    const key = page.body.metadata.page_key!;
    assert.equal((await call(second, "GET", `/v2/app_clients?page_key=${key}`)).status, 200);
    assert.equal((await call(server, "GET", `/v2/app_clients?page_key=${key}`)).status, 400);
    const body = { name: "once", type: "client_credentials" };
    const repeat = async ({ apiKey }: TestServer) => {
      const headers = { "x-api-key": apiKey, "idempotency-key": "same" };
      return (await call(server, "POST", "/v2/app_clients", { body, headers })).body["id"];
    };
    const first = await repeat(server);
    assert.equal(await repeat(server), first);
    assert.notEqual(await repeat(second), first);
  });

  test("cannot use a token of the other, though issuer and audience read alike (A22, D22)", async () => {
    const token = await tokenFor(server, theirs);
    const claims = claimsOf(token);
    assert.equal(claims["tenant"], secondTenantId);
    assert.equal(claims["aud"], server.url);
    for (const path of ["/v2/app_clients", `/v2/app_clients/${ours.id}`, "/v2/corpora"]) {
      const answer = await call(server, "GET", path, { headers: bearer(token) });
      assert.equal(answer.status, 401, path);
      assert.match(answer.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
    }
    const { keys } = (await (await fetch(`${server.url}/oauth2/jwks`)).json()) as {
      keys: { kid: string }[];
    };
    const { kid } = JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()) as {
      kid: string;
    };
    assert.ok(!keys.some((key) => key.kid === kid));
  });

  test("serves as before after all of this", () => checkServes(server));
});
