import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Refusal } from "@countersign/protocol/admin/refusals.ts";
import type { Usage } from "@countersign/protocol/admin/usage.ts";
import {
  bearer,
  call,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type Answer,
  type CreatedAppClient,
} from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/** What becomes of a refused call: of the sample API, which only the SDK protects, and of our own. */

for (const { name, settings } of stores) {
  describe(`a refused call on ${name}`, () => {
    let server: InProcessServer;
    let client: CreatedAppClient;
    before(async () => {
      server = await startServer({
        ...(await settings()),
        COUNTERSIGN_TRUSTED_PROXIES: "127.0.0.1",
      });
      client = await createAppClient(server, { name: "nightly", api_roles: ["viewer"] });
    });
    after(() => server.stop());

    const lookUp = async ({ status, headers, body }: Answer): Promise<Refusal> => {
      const id = body["request_id"] as string;
      assert.equal(headers.get("x-request-id"), id);
      const answer = await call<Refusal>(server, "GET", `/v2/refusals/${id}`);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.equal(answer.body.status, status);
      return answer.body;
    };
    const corpora = (headers: Record<string, string>, method = "GET", path = "") =>
      call(server, method, `/v2/corpora${path}`, {
        headers,
        ...(method === "GET" ? {} : { body: {} }),
      });
    const causeOf = async (answer: Answer) => {
      const { cause, client: named } = await lookUp(answer);
      return [answer.status, cause, named?.name];
    };

    test("of the sample API says which permission was missing, and to whom", async () => {
      const headers = bearer(await tokenFor(server, client));
      const answer = await corpora(headers, "DELETE", "/secret-corpus");
      const refusal = await lookUp(answer);
      assert.deepEqual(
        [answer.status, refusal.cause, refusal.error, refusal.details],
        [403, "permission_missing", "insufficient_scope", { permission: "corpora:delete" }],
      );
      assert.deepEqual(refusal.client?.client_id, client.client_id);
      assert.equal(refusal.endpoint, "DELETE /v2/corpora/:corpus_key");
      assert.ok(!JSON.stringify(refusal).includes("secret-corpus"));
      assert.ok(refusal.explanation !== "" && refusal.what_to_do !== "");
    });

    test("of the sample API tells a revoked token from a forged and a broken one", async () => {
      const other = await createAppClient(server, { name: "other", api_roles: ["viewer"] });
      const token = await tokenFor(server, other);
      assert.equal((await corpora(bearer(token))).status, 200);
      assert.deepEqual(await causeOf(await corpora({})), [401, "no_credentials", undefined]);
      assert.deepEqual(await causeOf(await corpora(bearer("x.y.z"))), [
        401,
        "token_malformed",
        undefined,
      ]);
      const [head, body] = token.split(".");
      const forged = `${head}.${body}.${Buffer.alloc(64, 1).toString("base64url")}`;
      assert.deepEqual(await causeOf(await corpora(bearer(forged))), [
        401,
        "token_altered",
        undefined,
      ]);
      const path = `/v2/app_clients/${other.id}`;
      await call(server, "PATCH", path, { body: { enabled: false } });
      assert.deepEqual(await causeOf(await corpora(bearer(token))), [
        401,
        "token_client_disabled",
        "other",
      ]);
      await call(server, "PATCH", path, { body: { enabled: true } });
      assert.deepEqual(await causeOf(await corpora(bearer(token))), [
        401,
        "token_taken_back",
        "other",
      ]);
    });

    test("of the sample API tells a wrong API key, and what else was wrong", async () => {
      const wrong = await corpora({ "x-api-key": "cspk_wrong" });
      assert.deepEqual(await causeOf(wrong), [401, "api_key_unknown", undefined]);
      const own = { "x-api-key": server.apiKey };
      assert.deepEqual(await causeOf(await corpora(own, "GET", "/nothing")), [
        404,
        "not_found",
        undefined,
      ]);
      assert.equal((await corpora(own, "POST"))?.status, 400);
    });

    test("counts by client and cause, as a refused token does", async () => {
      const counted = await createAppClient(server, { name: "counted", api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, counted));
      const body = { name: "n", type: "client_credentials" };
      for (const path of ["/v2/app_clients", "/v2/corpora"]) {
        const answer = await call(server, "POST", path, { body, headers });
        assert.equal(answer.status, 403, path);
      }
      const path = `/v2/usage?client_id=${counted.client_id}&group_by=cause`;
      let groups: Usage["groups"] = [];
      for (let tries = 0; tries < 100 && (groups[0]?.refused ?? 0) < 2; tries += 1) {
        groups = (await call<Usage>(server, "GET", path)).body.groups.filter(
          ({ cause }) => cause === "permission_missing",
        );
        await sleep(50);
      }
      assert.deepEqual(groups, [{ cause: "permission_missing", issued: 0, refused: 2 }]);
    });

    test("counts under an API key's id what is refused to it, as what it earns is", async () => {
      const made = await call<{ id: string; secret_key: string }>(server, "POST", "/v2/api_keys", {
        body: { name: "k", api_key_role: "serving", corpus_keys: ["docs"] },
      });
      const { id, secret_key: key } = made.body;
      const ask = async (path: string) =>
        (await call(server, "GET", path, { headers: { "x-api-key": key } })).status;
      assert.deepEqual([await ask("/v2/app_clients"), await ask("/v2/corpora/secret")], [403, 403]);
      const token = await requestToken(server, {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token_type: "urn:countersign:params:oauth:token-type:api-key",
        subject_token: key,
      });
      const headers = bearer(token.body.access_token);
      assert.equal((await call(server, "GET", "/v2/users", { headers })).status, 403);
      await call(server, "PATCH", `/v2/api_keys/${id}`, { body: { enabled: false } });
      assert.equal(await ask("/v2/app_clients"), 401);
      const usage = async (groupBy: string) =>
        (await call<Usage>(server, "GET", `/v2/usage?client_id=${id}&group_by=${groupBy}`)).body;
      for (let tries = 0; tries < 100 && (await usage("cause")).refused < 4; tries += 1) {
        await sleep(50);
      }
      const { issued, refused } = await usage("cause");
      assert.deepEqual([issued, refused], [1, 4]);
      const causes = new Set((await usage("cause")).groups.map(({ cause }) => cause));
      assert.deepEqual(causes, new Set(["api_key_disabled", "permission_missing"]));
      const [group, ...rest] = (await usage("credential")).groups;
      assert.deepEqual([group?.credential_id, group?.issued, group?.refused, rest], [id, 1, 4, []]);
    });

    test("counts under the credential that a client proved itself with", async () => {
      const other = await createAppClient(server, { api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, other));
      assert.equal((await call(server, "GET", "/v2/app_clients", { headers })).status, 403);
      const narrow = { ...secretOf(other), scope: "users:write" };
      assert.equal((await requestToken(server, narrow)).status, 400);
      const wrong = { ...secretOf(other), client_secret: "wrong" };
      assert.equal((await requestToken(server, wrong)).status, 401);
      const ask = async (groupBy: string) =>
        (
          await call<Usage>(
            server,
            "GET",
            `/v2/usage?client_id=${other.client_id}&group_by=${groupBy}`,
          )
        ).body;
      for (let tries = 0; tries < 100 && (await ask("client")).refused < 3; tries += 1) {
        await sleep(50);
      }
      const [group, ...rest] = (await ask("credential")).groups;
      assert.deepEqual([group?.issued, group?.refused, rest], [1, 2, []]);
      assert.equal((await ask("client")).refused, 3, "a wrong secret is none of its credentials");
    });

    test("of the sample API says that a token had expired, and since when", async () => {
      const token = await tokenFor(server, client);
      // From here on the server's clock is ahead of the SDK's, which takes the time from its host.
      server.clock.advance(1_900_000);
      const refusal = await lookUp(await corpora(bearer(token)));
      assert.equal(refusal.cause, "token_expired");
      assert.ok(Number(refusal.details["expired_seconds_ago"]) >= 99);
    });

    test("with a wrong API key is 429 from the 101st of a minute on, and never with a right one (A12)", async () => {
      const ask = (key: string, source: string, path = "/v2/app_clients") =>
        call(server, "GET", path, { headers: { "x-api-key": key, "x-forwarded-for": source } });
      const statuses: number[] = [];
      for (let count = 0; count < 100; count += 1) {
        const path = count % 2 === 0 ? "/v2/app_clients" : "/v2/corpora";
        statuses.push((await ask(`cspk_${count}`, "192.0.2.1", path)).status);
      }
      assert.deepEqual([...new Set(statuses)], [401]);
      for (const path of ["/v2/app_clients", "/v2/corpora"]) {
        const throttled = await ask("cspk_wrong", "192.0.2.1", path);
        assert.equal(throttled.status, 429, path);
        assert.match(throttled.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
        assert.equal((await lookUp(throttled)).cause, "too_many_failures");
        assert.equal((await ask(server.apiKey, "192.0.2.1", path)).status, 200, path);
        assert.equal((await ask("cspk_wrong", "192.0.2.2", path)).status, 401, path);
      }
    });

    test("with a method that the address does not take is 405 with Allow", async () => {
      const cases = [
        ["PUT", "/v2/app_clients", "GET, HEAD, POST"],
        ["POST", "/v2/app_clients/app_1", "DELETE, GET, HEAD, PATCH"],
        ["GET", "/v2/signing_keys/rotate", "DELETE, POST"],
        ["DELETE", "/v2/findings", "GET, HEAD"],
        ["PUT", "/v2/corpora/some.corpus/documents", "GET, HEAD, POST"],
      ] as const;
      for (const [method, path, allowed] of cases) {
        const answer = await call(server, method, path);
        assert.deepEqual([answer.status, answer.headers.get("allow")], [405, allowed], path);
        assert.equal((await lookUp(answer)).cause, "wrong_method");
      }
      for (const path of ["/v2/nothing", "/v2/app_clients/a/b"]) {
        assert.equal((await call(server, "GET", path)).status, 404, path);
      }
    });
  });
}
