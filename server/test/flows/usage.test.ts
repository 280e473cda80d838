import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { FindingPage, UnusedClientPage, Usage } from "@countersign/protocol/admin/usage.ts";
import { bearer, call, createAppClient, requestToken, secretOf, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

const day = 86_400_000;

for (const { name, settings } of stores) {
  describe(`/v2/usage on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const get = async <Body>(path: string) => {
      const answer = await call<Body>(server, "GET", path);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body;
    };
    /** Counts are written once a second. */
    async function written<Body>(path: string, isThere: (body: Body) => boolean): Promise<Body> {
      for (let tries = 0; tries < 100; tries += 1) {
        const body = await get<Body>(path);
        if (isThere(body)) return body;
        await sleep(50);
      }
      throw new Error(`${path} does not show it`);
    }

    test("counts what was issued and refused, by client, credential, cause and time", async () => {
      const client = await createAppClient(server, { name: "counted" });
      for (let count = 0; count < 3; count += 1) await requestToken(server, secretOf(client));
      await requestToken(server, { ...secretOf(client), client_secret: "wrong" });
      await requestToken(server, { ...secretOf(client), scope: "corpora:read" });
      const of = `/v2/usage?client_id=${client.client_id}&group_by=`;
      const byTime = await written<Usage>(
        `${of}time`,
        (usage) => usage.issued + usage.refused === 5,
      );
      assert.deepEqual([byTime.issued, byTime.refused, byTime.resolution], [3, 2, "hour"]);
      assert.ok(byTime.groups.length === 24 || byTime.groups.length === 25);
      assert.equal(
        byTime.groups.reduce((sum, { issued }) => sum + issued, 0),
        3,
      );
      assert.deepEqual((await get<Usage>(`${of}client`)).groups, [
        {
          client_id: client.client_id,
          client: { id: client.id, client_id: client.client_id, name: "counted" },
          issued: 3,
          refused: 2,
        },
      ]);
      const [credential] = (await get<Usage>(`${of}credential`)).groups;
      assert.match(credential?.credential_id ?? "", /^c/);
      assert.equal(credential?.issued, 3);
      assert.deepEqual((await get<Usage>(`${of}cause`)).groups, [
        { cause: "scope_not_allowed", issued: 0, refused: 1 },
        { cause: "wrong_secret", issued: 0, refused: 1 },
      ]);
      const minutes = await get<Usage>(`${of}time&resolution=minute`);
      assert.deepEqual([minutes.issued, minutes.refused], [3, 2]);
    });

    test("counts refusals that name no client of ours under none", async () => {
      await requestToken(server, { grant_type: "client_credentials", client_id: "nobody" });
      const usage = await written<Usage>("/v2/usage?group_by=client", ({ groups }) =>
        groups.some(({ client_id }) => client_id === ""),
      );
      assert.equal(usage.groups.find(({ client_id }) => client_id === "")?.client, undefined);
    });

    test("refuses what is finer than what is kept, and what makes too many points", async () => {
      const ago = (ms: number) => new Date(server.clock.now() - ms).toISOString();
      for (const query of [
        `resolution=minute&since=${ago(3 * day)}`,
        `resolution=hour&since=${ago(91 * day)}`,
        `resolution=minute&since=${ago(day)}&until=${ago(-30 * day)}`,
        `since=${ago(day)}&until=${ago(2 * day)}`,
        "resolution=week",
        "limit=1001",
      ]) {
        assert.equal((await call(server, "GET", `/v2/usage?${query}`)).status, 400, query);
      }
      const days = await get<Usage>(`/v2/usage?resolution=day&since=${ago(700 * day)}`);
      assert.ok(days.groups.length >= 700);
    });

    test("says in which spans nobody counted", async () => {
      const { app, clock } = server;
      const gap = { fromMs: clock.now() - 60_000, untilMs: clock.now() - 30_000 };
      const nothing = { counts: [], uses: [], findings: [], permissionUses: [] };
      await app.store.insertUsage({
        processId: "prc_test",
        atMs: clock.now(),
        ...nothing,
        gaps: [gap],
      });
      await app.store.endUsage({ processId: "prc_test" });
      const { gaps } = await get<Usage>("/v2/usage");
      assert.deepEqual(gaps, [
        { from: new Date(gap.fromMs).toISOString(), until: new Date(gap.untilMs).toISOString() },
      ]);
    });

    test("lists clients that nobody has used for so many days, oldest first", async () => {
      const used = await createAppClient(server, { name: "used" });
      const unused = await createAppClient(server, { name: "unused" });
      const path = "/v2/usage/unused_clients?limit=100&days=30";
      const ids = (page: UnusedClientPage) => page.unused_clients.map(({ id }) => id);
      assert.ok(!ids(await get(path)).includes(unused.id), "it is too young");
      server.clock.advance(31 * day);
      await requestToken(server, secretOf(used));
      const page = await written<UnusedClientPage>(path, (found) => !ids(found).includes(used.id));
      assert.ok(ids(page).includes(unused.id));
      const found = page.unused_clients.find(({ id }) => id === unused.id);
      assert.deepEqual([found?.name, found?.last_used_at], ["unused", undefined]);
    });

    test("says which clients still get tokens of an older algorithm, until their API moves on", async () => {
      const [client, other] = [
        await createAppClient(server, { name: "older", api_roles: ["owner"] }),
        await createAppClient(server, { api_roles: ["owner"] }),
      ];
      const audience = "https://older.example.com";
      const body = { name: "Older", audience, permissions: [], signing_algorithm: "RS256" };
      const api = await call<{ id: string }>(server, "POST", "/v2/apis", { body });
      assert.equal(api.status, 201);
      await tokenFor(server, client, { resource: audience });
      await tokenFor(server, other);
      const path = "/v2/findings?kind=old_algorithm";
      const { findings } = await written<FindingPage>(path, (page) => page.findings.length > 0);
      const [finding] = findings;
      assert.deepEqual(
        [findings.length, finding?.client?.name, finding?.origin, finding?.count],
        [1, "older", audience, 1],
      );
      assert.match(finding!.what_to_do, /signing_algorithm/);
      const change = { body: { signing_algorithm: "ES256" } };
      assert.equal((await call(server, "PATCH", `/v2/apis/${api.body.id}`, change)).status, 200);
      await tokenFor(server, client, { resource: audience });
      await sleep(1_200);
      const [after] = (await get<FindingPage>(path)).findings;
      assert.deepEqual([after?.count, after?.last_seen_at], [1, finding?.last_seen_at]);
    });

    test("notices a client that fetches a token for every call, and not one of short tokens", async () => {
      const wasteful = await createAppClient(server);
      const short = await createAppClient(server, { token_lifetime_seconds: 60 });
      const careful = await createAppClient(server);
      // A minute may end in between: enough for both parts.
      const ask = (client: typeof short, times: number) =>
        Promise.all(Array.from({ length: times }, () => requestToken(server, secretOf(client))));
      await Promise.all([ask(wasteful, 50), ask(short, 50), ask(careful, 10)]);
      const { findings } = await written<FindingPage>(
        "/v2/findings?kind=many_tokens",
        (page) => page.findings.length > 0,
      );
      assert.deepEqual(
        findings.map(({ client_id }) => client_id),
        [wasteful.client_id],
      );
      const [finding] = findings;
      assert.equal(finding?.origin, undefined);
      assert.match(finding?.what_to_do ?? "", /Keep the token/);
      const read = await call<{ findings: { kind: string }[] }>(
        server,
        "GET",
        `/v2/app_clients/${wasteful.id}`,
      );
      assert.equal(read.body.findings[0]?.kind, "many_tokens");
    });

    test("lists what was noticed of a client, with its name", async () => {
      const client = await createAppClient(server, { name: "in a page" });
      await requestToken(server, secretOf(client), { origin: "https://page.example.com" });
      const { findings } = await written<FindingPage>(
        `/v2/findings?client_id=${client.client_id}`,
        (page) => page.findings.length > 0,
      );
      const [finding] = findings;
      assert.deepEqual(
        [finding?.kind, finding?.origin, finding?.client?.name],
        ["secret_from_browser", "https://page.example.com", "in a page"],
      );
    });

    test("is for those who hold usage:read (H3)", async () => {
      const client = await createAppClient(server, { api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, client));
      for (const path of ["/v2/usage", "/v2/usage/unused_clients", "/v2/findings"]) {
        assert.equal((await call(server, "GET", path, { headers: {} })).status, 401);
        assert.equal((await call(server, "GET", path, { headers })).status, 403);
      }
    });
  });
}
