import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Api, ApiPage, CreateApi } from "@countersign/protocol/admin/apis.ts";
import { allPermissions } from "@countersign/protocol/permissions.ts";
import { bearer, call, createAppClient, tokenFor } from "../calls.ts";
import { invoices, registerApi } from "../registered-apis.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/** APIs: registered, listed, changed and removed. */

for (const { name, settings } of stores) {
  describe(`/v2/apis on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const create = (own?: Partial<CreateApi>) => registerApi(server, own);
    const patch = (id: string, body: object, headers: Record<string, string> = {}) =>
      call<Api>(server, "PATCH", `/v2/apis/${id}`, {
        body,
        headers: { "x-api-key": server.apiKey, ...headers },
      });
    const remove = (id: string) => call(server, "DELETE", `/v2/apis/${id}`);
    const read = (id: string) => call<Api>(server, "GET", `/v2/apis/${id}`);

    test("creates, reads without the secret, lists, changes and deletes", async () => {
      const created = await create({
        signing_algorithm: "EdDSA",
        token_lifetime_seconds: 600,
        openapi_url: "https://invoices.example.com/openapi.json",
        offered: true,
      });
      assert.match(created.id, /^api_/);
      const { secret, ...shown } = created.verifier_credential!;
      assert.match(secret!, /^csvk_[0-9A-Za-z]{49}$/);
      const again = await read(created.id);
      assert.deepEqual(again.body, { ...created, verifier_credential: shown });
      const page = await call<ApiPage>(server, "GET", "/v2/apis?limit=100");
      assert.deepEqual(
        page.body.apis.find(({ id }) => id === created.id),
        again.body,
      );
      const changed = await patch(created.id, { name: "Bills", openapi_url: null });
      assert.equal(changed.status, 200);
      assert.deepEqual(
        [changed.body.name, changed.body.openapi_url, changed.body.signing_algorithm],
        ["Bills", undefined, "EdDSA"],
      );
      assert.equal((await remove(created.id)).status, 204);
      assert.equal((await read(created.id)).status, 404);
      assert.equal((await remove(created.id)).status, 404);
    });

    test("shows the default API with the built-in catalogue, and neither deletes nor re-writes it", async () => {
      const { body } = await call<ApiPage>(server, "GET", "/v2/apis");
      const api = body.apis.find(({ is_default }) => is_default)!;
      assert.equal(api.audience, server.url);
      assert.deepEqual(
        api.permissions.map(({ name }) => name),
        allPermissions,
      );
      assert.equal((await remove(api.id)).status, 409);
      const refused = await patch(api.id, { permissions: invoices.permissions });
      assert.equal(refused.status, 400);
      assert.equal((await patch(api.id, { name: "Ours" })).status, 200);
    });

    test("pages through the list, each API once", async () => {
      for (let made = 0; made < 4; made += 1) await create();
      const seen: string[] = [];
      let pageKey: string | undefined;
      do {
        const next = pageKey === undefined ? "" : `&page_key=${encodeURIComponent(pageKey)}`;
        const page = await call<ApiPage>(server, "GET", `/v2/apis?limit=2${next}`);
        assert.equal(page.status, 200);
        seen.push(...page.body.apis.map(({ id }) => id));
        pageKey = page.body.metadata.page_key;
      } while (pageKey !== undefined);
      const all = await call<ApiPage>(server, "GET", "/v2/apis?limit=100");
      assert.deepEqual(
        seen,
        all.body.apis.map(({ id }) => id),
      );
    });

    test("does once what is asked twice with one Idempotency-Key, and shows the secret once", async () => {
      const headers = { "x-api-key": server.apiKey, "idempotency-key": "register-once" };
      const body = { ...invoices, audience: "https://once.example.com" };
      const ask = (own: object = {}) =>
        call<Api>(server, "POST", "/v2/apis", { body: { ...body, ...own }, headers });
      const [first, ...others] = (
        await Promise.all(Array.from({ length: 4 }, () => ask()))
      ).toSorted((one) => (one.body.verifier_credential?.secret === undefined ? 1 : -1));
      assert.match(first!.body.verifier_credential!.secret!, /^csvk_/);
      for (const other of others) {
        assert.deepEqual([other.status, other.body.id], [201, first!.body.id]);
        assert.equal(other.body.verifier_credential?.secret, undefined);
      }
      assert.equal((await ask({ name: "Another" })).status, 422);
      const role = { name: "once", permissions: [] };
      const elsewhere = await call(server, "POST", "/v2/roles", { body: role, headers });
      assert.equal(elsewhere.status, 422, "a key is one request, whatever it is about");
    });

    test("leaves the same behind when a file is applied twice", async () => {
      const file = { ...invoices, audience: "https://file.example.com", labels: { from: "file" } };
      const apply = async (): Promise<Api> => {
        const found = await call<ApiPage>(server, "GET", "/v2/apis?external_id=file-1");
        const [api] = found.body.apis;
        if (api === undefined) return create({ ...file, external_id: "file-1" });
        const { headers } = await read(api.id);
        const { audience: _audience, ...changeable } = file;
        const changed = await patch(api.id, changeable, { "if-match": headers.get("etag")! });
        assert.equal(changed.status, 200);
        return changed.body;
      };
      const [first, second] = [await apply(), await apply()];
      const plain = ({ verifier_credential: _secret, updated_at: _at, ...rest }: Api) => rest;
      assert.deepEqual(plain(second), plain(first));
      assert.deepEqual([second.external_id, second.labels], ["file-1", { from: "file" }]);
    });

    test("keeps external_id unique within the account, and finds by it", async () => {
      const [api, other] = [await create({ external_id: "tf-1" }), await create()];
      const body = { ...invoices, audience: "https://tf.example.com", external_id: "tf-1" };
      assert.equal((await call(server, "POST", "/v2/apis", { body })).status, 409);
      assert.equal((await patch(other.id, { external_id: "tf-1" })).status, 409);
      const found = await call<ApiPage>(server, "GET", "/v2/apis?external_id=tf-1");
      assert.deepEqual(
        found.body.apis.map(({ id }) => id),
        [api.id],
      );
      assert.equal((await patch(api.id, { external_id: null })).status, 200);
      assert.equal((await call(server, "POST", "/v2/apis", { body })).status, 201);
    });

    test("refuses a second API of one audience, and a change of what changed meanwhile", async () => {
      const api = await create();
      const body = { ...invoices, audience: api.audience };
      assert.equal((await call(server, "POST", "/v2/apis", { body })).status, 409);
      const same = { ...invoices, audience: server.url };
      assert.equal((await call(server, "POST", "/v2/apis", { body: same })).status, 409);
      const etag = (await read(api.id)).headers.get("etag")!;
      assert.equal((await patch(api.id, { name: "one" }, { "if-match": etag })).status, 200);
      assert.equal((await patch(api.id, { name: "two" }, { "if-match": etag })).status, 412);
      const results = await Promise.all([
        patch(api.id, { name: "three" }),
        patch(api.id, { offered: true }),
        patch(api.id, { token_lifetime_seconds: 90 }),
      ]);
      assert.deepEqual([...new Set(results.map(({ status }) => status))], [200]);
      const { name: last, offered, token_lifetime_seconds } = (await read(api.id)).body;
      assert.deepEqual([last, offered, token_lifetime_seconds], ["three", true, 90]);
    });

    test("names the field that is wrong", async () => {
      const permission = { name: "invoices:read", description: "" };
      const cases: [Record<string, unknown>, string][] = [
        [{ audience: "invoices" }, "audience"],
        [{ audience: "https://a.example/#x" }, "audience"],
        [{ audience: "https://a b.example" }, "audience"],
        [{ audience: undefined }, "audience"],
        [{ permissions: [{ description: "" }] }, "permissions.0.name"],
        [{ permissions: [{ ...permission, name: "read" }] }, "permissions.0.name"],
        [{ permissions: [{ ...permission, name: "Invoices:read" }] }, "permissions.0.name"],
        [{ permissions: [{ ...permission, name: "invoices:read all" }] }, "permissions.0.name"],
        [{ permissions: [permission, permission] }, "permissions.1.name"],
        [{ signing_algorithm: "HS256" }, "signing_algorithm"],
        [{ token_lifetime_seconds: 86_401 }, "token_lifetime_seconds"],
        [{ openapi_url: "javascript:alert(1)" }, "openapi_url"],
        [{ is_default: true }, "is_default"],
        [{ tenant_id: "tnt_other" }, "tenant_id"],
      ];
      for (const [change, field] of cases) {
        const body = { ...invoices, audience: "https://wrong.example.com", ...change };
        const answer = await call<{ field_errors: object }>(server, "POST", "/v2/apis", { body });
        assert.equal(answer.status, 400, JSON.stringify(change));
        assert.deepEqual(Object.keys(answer.body.field_errors), [field], JSON.stringify(change));
      }
    });

    test("writes down who did what, without a secret or digest", async () => {
      const api = await create();
      await patch(api.id, { name: "renamed" });
      await remove(api.id);
      const events = await server.app.store.listAudit("tnt_first", {
        after: undefined,
        actorId: undefined,
        action: undefined,
        subjectType: "api",
        subjectId: api.id,
        sinceMs: undefined,
        untilMs: undefined,
        limit: 10,
      });
      assert.deepEqual(events.map(({ action }) => action).toSorted(), [
        "api.created",
        "api.deleted",
        "api.updated",
      ]);
      assert.doesNotMatch(JSON.stringify(events), /csvk_|[dD]igest/);
    });

    test("is for those alone who may (H3)", async () => {
      const api = await create();
      const viewer = await createAppClient(server, { api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, viewer));
      const attempts: [method: string, path: string, body: object | undefined][] = [
        ["POST", "/v2/apis", invoices],
        ["GET", "/v2/apis", undefined],
        ["GET", `/v2/apis/${api.id}`, undefined],
        ["PATCH", `/v2/apis/${api.id}`, { name: "x" }],
        ["DELETE", `/v2/apis/${api.id}`, undefined],
        ["POST", `/v2/apis/${api.id}/verifier_credential/rotate`, {}],
      ];
      for (const [method, path, body] of attempts) {
        const options = body === undefined ? { headers } : { headers, body };
        assert.equal((await call(server, method, path, options)).status, 403, `${method} ${path}`);
        assert.equal((await call(server, method, path, { ...options, headers: {} })).status, 401);
      }
    });
  });
}
