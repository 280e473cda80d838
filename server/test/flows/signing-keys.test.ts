import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createVerifier } from "@countersign/sdk";
import type { SigningKey, SigningKeyList } from "@countersign/protocol/admin/signing-keys.ts";
import {
  basic,
  bearer,
  call,
  createAppClient,
  tokenFor,
  type Answer,
  type CreatedAppClient,
} from "../calls.ts";
import {
  startServer,
  type InProcessServer,
  type ServerProcess,
  type TestServer,
} from "../server.ts";
import { spawnPair, type ServerPair } from "../pair.ts";
import { stores } from "../stores.ts";

/** The signing keys by hand: what there is, rotate now, and remove one that leaked. */

const minuteMs = 60_000;
const publishAheadMs = 10 * minuteMs;

const kidOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()) as { kid: string }).kid;

const listKeys = async (server: TestServer): Promise<SigningKey[]> => {
  const { status, body } = await call<SigningKeyList>(server, "GET", "/v2/signing_keys");
  assert.equal(status, 200);
  return body.signing_keys;
};
const rotate = (server: TestServer, body: object = {}): Promise<Answer> =>
  call(server, "POST", "/v2/signing_keys/rotate", { body });
const remove = (server: TestServer, kid: string): Promise<Answer> =>
  call(server, "DELETE", `/v2/signing_keys/${kid}`);
const published = async ({ url }: TestServer): Promise<string[]> => {
  const { keys } = (await (await fetch(`${url}/oauth2/jwks`)).json()) as {
    keys: { kid: string }[];
  };
  return keys.map(({ kid }) => kid);
};

async function isActive({ url }: TestServer, client: CreatedAppClient, token: string) {
  const response = await fetch(`${url}/oauth2/introspect`, {
    method: "POST",
    headers: basic(client.client_id, client.client_secret),
    body: new URLSearchParams({ token }),
  });
  return ((await response.json()) as { active: boolean }).active;
}

for (const { name, settings } of stores) {
  describe(`/v2/signing_keys on ${name}`, () => {
    let server: InProcessServer;
    let client: CreatedAppClient;
    before(async () => {
      server = await startServer(await settings());
      client = await createAppClient(server, { api_roles: ["administrator"] });
    });
    after(() => server.stop());
    // The next key has always been published for long enough when a test begins.
    beforeEach(() => server.clock.advance(publishAheadMs));

    const apiStatus = async (token: string, path = "/v2/app_clients?limit=1"): Promise<number> =>
      (await call(server, "GET", path, { headers: bearer(token) })).status;
    const auditOf = async (action: string) =>
      (
        await server.app.store.listAudit("tnt_first", {
          after: undefined,
          actorId: undefined,
          action: { text: action, isPrefix: false },
          subjectType: undefined,
          subjectId: undefined,
          sinceMs: undefined,
          untilMs: undefined,
          limit: 100,
        })
      ).map(({ subjectId }) => subjectId);

    test("lists the published keys with stage, times and public half, and nothing secret", async () => {
      const keys = await listKeys(server);
      assert.deepEqual(
        keys.map(({ kid }) => kid),
        await published(server),
      );
      for (const key of keys) {
        assert.equal(key.algorithm, "ES256");
        assert.equal(key.public_jwk["kid"], key.kid);
        assert.equal("d" in key.public_jwk, false);
        assert.ok(Date.parse(key.next_stage_at) > server.clock.now());
      }
      const [current, next] = ["current", "next"].map((stage) =>
        keys.find((key) => key.stage === stage),
      );
      assert.equal(current!.next_stage_at, next!.next_stage_at, "they change places at once");
      assert.equal(kidOf(await tokenFor(server, client)), current!.kid);
    });

    test("rotates now, and then says from when on it can again", async () => {
      const before = await tokenFor(server, client);
      const next = (await listKeys(server)).find(({ stage }) => stage === "next")!;
      const rotated = await rotate(server, { algorithm: "ES256" });
      assert.equal(rotated.status, 200, JSON.stringify(rotated.body));
      assert.equal(kidOf(await tokenFor(server, client)), next.kid);
      assert.equal(await apiStatus(before), 200, "the old key's tokens live on");
      assert.ok((await auditOf("signing_key.rotated")).includes(next.kid));
      const again = await rotate(server);
      assert.equal(again.status, 409);
      const [, from] = /Rotate at (\S+) or later/.exec(JSON.stringify(again.body)) ?? [];
      const waitMs = Date.parse(from ?? "") - server.clock.now();
      assert.ok(waitMs > 0 && waitMs <= publishAheadMs, String(from));
      server.clock.advance(waitMs);
      assert.equal((await rotate(server)).status, 200);
    });

    test("refuses to rotate what does not exist, naming the field", async () => {
      for (const algorithm of ["RS256", "HS256", ""]) {
        const answer = await rotate(server, { algorithm });
        assert.equal(answer.status, 400, algorithm);
        assert.deepEqual(Object.keys(answer.body["field_errors"] as object), ["algorithm"]);
      }
      assert.equal((await rotate(server, { force: true })).status, 400);
    });

    test("removes the current key: its tokens are refused, and the next one signs (D16)", async () => {
      const leaked = await tokenFor(server, client);
      const next = (await listKeys(server)).find(({ stage }) => stage === "next")!;
      assert.equal(await apiStatus(leaked), 200);
      assert.equal(await isActive(server, client, leaked), true);
      assert.equal((await remove(server, kidOf(leaked))).status, 204);
      assert.equal(await apiStatus(leaked), 401);
      assert.equal(await apiStatus(leaked, "/v2/corpora"), 401, "the sample API too");
      assert.equal(await isActive(server, client, leaked), false);
      assert.equal((await published(server)).includes(kidOf(leaked)), false);
      const fresh = await tokenFor(server, client);
      assert.equal(kidOf(fresh), next.kid);
      assert.equal(await apiStatus(fresh), 200);
      const stages = (await listKeys(server)).map(({ stage }) => stage);
      assert.deepEqual(stages.filter((stage) => stage !== "previous").toSorted(), [
        "current",
        "next",
      ]);
      assert.deepEqual(await auditOf("signing_key.removed"), [kidOf(leaked)]);
      assert.equal((await remove(server, kidOf(leaked))).status, 404, "it is gone");
    });

    test("removes a previous and a next key alike", async () => {
      const old = await tokenFor(server, client);
      assert.equal((await rotate(server)).status, 200);
      assert.equal((await remove(server, kidOf(old))).status, 204);
      assert.equal(await apiStatus(old), 401);
      const next = (await listKeys(server)).find(({ stage }) => stage === "next")!;
      const current = kidOf(await tokenFor(server, client));
      assert.equal((await remove(server, next.kid)).status, 204);
      const after = await listKeys(server);
      assert.ok(!after.some(({ kid }) => kid === next.kid));
      assert.ok(after.some(({ stage }) => stage === "next"));
      assert.equal(kidOf(await tokenFor(server, client)), current);
    });

    test("removes one key once, however many ask at once, and always has a key that signs", async () => {
      const { kid } = (await listKeys(server)).find(({ stage }) => stage === "current")!;
      const answers = await Promise.all(Array.from({ length: 5 }, () => remove(server, kid)));
      const statuses = answers.map(({ status }) => String(status)).toSorted();
      assert.deepEqual(statuses, ["204", "404", "404", "404", "404"]);
      await tokenFor(server, client);
    });

    test("is obeyed by a verifier once its cached key set has expired (D16)", async () => {
      const verifier = createVerifier({
        issuer: server.url,
        audience: server.url,
        now: () => server.clock.now(),
      });
      const accepts = (token: string) =>
        verifier.verify({ headers: bearer(token) }).then(
          () => true,
          () => false,
        );
      const leaked = await tokenFor(server, client);
      assert.equal(await accepts(leaked), true);
      await remove(server, kidOf(leaked));
      // The key that took over is new to the verifier, which asks for it.
      assert.equal(await accepts(await tokenFor(server, client)), true);
      server.clock.advance(6 * minuteMs);
      assert.equal(await accepts(leaked), false);
      assert.equal(await accepts(await tokenFor(server, client)), true);
    });

    test("is for those alone who may, and knows no key of another account (H3)", async () => {
      const { kid } = (await listKeys(server))[0]!;
      const viewer = await createAppClient(server, { api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, viewer));
      const attempts: [method: string, path: string, body: object | undefined][] = [
        ["GET", "/v2/signing_keys", undefined],
        ["POST", "/v2/signing_keys/rotate", {}],
        ["DELETE", `/v2/signing_keys/${kid}`, undefined],
      ];
      for (const [method, path, body] of attempts) {
        const options = body === undefined ? { headers } : { headers, body };
        assert.equal((await call(server, method, path, options)).status, 403, path);
        const anonymous = await call(server, method, path, { ...options, headers: {} });
        assert.equal(anonymous.status, 401);
      }
      assert.equal((await remove(server, "unknown")).status, 404);
    });
  });

  describe(`a removed signing key in another process on ${name}`, () => {
    let one: ServerProcess;
    let two: ServerProcess;
    let pair: ServerPair;
    before(async () => {
      pair = await spawnPair(await settings());
      ({ one, two } = pair);
    });
    after(() => pair.stop());

    test("is refused at once, by every one of many requests that arrive together (D16)", async () => {
      const client = await createAppClient(one, { api_roles: ["administrator"] });
      for (let round = 0; round < 5; round += 1) {
        const leaked = await tokenFor(two, client);
        const headers = bearer(leaked);
        const ask = async () =>
          (await call(two, "GET", "/v2/app_clients?limit=1", { headers })).status;
        assert.equal(await ask(), 200);
        assert.equal((await remove(one, kidOf(leaked))).status, 204);
        const statuses = await Promise.all(Array.from({ length: 10 }, ask));
        assert.deepEqual([...new Set(statuses)], [401]);
        assert.equal(await isActive(two, client, leaked), false);
        await sleep(1_000);
        assert.equal((await published(two)).includes(kidOf(leaked)), false);
        assert.notEqual(kidOf(await tokenFor(two, client)), kidOf(leaked));
      }
    });
  });
}
