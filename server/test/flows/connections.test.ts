import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { bearer, call, createAppClient, tokenFor } from "../calls.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import {
  bringAlong,
  makeConnection,
  makeDatasource,
  readConnection,
  refreshNow,
  throughProxy,
} from "../outbound/calls.ts";
import { stores } from "../stores.ts";

/** Connections: tokens for outside APIs, got, held, renewed and used without being shown. */

for (const { name, settings } of stores) {
  describe(`/v2/connections on ${name}`, () => {
    const { server, provider } = besideProvider(settings);
    const machine = { grant_type: "client_credentials", authorization_url: undefined };

    test("work with client credentials and nobody: the first use gets the token", async () => {
      const { id, state, connect_url } = await makeConnection(
        server,
        await makeDatasource(server, provider, machine),
      );
      assert.deepEqual([state, connect_url], ["not_connected", undefined]);
      const { status, text } = await throughProxy(server, id, "/things?a=1");
      assert.equal(status, 200, text);
      assert.equal(JSON.parse(text).url, "/api/things?a=1");
      const { parameters } = provider.tokenRequests.at(-1)!;
      assert.equal(parameters["scope"], "read write");
      const connected = await readConnection(server, id);
      assert.equal(connected.state, "connected");
      assert.deepEqual(connected.granted_scopes, ["read", "write"]);
      assert.ok(connected.expires_at !== undefined);
      const asked = provider.tokenRequests.length;
      assert.equal((await throughProxy(server, id)).status, 200);
      assert.equal(provider.tokenRequests.length, asked, "a good token is used again");
    });

    test("work with our own authorization server as the provider", async () => {
      const client = await createAppClient(server, { api_roles: ["administrator"] });
      const connection = await makeConnection(
        server,
        await makeDatasource(server, provider, {
          ...machine,
          base_url: `${server.url}/v2`,
          access_token_url: `${server.url}/oauth2/token`,
          client_id: client.client_id,
          client_secret: client.client_secret,
          client_authentication: "basic",
          scopes: ["app_clients:read"],
        }),
      );
      const { status, text } = await throughProxy(server, connection.id, "/app_clients?limit=1");
      assert.equal(status, 200, text);
      assert.equal(JSON.parse(text).app_clients.length, 1);
    });

    test("have an owner each, and one that the team shares", async () => {
      const datasource = await makeDatasource(server, provider);
      const [shared, one, again, two] = [
        await makeConnection(server, datasource),
        await makeConnection(server, datasource, { owner: "user-1" }),
        await makeConnection(server, datasource, { owner: "user-1" }),
        await makeConnection(server, datasource, { owner: "user-2", labels: { plan: "pro" } }),
      ];
      assert.equal(one.id, again.id);
      assert.notEqual(one.id, two.id);
      assert.deepEqual(
        [shared.owner, two.owner, two.labels],
        [undefined, "user-2", { plan: "pro" }],
      );
      assert.match(one.connect_url!, new RegExp(`^${server.url}/connect/`));
      const list = async (query: string) =>
        (
          await call<{ connections: Connection[] }>(
            server,
            "GET",
            `/v2/datasources/${datasource}/connections?${query}`,
          )
        ).body.connections;
      assert.equal((await list("limit=100")).length, 3);
      const [found] = await list("owner=user-2");
      assert.equal(found?.id, two.id);
      assert.equal(found?.connect_url, undefined, "no link in a list");
    });

    test("say what is missing, with the link, before anybody has connected", async () => {
      const { id } = await makeConnection(server, await makeDatasource(server, provider));
      const sent = provider.apiRequests.length;
      const { status, text } = await throughProxy(server, id);
      const body = JSON.parse(text) as { code: string; connect_url: string };
      assert.deepEqual([status, body.code], [409, "not_connected"]);
      assert.match(body.connect_url, new RegExp(`^${server.url}/connect/${id}`));
      assert.equal(provider.apiRequests.length, sent);
      assert.equal((await call(server, "GET", `/v2/connections/${id}/token`)).status, 409);
    });

    test("begin with a refresh token that somebody has already", async () => {
      const { id, state } = await bringAlong(server, provider);
      assert.equal(state, "connected");
      assert.equal((await throughProxy(server, id)).status, 200);
      assert.equal((await readConnection(server, id)).state, "connected");
    });

    test("take a newer refresh token for an owner who has a connection", async () => {
      const { id, datasource_id } = await bringAlong(server, provider);
      provider.refreshTokens.clear();
      assert.equal((await throughProxy(server, id)).status, 409);
      assert.equal((await readConnection(server, id)).state, "reconnect_required");
      const refresh_token = provider.issueRefreshToken();
      const again = await makeConnection(server, datasource_id, { refresh_token });
      assert.deepEqual([again.id, again.state], [id, "connected"]);
      assert.equal((await throughProxy(server, id)).status, 200);
    });

    test("give the token to who may have it, and note that", async () => {
      const { id } = await bringAlong(server, provider);
      const path = `/v2/connections/${id}/token`;
      const { status, body } = await call<{ access_token: string; expires_in: number }>(
        server,
        "GET",
        path,
      );
      assert.equal(status, 200);
      assert.ok(provider.accessTokens.has(body.access_token));
      assert.ok(body.expires_in > 3_000 && body.expires_in <= 3_600);
      const events = await call(server, "GET", "/v2/audit_events?action=connection.token_read");
      assert.ok(JSON.stringify(events.body).includes(id));
    });

    test("are renewed by hand, and it is noted who asked for it", async () => {
      const { id } = await bringAlong(server, provider);
      assert.equal((await refreshNow(server, id)).status, 200);
      const path = `/v2/audit_events?subject_id=${id}&action=connection.refresh_asked`;
      const { body } = await call<{ audit_events: { actor: { type: string } }[] }>(
        server,
        "GET",
        path,
      );
      assert.equal(body.audit_events.length, 1);
      assert.equal(body.audit_events[0]!.actor.type, "user");
    });

    test("are used by who may use them, and by nobody else (H3)", async () => {
      const { id } = await bringAlong(server, provider);
      for (const [role, permissions] of [
        ["user_of_connections", ["connections:use"]],
        ["reader_of_connections", ["connections:read"]],
      ] as const) {
        const body = { name: role, permissions };
        assert.equal((await call(server, "POST", "/v2/roles", { body })).status, 201);
      }
      const statuses = async (role: string) => {
        const client = await createAppClient(server, { api_roles: [role] });
        const headers = bearer(await tokenFor(server, client));
        const paths = [`${id}/proxy/things`, `${id}/proxy`, `${id}/token`, id];
        const answers = paths.map((path) =>
          call(server, "GET", `/v2/connections/${path}`, { headers }),
        );
        return (await Promise.all(answers)).map(({ status, body }) => [
          status,
          body["connect_url"],
        ]);
      };
      const [ok, no] = [
        [200, undefined],
        [403, undefined],
      ];
      assert.deepEqual(await statuses("user_of_connections"), [ok, ok, no, no]);
      assert.deepEqual(await statuses("reader_of_connections"), [no, no, no, ok]);
    });

    test("rest while they are disabled", async () => {
      const { id } = await bringAlong(server, provider);
      const patch = (body: object) => call(server, "PATCH", `/v2/connections/${id}`, { body });
      const disabled = await patch({ enabled: false });
      assert.equal(disabled.body["state"], "disabled");
      const { status, text } = await throughProxy(server, id);
      assert.deepEqual([status, JSON.parse(text).code], [409, "disabled"]);
      assert.equal((await patch({ enabled: true })).body["state"], "connected");
      assert.equal((await throughProxy(server, id)).status, 200);
    });

    test("give their token back when they are deleted", async () => {
      const { id } = await bringAlong(server, provider);
      await throughProxy(server, id);
      const [held] = [...provider.refreshTokens].slice(-1);
      assert.equal((await call(server, "DELETE", `/v2/connections/${id}`)).status, 204);
      assert.equal(provider.revoked.at(-1)!["token"], held);
      assert.equal((await call(server, "GET", `/v2/connections/${id}`)).status, 404);
      assert.equal((await throughProxy(server, id)).status, 404);
    });

    test("go when the provider cannot be told", async () => {
      const nowhere = { revocation_url: "http://127.0.0.1:1/revoke" };
      const { id } = await bringAlong(server, provider, nowhere);
      assert.equal((await call(server, "DELETE", `/v2/connections/${id}`)).status, 204);
    });

    test("hold a datasource, unless it is deleted by force", async () => {
      const { id, datasource_id } = await bringAlong(server, provider);
      const path = `/v2/datasources/${datasource_id}`;
      assert.equal((await call(server, "DELETE", path)).status, 409);
      assert.equal((await call(server, "DELETE", `${path}?force=true`)).status, 204);
      assert.equal((await call(server, "GET", `/v2/connections/${id}`)).status, 404);
    });

    test("give all their tokens back when a datasource is deleted by force", async () => {
      const datasourceId = await makeDatasource(server, provider);
      const held = ["one", "two", "three", "four", "five", "six"];
      for (const refresh_token of held) {
        await makeConnection(server, datasourceId, { owner: refresh_token, refresh_token });
      }
      provider.revoked.length = 0;
      const path = `/v2/datasources/${datasourceId}?force=true`;
      assert.equal((await call(server, "DELETE", path)).status, 204);
      while (provider.revoked.length < held.length) await sleep(20);
      const given = provider.revoked.map(({ token }) => token);
      assert.deepEqual(new Set(given), new Set(held));
    });

    test("must be connected again after a change that voids what was agreed to", async () => {
      const { id, datasource_id } = await bringAlong(server, provider);
      await throughProxy(server, id);
      const path = `/v2/datasources/${datasource_id}`;
      const change = (body: object) => call(server, "PATCH", path, { body });
      await change({ name: "Renamed", custom_authentication_parameters: [] });
      assert.equal((await throughProxy(server, id)).status, 200);
      await change({ base_url: "https://attacker.example" });
      const { reason, state } = await readConnection(server, id);
      assert.deepEqual([state, reason?.code], ["reconnect_required", "settings_changed"]);
      assert.equal((await throughProxy(server, id)).status, 409);
    });

    test("show no token anywhere but where it is asked for (G14)", async () => {
      const { id } = await bringAlong(server, provider);
      await throughProxy(server, id);
      const texts = [
        JSON.stringify((await call(server, "GET", "/v2/connections?limit=100")).body),
        JSON.stringify(await readConnection(server, id)),
        JSON.stringify((await call(server, "GET", "/v2/audit_events?limit=100")).body),
        server.logLines.join("\n"),
      ];
      for (const text of texts) assert.doesNotMatch(text, /\b(at|rt)-\d+\b|the-secret-of/);
    });
  });
}
