import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Refusal, RefusalPage } from "@countersign/protocol/admin/refusals.ts";
import {
  basic,
  bearer,
  call,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type CreatedAppClient,
} from "../calls.ts";
import { insertImportedClient } from "../refusals/tenants.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

for (const { name, settings } of stores) {
  describe(`/v2/refusals on ${name}`, () => {
    let server: InProcessServer;
    let client: CreatedAppClient;
    before(async () => {
      server = await startServer(await settings());
      client = await createAppClient(server, { name: "nightly", api_roles: ["viewer"] });
    });
    after(() => server.stop());

    const lookUp = async (requestId: unknown): Promise<Refusal> => {
      const answer = await call<Refusal>(server, "GET", `/v2/refusals/${String(requestId)}`);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body;
    };
    const refuse = async (
      parameters: Record<string, string>,
      headers: Record<string, string> = {},
    ): Promise<Refusal> => {
      const answer = await requestToken(server, parameters, headers);
      assert.ok(answer.status >= 400, JSON.stringify(answer.body));
      const refusal = await lookUp(answer.body.request_id);
      assert.equal(refusal.status, answer.status);
      assert.equal(refusal.error, answer.body.error);
      return refusal;
    };
    const named = () => ({ id: client.id, client_id: client.client_id, name: "nightly" });
    const right = () => secretOf(client);

    test("says in words why a secret was refused, and what to do", async () => {
      const refusal = await refuse({ ...right(), client_secret: "wrong" });
      assert.deepEqual(
        { ...refusal, id: "", at: "", explanation: "", what_to_do: "" },
        {
          id: "",
          at: "",
          endpoint: "POST /oauth2/token",
          status: 401,
          error: "invalid_client",
          cause: "wrong_secret",
          explanation: "",
          what_to_do: "",
          client: named(),
          source_address: "127.0.0.1",
          details: {},
        },
      );
      assert.match(refusal.explanation, /none of its credentials/);
      assert.ok(refusal.what_to_do.length > 20);
    });

    test("tells the causes apart that look alike outside", async () => {
      const unknown = await refuse({ ...right(), client_id: "nobody" });
      assert.deepEqual([unknown.cause, unknown.client], ["unknown_client", undefined]);
      const spaced = await refuse({ ...right(), client_secret: ` ${client.client_secret}\n` });
      assert.deepEqual([spaced.cause, spaced.client], ["secret_with_white_space", named()]);
      const method = await createAppClient(server, {
        token_endpoint_auth_method: "client_secret_basic",
      });
      const post = await refuse(secretOf(method));
      assert.equal(post.cause, "wrong_authentication_method");
      assert.deepEqual(post.details, {
        used_method: "client_secret_post",
        registered_method: "client_secret_basic",
      });
    });

    test("sees that a + was decoded as a space, in the body and inside Basic", async () => {
      const plus = { clientId: "imported", plainSecret: "pl+us+and/slash==" };
      await insertImportedClient(server, plus);
      const raw =
        "grant_type=client_credentials&client_id=imported&client_secret=pl+us+and/slash==";
      const response = await fetch(`${server.url}/oauth2/token`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: raw,
      });
      const body = (await response.json()) as { error: string; request_id: string };
      const wrong = await requestToken(server, {
        grant_type: "client_credentials",
        client_id: "imported",
        client_secret: "wrong",
      });
      assert.deepEqual(
        { ...body, request_id: "" },
        { ...wrong.body, request_id: "" },
        "outside it is like any wrong secret",
      );
      assert.equal((await lookUp(body.request_id)).cause, "secret_plus_decoded_as_space");
      const inHeader = await refuse(
        { grant_type: "client_credentials" },
        basic("imported", plus.plainSecret),
      );
      assert.equal(inHeader.cause, "secret_plus_decoded_as_space");
      const encoded = await requestToken(server, {
        grant_type: "client_credentials",
        client_id: "imported",
        client_secret: plus.plainSecret,
      });
      assert.equal(encoded.status, 200);
    });

    test("names the credential that expired or was disabled", async () => {
      const own = await createAppClient(server);
      const path = `/v2/app_clients/${own.id}/credentials`;
      const added = await call(server, "POST", path, {
        body: { expires_at: new Date(server.clock.now() + 3_600_000).toISOString() },
      });
      const expiring = { ...secretOf(own), client_secret: String(added.body["client_secret"]) };
      const body = { enabled: false };
      await call(server, "PATCH", `${path}/${String(added.body["id"])}`, { body });
      const disabled = await refuse(expiring);
      assert.equal(disabled.cause, "credential_disabled");
      server.clock.advance(3_600_001);
      const expired = await refuse(expiring);
      assert.equal(expired.cause, "credential_expired");
      assert.equal(expired.details["credential_id"], added.body["id"]);
      assert.equal(expired.details["expires_at"], added.body["expires_at"]);
    });

    test("tells a permission that is not held from one that does not exist", async () => {
      const notHeld = await refuse({ ...right(), scope: "app_clients:write" });
      assert.equal(notHeld.cause, "scope_not_allowed");
      assert.deepEqual(notHeld.details, { permission: "app_clients:write" });
      assert.deepEqual(notHeld.client, named());
      const unknown = await refuse({ ...right(), scope: "swordfish" });
      assert.equal(unknown.cause, "scope_unknown");
      assert.doesNotMatch(JSON.stringify(unknown), /swordfish/);
    });

    test("keeps what the endpoint never saw: a GET, a body that is too large", async () => {
      const got = await fetch(`${server.url}/oauth2/token?client_secret=swordfish`);
      const { request_id } = (await got.json()) as { request_id: string };
      const refusal = await lookUp(request_id);
      assert.deepEqual(
        [refusal.cause, refusal.endpoint],
        ["method_not_allowed", "GET /oauth2/token"],
      );
      assert.doesNotMatch(JSON.stringify(refusal), /swordfish/);
    });

    const ask = async (headers: Record<string, string>, path = "/v2/app_clients") => {
      const answer = await call(server, "GET", path, { headers });
      return lookUp(answer.body["request_id"]);
    };

    test("names the permission that is missing, and who lacks it", async () => {
      const refusal = await ask(bearer(await tokenFor(server, client)));
      assert.deepEqual([refusal.cause, refusal.status], ["permission_missing", 403]);
      assert.deepEqual(refusal.details, { permission: "app_clients:read" });
      assert.deepEqual(refusal.client, named());
      assert.equal(refusal.endpoint, "GET /v2/app_clients");
      const more = await createAppClient(server, { api_roles: ["administrator"] });
      const answer = await call(server, "POST", "/v2/app_clients", {
        body: { name: "more", type: "client_credentials", api_roles: ["owner"] },
        headers: bearer(await tokenFor(server, more)),
      });
      assert.equal((await lookUp(answer.body["request_id"])).cause, "more_than_held");
    });

    test("tells why a token was refused, and by how many seconds it was late", async () => {
      const own = await createAppClient(server, { api_roles: ["administrator"] });
      const token = await tokenFor(server, own);
      const [header, payload, signature] = token.split(".") as [string, string, string];
      assert.equal((await ask({})).cause, "no_credentials");
      assert.equal((await ask({ authorization: "Bearer a b" })).cause, "malformed_bearer_header");
      assert.equal((await ask(bearer("swordfish"))).cause, "token_malformed");
      const flipped = signature.startsWith("A")
        ? `B${signature.slice(1)}`
        : `A${signature.slice(1)}`;
      const altered = await ask(bearer(`${header}.${payload}.${flipped}`));
      assert.deepEqual([altered.cause, altered.client], ["token_altered", undefined]);
      const other = Buffer.from('{"alg":"ES256","typ":"at+jwt","kid":"x"}').toString("base64url");
      assert.equal(
        (await ask(bearer(`${other}.${payload}.${signature}`))).cause,
        "token_of_other_issuer",
      );
      server.clock.advance(-120_000);
      const early = await ask(bearer(token));
      assert.equal(early.cause, "token_from_the_future");
      assert.ok(Number(early.details["valid_in_seconds"]) >= 119, JSON.stringify(early.details));
      server.clock.advance(120_000 + 1_800_000 + 60_000);
      const late = await ask(bearer(token));
      assert.equal(late.cause, "token_expired");
      assert.equal(late.client?.client_id, own.client_id);
      const seconds = Number(late.details["expired_seconds_ago"]);
      assert.ok(seconds >= 60 && seconds < 90, String(seconds));
      const fresh = bearer(await tokenFor(server, own));
      await call(server, "PATCH", `/v2/app_clients/${own.id}`, { body: { enabled: false } });
      assert.equal((await ask(fresh)).cause, "token_client_disabled");
      await call(server, "DELETE", `/v2/app_clients/${own.id}`);
      assert.equal((await ask(fresh)).cause, "token_client_gone");
    });

    test("tells an unknown API key from a client secret in its place", async () => {
      assert.equal((await ask({ "x-api-key": "swordfish" })).cause, "api_key_unknown");
      const misplaced = await ask({ "x-api-key": client.client_secret });
      assert.equal(misplaced.cause, "api_key_is_client_secret");
      assert.ok(!JSON.stringify(misplaced).includes(client.client_secret));
    });

    test("names only fields of ours, and nothing that was typed", async () => {
      const answer = await call(server, "POST", "/v2/app_clients", {
        body: { name: "", swordfish: 1, labels: { "sword fish": "x" }, type: "client_credentials" },
      });
      const refusal = await lookUp(answer.body["request_id"]);
      assert.equal(refusal.cause, "invalid_request");
      assert.match(JSON.stringify(refusal.details["fields"]), /name/);
      assert.doesNotMatch(JSON.stringify(refusal), /sword/);
      const gone = await ask({ "x-api-key": server.apiKey }, "/v2/app_clients/swordfish");
      assert.deepEqual([gone.cause, gone.endpoint], ["not_found", "GET /v2/app_clients/:id"]);
      const nowhere = await ask({ "x-api-key": server.apiKey }, "/v2/swordfish");
      assert.deepEqual([nowhere.cause, nowhere.endpoint], ["no_such_address", "GET unknown"]);
      assert.doesNotMatch(JSON.stringify([gone, nowhere]), /sword/);
    });

    test("lists them by client and cause, page by page", async () => {
      const own = await createAppClient(server);
      for (const client_secret of ["one", "two", "three"]) {
        await requestToken(server, { ...secretOf(own), client_secret });
      }
      const path = `/v2/refusals?client_id=${own.client_id}&cause=wrong_secret&limit=2`;
      const first = await call<RefusalPage>(server, "GET", path);
      assert.equal(first.body.refusals.length, 2);
      const key = encodeURIComponent(first.body.metadata.page_key!);
      const second = await call<RefusalPage>(server, "GET", `${path}&page_key=${key}`);
      assert.equal(second.body.refusals.length, 1);
      assert.equal(second.body.metadata.page_key, undefined);
    });

    test("keeps five a minute of a flood, throttled ones too, and counts the rest", async () => {
      const own = await createAppClient(server);
      const wrong = { ...secretOf(own), client_secret: "wrong" };
      const answers = await Promise.all(
        Array.from({ length: 130 }, () => requestToken(server, wrong)),
      );
      assert.ok(answers.some(({ status }) => status === 429));
      const path = `/v2/refusals?client_id=${own.client_id}&limit=100`;
      const { refusals } = (await call<RefusalPage>(server, "GET", path)).body;
      // A minute may end in between.
      assert.ok(refusals.length >= 10 && refusals.length <= 20, String(refusals.length));
      const throttled = refusals.find(({ cause }) => cause === "too_many_failures");
      assert.deepEqual(throttled?.details, { first_cause: "wrong_secret" });
      const dropped = answers.find(
        ({ body }) => !refusals.some(({ id }) => id === body.request_id),
      );
      const gone = await call(server, "GET", `/v2/refusals/${dropped!.body.request_id}`);
      assert.equal(gone.status, 404);
      assert.match(JSON.stringify(gone.body["messages"]), /first five a minute/);
    });

    test("is for those who hold refusals:read, and for one's own account only (H3)", async () => {
      const refusal = await refuse({ ...right(), client_secret: "wrong" });
      const path = `/v2/refusals/${refusal.id}`;
      const headers = bearer(await tokenFor(server, client));
      for (const address of [path, "/v2/refusals"]) {
        assert.equal((await call(server, "GET", address, { headers: {} })).status, 401);
        assert.equal((await call(server, "GET", address, { headers })).status, 403);
      }
      const theirs = { ...refusal, requestId: "req_theirs", tenantId: "tnt_other", atMs: 1 };
      await server.app.store.insertRefusals({
        refusals: [
          {
            requestId: theirs.requestId,
            tenantId: theirs.tenantId,
            atMs: server.clock.now(),
            endpoint: "POST /oauth2/token",
            status: 401,
            error: "invalid_client",
            cause: "wrong_secret",
            clientId: client.client_id,
            sourceAddress: "192.0.2.1",
            details: "{}",
          },
        ],
      });
      assert.equal((await call(server, "GET", "/v2/refusals/req_theirs")).status, 404);
      const { refusals } = (await call<RefusalPage>(server, "GET", "/v2/refusals?limit=100")).body;
      assert.equal(
        refusals.some(({ id }) => id === "req_theirs"),
        false,
      );
    });
  });
}
