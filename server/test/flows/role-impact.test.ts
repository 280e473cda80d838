import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type {
  AskImpact,
  RoleHolderPage,
  RoleImpact,
} from "@countersign/protocol/admin/role-impact.ts";
import type { ApiKey } from "@countersign/protocol/admin/api-keys.ts";
import { bearer, call, createAppClient, requestToken, secretOf, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/** What a change of a role would have taken from those who hold it, told before it is made. */

for (const { name: storeName, settings } of stores) {
  describe(`/v2/roles/{name}/impact on ${storeName}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    let count = 0;
    const createRole = async (permissions: string[]): Promise<string> => {
      count += 1;
      const body = { name: `role_${count}`, permissions };
      assert.equal((await call(server, "POST", "/v2/roles", { body })).status, 201);
      return body.name;
    };
    const impact = async (role: string, body: AskImpact): Promise<RoleImpact> => {
      const answer = await call<RoleImpact>(server, "POST", `/v2/roles/${role}/impact`, { body });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body;
    };
    /** What was used is written once a minute: the minute passes, and the next second writes. */
    const impactWithLosses = async (role: string, body: AskImpact): Promise<RoleImpact> => {
      server.clock.advance(61_000);
      for (;;) {
        const found = await impact(role, body);
        if (found.lost.length > 0) return found;
        await setTimeout(100);
      }
    };
    const readAudit = (headers: Record<string, string>) =>
      call(server, "GET", "/v2/audit_events", { headers });

    test("names who used what would go, how often and when", async () => {
      const role = await createRole(["audit_events:read", "roles:read"]);
      const client = await createAppClient(server, { name: "reader", api_roles: [role] });
      const idle = await createAppClient(server, { name: "idle", api_roles: [role] });
      const accessToken = await tokenFor(server, client);
      for (let call = 0; call < 3; call += 1) {
        assert.equal((await readAudit(bearer(accessToken))).status, 200);
      }
      const found = await impactWithLosses(role, {
        permissions: ["jobs:read", "roles:read"],
      });
      assert.deepEqual(
        [found.holders, found.added, found.dropped],
        [2, ["jobs:read"], ["audit_events:read"]],
      );
      const [lost] = found.lost;
      assert.equal(found.lost.length, 1);
      assert.deepEqual(
        [lost!.permission, lost!.calls, lost!.principals],
        ["audit_events:read", 3, 1],
      );
      const principal = { type: "app_client", id: client.id, name: "reader" };
      assert.deepEqual(
        lost!.used_by.map((use) => use.principal),
        [principal],
      );
      assert.equal(found.is_complete, true);
      assert.notEqual(idle.id, client.id);
      const unchanged = await call<{ permissions: string[] }>(server, "GET", `/v2/roles/${role}`);
      assert.deepEqual(unchanged.body.permissions, ["audit_events:read", "roles:read"]);
    });

    test("counts a permission that a token was asked for by name, whatever API it is for", async () => {
      const role = await createRole(["documents:write", "documents:read"]);
      const client = await createAppClient(server, { api_roles: [role] });
      assert.equal((await requestToken(server, secretOf(client))).status, 200);
      const asked = { ...secretOf(client), scope: "documents:write" };
      assert.equal((await requestToken(server, asked)).status, 200);
      const { lost, dropped } = await impactWithLosses(role, { deleted: true });
      assert.deepEqual(
        lost.map(({ permission }) => permission),
        ["documents:write"],
      );
      assert.deepEqual(dropped, ["documents:write", "documents:read"]);
    });

    test("does not count what another role permits as well", async () => {
      const role = await createRole(["audit_events:read"]);
      const other = await createRole(["audit_events:read"]);
      const client = await createAppClient(server, { api_roles: [role, other] });
      const accessToken = await tokenFor(server, client);
      await readAudit(bearer(accessToken));
      const onlyOne = await createAppClient(server, { name: "only one", api_roles: [role] });
      await readAudit(bearer(await tokenFor(server, onlyOne)));
      const { lost } = await impactWithLosses(role, { permissions: [] });
      const names = lost.map((one) => one.used_by.map(({ principal }) => principal.name));
      assert.deepEqual(names, [["only one"]]);
    });

    test("tells calls of an API key with roles of its own from those of who made it", async () => {
      const role = await createRole(["audit_events:read"]);
      const client = await createAppClient(server, { name: "owner", api_roles: [role] });
      const accessToken = await tokenFor(server, client);
      const body = { name: "own roles", api_roles: [role] };
      const made = await call<ApiKey>(server, "POST", "/v2/api_keys", { body });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      assert.equal((await readAudit({ "x-api-key": made.body.secret_key! })).status, 200);
      assert.equal((await readAudit(bearer(accessToken))).status, 200);
      const { lost } = await impactWithLosses(role, { permissions: [] });
      const names = lost[0]!.used_by.map(({ principal: { type, name } }) => `${type} ${name}`);
      assert.deepEqual(names.toSorted(), ["api_key own roles", "app_client owner"]);
    });

    test("sees what no longer being bound to the account would take", async () => {
      const role = await createRole(["audit_events:read"]);
      const client = await createAppClient(server, { api_roles: [role] });
      await readAudit(bearer(await tokenFor(server, client)));
      const { lost, dropped } = await impactWithLosses(role, { resource_types: ["corpus"] });
      assert.deepEqual([lost.length, dropped], [1, []]);
      assert.deepEqual((await impact(role, {})).lost, []);
    });

    test("is there for roles of one's own only, and needs the right to change them", async () => {
      const ask = (role: string, headers?: Record<string, string>) =>
        call(server, "POST", `/v2/roles/${role}/impact`, { body: {}, ...(headers && { headers }) });
      assert.equal((await ask("owner")).status, 409);
      assert.equal((await ask("no_such_role")).status, 404);
      const role = await createRole(["roles:read"]);
      const client = await createAppClient(server, { api_roles: [role] });
      const accessToken = await tokenFor(server, client);
      assert.equal((await ask(role, bearer(accessToken))).status, 403);
    });

    test("lists who holds a role, by name, page by page", async () => {
      const role = await createRole(["corpora:read"]);
      const one = await createAppClient(server, { name: "one", api_roles: [role] });
      const two = await createAppClient(server, {
        name: "two",
        corpus_roles: [{ corpus_key: "docs", role }],
      });
      const seen: string[] = [];
      let pageKey: string | undefined;
      do {
        const next = pageKey === undefined ? "" : `&page_key=${encodeURIComponent(pageKey)}`;
        const path = `/v2/roles/${role}/holders?limit=1${next}`;
        const page = await call<RoleHolderPage>(server, "GET", path);
        assert.equal(page.status, 200);
        for (const { principal, resource_type, resource_id } of page.body.holders) {
          seen.push([principal.id, principal.name, resource_type, resource_id].join(" "));
        }
        pageKey = page.body.metadata.page_key;
      } while (pageKey !== undefined);
      assert.deepEqual(
        seen.toSorted(),
        [`${one.id} one account *`, `${two.id} two corpus docs`].toSorted(),
      );
      assert.equal((await call(server, "GET", "/v2/roles/no_such_role/holders")).status, 404);
      const owners = await call<RoleHolderPage>(server, "GET", "/v2/roles/owner/holders");
      assert.equal(owners.body.holders[0]?.principal.type, "user");
    });
  });
}
