import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CreateRole, Role, RolePage } from "@countersign/protocol/admin/roles.ts";
import { allPermissions } from "@countersign/protocol/permissions.ts";
import {
  bearer,
  call,
  claimsOf,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
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

/** `/v2/roles`: roles that an account makes for itself, and what becomes of those who hold them. */

const create = async (server: TestServer, own: Partial<CreateRole> = {}): Promise<Role> => {
  const body = { name: "auditor", permissions: ["audit_events:read"], ...own };
  const answer = await call<Role>(server, "POST", "/v2/roles", { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
};
const patch = (server: TestServer, name: string, body: object, headers: object = {}) =>
  call<Role>(server, "PATCH", `/v2/roles/${name}`, {
    body,
    headers: { "x-api-key": server.apiKey, ...headers },
  });
const remove = (server: TestServer, name: string, query = "") =>
  call(server, "DELETE", `/v2/roles/${name}${query}`);
const scopeOf = async (server: TestServer, client: CreatedAppClient): Promise<string | undefined> =>
  (await requestToken(server, secretOf(client))).body.scope;

for (const { name: storeName, settings } of stores) {
  describe(`/v2/roles on ${storeName}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    let count = 0;
    const fresh = (own: Partial<CreateRole> = {}): Promise<Role> => {
      count += 1;
      return create(server, { name: `role_${count}`, ...own });
    };

    test("creates, reads, changes and deletes", async () => {
      const made = await fresh({ description: "reads", resource_types: ["account", "project"] });
      assert.equal(made.built_in, false);
      const path = `/v2/roles/${made.name}`;
      const read = await call<Role>(server, "GET", path);
      assert.deepEqual(read.body, made);
      const changed = await patch(server, made.name, { permissions: [], resource_types: null });
      assert.equal(changed.status, 200);
      assert.deepEqual([changed.body.permissions, changed.body.description], [[], "reads"]);
      assert.equal("resource_types" in changed.body, false);
      assert.equal((await remove(server, made.name)).status, 204);
      assert.equal((await call(server, "GET", path)).status, 404);
      assert.equal((await remove(server, made.name)).status, 404);
      assert.equal((await patch(server, made.name, {})).status, 404);
    });

    test("does once what is asked twice with one Idempotency-Key", async () => {
      const headers = { "x-api-key": server.apiKey, "idempotency-key": "role-once" };
      const ask = (description: string) => {
        const body = { name: "once", description, permissions: [] };
        return call<Role>(server, "POST", "/v2/roles", { body, headers });
      };
      const answers = await Promise.all([ask("one"), ask("one"), ask("one")]);
      for (const { status, body } of answers) {
        assert.deepEqual([status, body], [201, answers[0].body]);
      }
      assert.equal((await ask("two")).status, 422);
      const plain = { name: "once", permissions: [] };
      assert.equal((await call(server, "POST", "/v2/roles", { body: plain })).status, 409);
    });

    test("keeps external_id unique within the account, and finds by it and keeps labels", async () => {
      const role = await fresh({ external_id: "file-1", labels: { from: "file" } });
      const other = await fresh();
      const body = { name: "third", permissions: [], external_id: "file-1" };
      assert.equal((await call(server, "POST", "/v2/roles", { body })).status, 409);
      assert.equal((await patch(server, other.name, { external_id: "file-1" })).status, 409);
      const found = await call<RolePage>(server, "GET", "/v2/roles?external_id=file-1");
      assert.deepEqual(found.body.roles, [role]);
      const changed = await patch(server, role.name, { external_id: null, labels: { a: "b" } });
      assert.deepEqual([changed.body.external_id, changed.body.labels], [undefined, { a: "b" }]);
      assert.equal((await call(server, "POST", "/v2/roles", { body })).status, 201);
    });

    test("lists the built-in roles and its own, page by page, each once", async () => {
      await fresh();
      const seen: Role[] = [];
      let pageKey: string | undefined;
      do {
        const next = pageKey === undefined ? "" : `&page_key=${encodeURIComponent(pageKey)}`;
        const page = await call<RolePage>(server, "GET", `/v2/roles?limit=4${next}`);
        assert.equal(page.status, 200);
        seen.push(...page.body.roles);
        pageKey = page.body.metadata.page_key;
      } while (pageKey !== undefined);
      const names = seen.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
      assert.deepEqual(
        seen.find(({ name }) => name === "owner")?.permissions.toSorted(),
        allPermissions.toSorted(),
      );
      const editor = seen.find(({ name }) => name === "editor");
      assert.deepEqual([editor?.permissions, editor?.resource_types], [[], ["corpus"]]);
      assert.ok(editor?.permissions_on?.["corpus"]?.includes("documents:write"));
      assert.ok(names.includes(`role_${count}`));
    });

    test("neither changes nor deletes a built-in role, nor takes its name", async () => {
      assert.equal((await patch(server, "viewer", { permissions: [] })).status, 409);
      assert.equal((await remove(server, "viewer", "?force=true")).status, 409);
      for (const name of ["owner", "editor", "agent_user"]) {
        const body = { name, permissions: [] };
        const answer = await call(server, "POST", "/v2/roles", { body });
        assert.equal(answer.status, 400);
        assert.deepEqual(Object.keys(answer.body["field_errors"] as object), ["name"]);
      }
    });

    test("names the field that is wrong", async () => {
      const cases: [Record<string, unknown>, string][] = [
        [{ name: "A" }, "name"],
        [{ name: "a" }, "name"],
        [{ name: "__proto__" }, "name"],
        [{ permissions: ["corpora:read", "corpora:fly"] }, "permissions.1"],
        [{ permissions: ["corpora"] }, "permissions.0"],
        [{ resource_types: [] }, "resource_types"],
        [{ built_in: true }, "built_in"],
        [{ tenant_id: "tnt_other" }, "tenant_id"],
      ];
      for (const [change, field] of cases) {
        const body = { name: "fine", permissions: [], ...change };
        const answer = await call<{ field_errors: object }>(server, "POST", "/v2/roles", { body });
        assert.equal(answer.status, 400, JSON.stringify(change));
        assert.deepEqual(Object.keys(answer.body.field_errors), [field], JSON.stringify(change));
      }
    });

    test("refuses a second role of one name, and a change of what changed meanwhile", async () => {
      const { name } = await fresh();
      const body = { name, permissions: [] };
      assert.equal((await call(server, "POST", "/v2/roles", { body })).status, 409);
      const { headers } = await call(server, "GET", `/v2/roles/${name}`);
      const condition = { "if-match": headers.get("etag")! };
      assert.equal((await patch(server, name, { description: "1" }, condition)).status, 200);
      assert.equal((await patch(server, name, { description: "2" }, condition)).status, 412);
    });

    test("gives what it permits to who holds it, for the account and on a resource", async () => {
      const { name } = await fresh({ permissions: ["audit_events:read", "jobs:read"] });
      const client = await createAppClient(server, {
        api_roles: [name],
        resource_roles: [{ resource_type: "project", resource_id: "p1", role: name }],
      });
      assert.deepEqual(client.api_roles, [name]);
      const token = await tokenFor(server, client);
      const { scope, roles, authorization_details: details } = claimsOf(token);
      assert.deepEqual([scope, roles], ["audit_events:read jobs:read", [name]]);
      assert.deepEqual(details, [
        { type: "project", identifier: "p1", actions: ["audit_events:read", "jobs:read"] },
      ]);
      const ask = (path: string) => call(server, "GET", path, { headers: bearer(token) });
      assert.equal((await ask("/v2/audit_events")).status, 200);
      assert.equal((await ask("/v2/app_clients")).status, 403);
    });

    test("is bound to a corpus and to an agent as the built-in ones are, and holds there alone", async () => {
      const { name } = await fresh({ permissions: ["documents:read"], resource_types: ["corpus"] });
      const { name: any } = await fresh({ permissions: ["agents:use"] });
      const corpus_roles = [
        { corpus_key: "docs", role: name },
        { corpus_key: "docs", role: "viewer" },
        { corpus_key: "news", role: name },
      ];
      const agent_roles = [{ agent_key: "helper", role: any }];
      const client = await createAppClient(server, { corpus_roles, agent_roles });
      assert.deepEqual([client.corpus_roles, client.agent_roles], [corpus_roles, agent_roles]);
      const { scope, authorization_details: details } = claimsOf(await tokenFor(server, client));
      assert.equal(scope, undefined);
      const actions = Object.fromEntries(
        (details as { identifier: string; actions: string[] }[]).map((detail) => [
          detail.identifier,
          detail.actions.toSorted(),
        ]),
      );
      assert.deepEqual(actions, {
        docs: ["corpora:query", "corpora:read", "documents:read"],
        news: ["documents:read"],
        helper: ["agents:use"],
      });
      assert.equal((await remove(server, name)).status, 409, "it is held");
      assert.equal((await remove(server, name, "?force=true")).status, 204);
      const path = `/v2/app_clients/${client.id}`;
      const { body } = await call<CreatedAppClient>(server, "GET", path);
      assert.deepEqual(body.corpus_roles, [{ corpus_key: "docs", role: "viewer" }]);
    });

    test("permits what is in the catalogue of an API of the account, there alone", async () => {
      const audience = `https://${storeName.toLowerCase()}.example.com`;
      const permissions = [{ name: "orders:read" }, { name: "orders:write" }];
      const api = { name: "Orders", audience, permissions };
      const made = await call<{ id: string }>(server, "POST", "/v2/apis", { body: api });
      assert.equal(made.status, 201);
      const { name } = await fresh({ permissions: ["orders:read", "jobs:read"] });
      const client = await createAppClient(server, { api_roles: [name] });
      const asked = { ...secretOf(client), resource: audience };
      assert.equal((await requestToken(server, asked)).body.scope, "orders:read");
      assert.equal(await scopeOf(server, client), "jobs:read");
      await call(server, "DELETE", `/v2/apis/${made.body.id}`);
      assert.equal(await scopeOf(server, client), "jobs:read");
      const body = { api_roles: [name] };
      const again = await call(server, "PATCH", `/v2/app_clients/${client.id}`, { body });
      assert.equal(again.status, 200, "what no API has any more is in nobody's way");
    });

    test("refuses a role that is not there, or not for this, and names the field", async () => {
      const { name } = await fresh({ resource_types: ["project"] });
      const cases: [object, string][] = [
        [{ api_roles: ["viewer", "nobody_has_it"] }, "api_roles.1"],
        [{ api_roles: [name] }, "api_roles.0"],
        [{ api_roles: ["editor"] }, "api_roles.0"],
        [
          { resource_roles: [{ resource_type: "team", resource_id: "t", role: name }] },
          "resource_roles.0.role",
        ],
        [{ corpus_roles: [{ corpus_key: "docs", role: name }] }, "corpus_roles.0.role"],
        [{ corpus_roles: [{ corpus_key: "docs", role: "agent_user" }] }, "corpus_roles.0.role"],
        [{ agent_roles: [{ agent_key: "helper", role: "editor" }] }, "agent_roles.0.role"],
        [{ agent_roles: [{ agent_key: "helper", role: "__proto__" }] }, "agent_roles.0.role"],
      ];
      const client = await createAppClient(server);
      for (const [roles, field] of cases) {
        const attempts: [string, string, object][] = [
          ["POST", "/v2/app_clients", { name: "n", type: "client_credentials", ...roles }],
          ["PATCH", `/v2/app_clients/${client.id}`, roles],
          ["POST", "/v2/users", { email: "someone@example.com", ...roles }],
          ["POST", "/v2/api_keys", { name: "n", ...roles }],
        ];
        for (const [method, path, body] of attempts) {
          const answer = await call(server, method, path, { body });
          assert.equal(answer.status, 400, `${path} ${JSON.stringify(answer.body)}`);
          assert.deepEqual(Object.keys(answer.body["field_errors"] as object), [field]);
        }
      }
    });

    test("lets nobody put into a role, or bind, what they do not hold (H4)", async () => {
      const { name: keeper } = await fresh({
        permissions: ["roles:read", "roles:write", "app_clients:write", "jobs:read"],
      });
      const { name: strong } = await fresh({ permissions: ["billing:write"] });
      const { name: own } = await fresh({ permissions: ["jobs:read"] });
      const client = await createAppClient(server, { api_roles: [keeper] });
      const headers = bearer(await tokenFor(server, client));
      const attempt = async (method: string, path: string, body: object) =>
        (await call(server, method, path, { headers, body })).status;
      const created = (permissions: string[], name: string) =>
        attempt("POST", "/v2/roles", { name, permissions });
      assert.equal(await created(["jobs:read"], "weak_enough"), 201);
      assert.equal(await created(["jobs:read", "billing:read"], "too_strong"), 403);
      assert.equal(
        await attempt("PATCH", `/v2/roles/${own}`, { permissions: ["users:read"] }),
        403,
      );
      const raised = { permissions: ["roles:write", "users:write"] };
      assert.equal(await attempt("PATCH", `/v2/roles/${keeper}`, raised), 403, "its own role too");
      const widened = { resource_types: ["project"] };
      assert.equal(await attempt("PATCH", `/v2/roles/${strong}`, widened), 403);
      const body = { name: "n", type: "client_credentials", api_roles: [strong] };
      assert.equal(await attempt("POST", "/v2/app_clients", body), 403);
      const onCorpus = { corpus_roles: [{ corpus_key: "docs", role: strong }] };
      assert.equal(
        await attempt("POST", "/v2/app_clients", { ...body, api_roles: [], ...onCorpus }),
        403,
      );
      assert.equal(await attempt("POST", "/v2/app_clients", { ...body, api_roles: [own] }), 201);
    });

    test("is felt at once by all who hold it: clients, people and their keys", async () => {
      const { name } = await fresh({ permissions: ["audit_events:read", "jobs:read"] });
      const client = await createAppClient(server, { api_roles: [name] });
      const token = await tokenFor(server, client);
      const key = await call<{ secret_key: string }>(server, "POST", "/v2/api_keys", {
        body: { name: "k", api_roles: [name] },
      });
      assert.equal(key.status, 201, JSON.stringify(key.body));
      const ways = [bearer(token), { "x-api-key": key.body.secret_key }];
      const statuses = async () => {
        const path = "/v2/audit_events";
        const answers = ways.map(async (headers) => call(server, "GET", path, { headers }));
        return (await Promise.all(answers)).map(({ status }) => status);
      };
      assert.deepEqual(await statuses(), [200, 200]);
      const head = await server.app.store.head();
      await patch(server, name, { permissions: ["jobs:read"] });
      assert.deepEqual(await statuses(), [401, 403], "a new token would not say so any more");
      assert.equal(await scopeOf(server, client), "jobs:read");
      const taken = await server.app.store.listRevocations(head, server.clock.now());
      const subjects = taken.map(({ subjectType }) => subjectType);
      assert.deepEqual(subjects.toSorted(), ["client", "credential"]);
      for (const { dropped } of taken) assert.deepEqual(dropped, ["audit_events:read"]);
      await patch(server, name, { permissions: ["jobs:read", "audit_events:read"] });
      assert.deepEqual(await statuses(), [200, 200]);
    });

    test("is not deleted while it is held, unless it is taken from all who hold it", async () => {
      const { name } = await fresh({ permissions: ["jobs:read"] });
      const client = await createAppClient(server, { api_roles: [name, "billing_administrator"] });
      const etag = (await call(server, "GET", `/v2/app_clients/${client.id}`)).headers.get("etag");
      assert.equal((await remove(server, name)).status, 409);
      assert.equal((await remove(server, name, "?force=maybe")).status, 400);
      assert.equal((await remove(server, name, "?force=true")).status, 204);
      assert.equal(await scopeOf(server, client), "billing:read billing:write");
      const after = await call(server, "GET", `/v2/app_clients/${client.id}`);
      assert.deepEqual(after.body["api_roles"], ["billing_administrator"]);
      assert.notEqual(after.headers.get("etag"), etag);
      await create(server, { name, permissions: ["users:list"] });
      assert.equal(await scopeOf(server, client), "billing:read billing:write");
    });

    test("writes down who did what", async () => {
      const { name } = await fresh();
      await patch(server, name, { description: "other" });
      await remove(server, name);
      const path = `/v2/audit_events?subject_type=role&subject_id=${name}`;
      const { body } = await call<{ audit_events: { action: string }[] }>(server, "GET", path);
      assert.deepEqual(body.audit_events.map(({ action }) => action).toSorted(), [
        "role.created",
        "role.deleted",
        "role.updated",
      ]);
    });

    test("is for those alone who may (H3)", async () => {
      const { name } = await fresh();
      const viewer = await createAppClient(server, { api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, viewer));
      const attempts: [method: string, path: string, body: object | undefined][] = [
        ["POST", "/v2/roles", { name: "x_y", permissions: [] }],
        ["GET", "/v2/roles", undefined],
        ["GET", `/v2/roles/${name}`, undefined],
        ["PATCH", `/v2/roles/${name}`, {}],
        ["DELETE", `/v2/roles/${name}`, undefined],
      ];
      for (const [method, path, body] of attempts) {
        const options = body === undefined ? { headers } : { headers, body };
        assert.equal((await call(server, method, path, options)).status, 403, `${method} ${path}`);
        assert.equal((await call(server, method, path, { ...options, headers: {} })).status, 401);
      }
    });
  });

  describe(`a role that is changed in another process on ${storeName}`, () => {
    let one: ServerProcess;
    let two: ServerProcess;
    let pair: ServerPair;
    before(async () => {
      pair = await spawnPair(await settings());
      ({ one, two } = pair);
    });
    after(() => pair.stop());

    test("is obeyed at once, change by change", async () => {
      const { name } = await create(one, { permissions: ["audit_events:read"] });
      const client = await createAppClient(one, { api_roles: [name] });
      for (let round = 0; round < 10; round += 1) {
        const headers = bearer(await tokenFor(two, client, { scope: "audit_events:read" }));
        const ask = async () => (await call(two, "GET", "/v2/audit_events", { headers })).status;
        assert.equal(await ask(), 200);
        await patch(one, name, { permissions: [] });
        assert.equal(await ask(), 401);
        await patch(one, name, { permissions: ["audit_events:read"] });
        assert.equal(await ask(), 200, "a token loses only what is not held now");
      }
      await remove(one, name, "?force=true");
      const late = await call(two, "GET", `/v2/roles/${name}`);
      assert.equal(late.status, 404);
    });
  });
}
