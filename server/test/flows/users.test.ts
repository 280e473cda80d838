import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CreateUser, User, UserPage } from "@countersign/protocol/admin/users.ts";
import { accountWide } from "../../src/access/rights.ts";
import { digestOf, digestScheme } from "../../src/keys/secret.ts";
import { newId, system } from "../../src/system.ts";
import { tokenExchangeGrantType, tokenTypes } from "@countersign/protocol/oauth.ts";
import { bearer, call, createAppClient, requestToken, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

type Made = User & { one_time_code: string; sign_in_url: string };

for (const { name, settings } of stores) {
  describe(`/v2/users on ${name}`, () => {
    let server: InProcessServer;
    let count = 0;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const create = async (body: Partial<CreateUser> = {}) => {
      count += 1;
      const all = { email: `person${count}@example.com`, ...body };
      const answer = await call<Made>(server, "POST", "/v2/users", { body: all });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    };
    const pathOf = (username: string) => `/v2/users/${encodeURIComponent(username)}`;
    const read = (username: string) => call<User>(server, "GET", pathOf(username));
    const patch = (username: string, body: unknown, headers: Record<string, string> = {}) =>
      call<User>(server, "PATCH", pathOf(username), {
        body,
        headers: { "x-api-key": server.apiKey, ...headers },
      });
    const administrator = async () => {
      const client = await createAppClient(server, { api_roles: ["administrator"] });
      return bearer(await tokenFor(server, client));
    };
    /** A first key without a sign-in: put into the store. */
    const keyOf = async ({ id }: User): Promise<string> => {
      const plainKey = `key-of-${id}-0123456789-0123456789`;
      const atMs = system.now();
      const tenantId = "tnt_first";
      await server.app.store.insertApiKey({
        apiKey: {
          id: newId(system, "aky_"),
          tenantId,
          name: "personal",
          kind: "personal",
          digestScheme,
          digest: digestOf(plainKey),
          hint: "6789",
          ownerType: "user",
          ownerId: id,
          enabled: true,
          externalId: undefined,
          labels: {},
          createdAtMs: atMs,
          updatedAtMs: atMs,
          expiresAtMs: undefined,
          revokedAtMs: undefined,
          onLeak: undefined,
          version: 1,
        },
        bindings: [],
        idempotency: undefined,
        audit: {
          id: newId(system, "aud_"),
          tenantId,
          atMs,
          actorType: "system",
          actorId: "test",
          action: "test.inserted",
          subjectType: "api_key",
          subjectId: id,
          before: undefined,
          after: undefined,
          requestId: "req_test",
          sourceAddress: undefined,
        },
      });
      return plainKey;
    };
    const listCorpora = async (key: string) =>
      (await call(server, "GET", "/v2/corpora", { headers: { "x-api-key": key } })).status;

    test("creates with roles and shows a code once, reads, changes and deletes", async () => {
      const made = await create({
        email: "ann@example.com",
        description: "runs the import",
        api_roles: ["corpus_developer"],
        corpus_roles: [{ corpus_key: "docs", role: "owner" }],
        labels: { team: "search" },
        external_id: "hr-1",
      });
      assert.match(made.id, /^usr_/);
      assert.equal(made.username, "ann@example.com");
      assert.match(made.one_time_code, /^([2-9A-Z]{5}-){4}[2-9A-Z]{5}$/);
      const { one_time_code: code, sign_in_url: link, ...rest } = made;
      assert.equal(link, `${server.url}/invitation?code=${code}`);
      assert.deepEqual((await read("ann@example.com")).body, rest);
      const changed = await patch("ann@example.com", { api_roles: ["viewer"], description: "" });
      assert.equal(changed.status, 200);
      assert.deepEqual(changed.body.api_roles, ["viewer"]);
      assert.deepEqual(changed.body.corpus_roles, made.corpus_roles);
      const reset = await call<Made>(server, "POST", `${pathOf(made.username)}/reset_password`);
      assert.equal(reset.status, 200);
      assert.notEqual(reset.body.one_time_code, code);
      const { store } = server.app;
      const spent = { kind: "user_code", atMs: server.clock.now() };
      const old = await store.consumeSingleUse({ ...spent, digest: digestOf(code) });
      assert.equal(old, undefined, "the first code is void");
      const digest = digestOf(reset.body.one_time_code);
      const now = await store.consumeSingleUse({ ...spent, digest });
      assert.equal(now?.payload, made.id);
      assert.equal((await call(server, "DELETE", pathOf(made.username))).status, 204);
      const gone = await read(made.username);
      assert.equal(gone.status, 404);
      assert.deepEqual(Object.keys(gone.body).toSorted(), ["id", "messages", "request_id"]);
      assert.equal((await create({ email: "ann@example.com" })).api_roles.length, 0);
    });

    test("finds people by any name that can be percent-encoded", async () => {
      for (const username of ["a/b", "ü@x.example", "per%cent", "a?b#c", "+plus+", "..."]) {
        const made = await create({ username });
        const found = await read(username);
        assert.deepEqual([found.status, found.body.id], [200, made.id], username);
        assert.equal((await call(server, "DELETE", pathOf(username))).status, 204, username);
      }
    });

    test("finds people by a pattern in the name, the e-mail or the username", async () => {
      const made = [
        await create({ name: "Zoe Quill" }),
        await create({ email: "quill-two@example.com" }),
        await create({ username: "third-quill" }),
      ].map(({ id }) => id);
      await create({ name: "Somebody Else", description: "not a quill" });
      const found: string[] = [];
      for (let key = ""; ;) {
        const path = `/v2/users?limit=2&filter=${encodeURIComponent("(?i)QUILL")}${key}`;
        const { body } = await call<UserPage>(server, "GET", path);
        assert.ok(body.users.length <= 2);
        found.push(...body.users.map(({ id }) => id));
        if (body.metadata.page_key === undefined) break;
        key = `&page_key=${encodeURIComponent(body.metadata.page_key)}`;
      }
      assert.deepEqual(found, made);
      const only = "/v2/users?filter=quill&corpus_key=nowhere";
      assert.deepEqual((await call<UserPage>(server, "GET", only)).body.users, []);
    });

    test("refuses what is no pattern, and goes on where a costly one was stopped", async () => {
      for (const filter of ["(", "(?=a)", "((a{10}){10}){10}{10}"]) {
        const path = `/v2/users?filter=${encodeURIComponent(filter)}`;
        const { status, body } = await call<{ field_errors?: object }>(server, "GET", path);
        assert.deepEqual([status, Object.keys(body.field_errors ?? {})], [400, ["filter"]], filter);
      }
      const names = Array.from({ length: 12 }, (_, index) => `${"a".repeat(190)} ${index}`);
      for (const name of names)
        await create({ name, email: `${"b".repeat(60)}${count}@x.example` });
      const costly = encodeURIComponent(`${"(?:a?){90}".repeat(8)}a 11$`);
      const pages: number[] = [];
      for (let key = ""; ;) {
        const path = `/v2/users?limit=100&filter=${costly}${key}`;
        const { status, body } = await call<UserPage>(server, "GET", path);
        assert.equal(status, 200, JSON.stringify(body));
        pages.push(body.users.length);
        if (body.metadata.page_key === undefined) break;
        key = `&page_key=${encodeURIComponent(body.metadata.page_key)}`;
      }
      assert.ok(pages.length > 1, "one page did all the work");
      assert.equal(
        pages.reduce((sum, one) => sum + one, 0),
        1,
      );
    });

    test("lists page by page, by corpus, and without codes", async () => {
      const made: string[] = [];
      for (let index = 0; index < 7; index += 1) {
        const corpus_roles = [{ corpus_key: "paged", role: "viewer" as const }];
        made.push((await create({ corpus_roles })).username);
      }
      const seen: string[] = [];
      let pageKey: string | undefined;
      do {
        const key = pageKey === undefined ? "" : `&page_key=${encodeURIComponent(pageKey)}`;
        const path = `/v2/users?limit=3&corpus_key=paged${key}`;
        const page: { body: UserPage } = await call<UserPage>(server, "GET", path);
        assert.ok(page.body.users.every((user) => !("one_time_code" in user)));
        seen.push(...page.body.users.map(({ username }) => username));
        pageKey = page.body.metadata.page_key;
      } while (pageKey !== undefined);
      assert.deepEqual(seen, made);
    });

    test("keeps usernames unique, and answers a repetition without the code", async () => {
      const { username } = await create();
      const body = { email: username };
      assert.equal((await call(server, "POST", "/v2/users", { body })).status, 409);
      const headers = { "x-api-key": server.apiKey, "idempotency-key": "one-user" };
      const once = { email: "once@example.com" };
      const first = await call<Made>(server, "POST", "/v2/users", { body: once, headers });
      const second = await call<Made>(server, "POST", "/v2/users", { body: once, headers });
      const { one_time_code: _, sign_in_url: _link, ...rest } = first.body;
      assert.deepEqual([second.status, second.body], [201, rest]);
    });

    test("refuses a change of what somebody else changed meanwhile", async () => {
      const { username } = await create();
      const etag = (await read(username)).headers.get("etag")!;
      assert.equal((await patch(username, { description: "1" }, { "if-match": etag })).status, 200);
      assert.equal((await patch(username, { description: "2" }, { "if-match": etag })).status, 412);
    });

    test("names the field that is wrong, and takes no id, tenant or code from outside (H4)", async () => {
      const cases: [Record<string, unknown>, string][] = [
        [{ email: "nobody" }, "email"],
        [{ username: "a b" }, "username"],
        [{ username: ".." }, "username"],
        [{ api_roles: ["root"] }, "api_roles.0"],
        [{ id: "usr_mine" }, "id"],
        [{ tenant_id: "other" }, "tenant_id"],
        [{ one_time_code: "x" }, "one_time_code"],
      ];
      for (const [change, field] of cases) {
        const answer = await call<{ field_errors: object }>(server, "POST", "/v2/users", {
          body: { email: "new@example.com", ...change },
        });
        assert.equal(answer.status, 400, JSON.stringify(change));
        assert.deepEqual(Object.keys(answer.body.field_errors), [field], JSON.stringify(change));
      }
    });

    test("stops a person's keys and tokens at once, when disabled, deleted or given less (C15)", async () => {
      const ends: [string, (user: User) => Promise<unknown>][] = [
        ["disabled", ({ username }) => patch(username, { enabled: false })],
        ["deleted", ({ username }) => call(server, "DELETE", pathOf(username))],
      ];
      for (const [how, end] of ends) {
        const user = await create({ api_roles: ["corpus_viewer"] });
        const key = await keyOf(user);
        assert.equal(await listCorpora(key), 200, how);
        const exchanged = await requestToken(server, {
          grant_type: tokenExchangeGrantType,
          subject_token: key,
          subject_token_type: tokenTypes.apiKey,
        });
        const headers = bearer(exchanged.body.access_token);
        const withToken = async () =>
          (await call(server, "GET", "/v2/corpora", { headers })).status;
        assert.equal(await withToken(), 200, how);
        await end(user);
        assert.equal(await listCorpora(key), 401, how);
        assert.equal(await withToken(), 401, how);
        if (how === "deleted") continue;
        await patch(user.username, { enabled: true });
        assert.equal(await listCorpora(key), 200, how);
        assert.equal(await withToken(), 401, "what was taken back stays taken back");
        await patch(user.username, { api_roles: [] });
        assert.equal(await listCorpora(key), 403, "a key has its person's current rights");
      }
    });

    test("voids a person's tokens when a new code is given out (C15)", async () => {
      const user = await create({ api_roles: ["corpus_viewer"] });
      const exchanged = await requestToken(server, {
        grant_type: tokenExchangeGrantType,
        subject_token: await keyOf(user),
        subject_token_type: tokenTypes.apiKey,
      });
      const headers = bearer(exchanged.body.access_token);
      assert.equal((await call(server, "GET", "/v2/corpora", { headers })).status, 200);
      await call(server, "POST", `${pathOf(user.username)}/reset_password`);
      assert.equal((await call(server, "GET", "/v2/corpora", { headers })).status, 401);
    });

    test("keeps the last enabled owner, however it is attempted and by however many", async () => {
      const owner = "owner@localhost";
      const attempts = () => [
        patch(owner, { enabled: false }),
        patch(owner, { api_roles: ["administrator"] }),
        call(server, "DELETE", pathOf(owner)),
      ];
      for (const { status } of await Promise.all(attempts())) assert.equal(status, 409);
      const second = await create({ api_roles: ["owner"] });
      const both = await Promise.all([
        patch(second.username, { api_roles: [] }),
        patch(second.username, { enabled: false }),
      ]);
      assert.ok(both.every(({ status }) => status === 200));
      assert.equal((await patch(owner, { enabled: false })).status, 409);
      const bindings = [{ role: "owner", ...accountWide }];
      const known = await server.app.store.findUser("tnt_first", owner);
      assert.deepEqual(known?.bindings, bindings);
    });

    test("lets nobody grant more than they hold, nor take over who holds more (H4)", async () => {
      const headers = await administrator();
      const as = (method: string, path: string, body?: unknown) =>
        call(server, method, path, body === undefined ? { headers } : { headers, body });
      const boss = await create({ api_roles: ["owner"] });
      const path = pathOf(boss.username);
      const attempts: [string, string, unknown][] = [
        ["POST", "/v2/users", { email: "new@example.com", api_roles: ["owner"] }],
        ["PATCH", path, { email: "mine@example.com" }],
        ["PATCH", path, { enabled: false }],
        ["PATCH", path, { api_roles: [] }],
        ["DELETE", path, undefined],
        ["POST", `${path}/reset_password`, undefined],
      ];
      for (const [method, target, body] of attempts) {
        const answer = await as(method, target, body);
        assert.equal(answer.status, 403, `${method} ${target} ${JSON.stringify(body)}`);
        assert.doesNotMatch(JSON.stringify(answer.body), /one_time_code/);
      }
      const plain = await create();
      const raised = await as("PATCH", pathOf(plain.username), { api_roles: ["owner"] });
      assert.equal(raised.status, 403);
      const granted = await as("PATCH", pathOf(plain.username), { api_roles: ["viewer"] });
      assert.equal(granted.status, 200);
      const described = await as("PATCH", path, { description: "seen by an administrator" });
      assert.deepEqual([described.status, described.body["api_roles"]], [200, ["owner"]]);
      await patch(boss.username, { enabled: false });
      assert.equal((await as("PATCH", path, { enabled: true })).status, 403);
    });
  });
}
