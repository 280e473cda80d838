import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clientCredentials, connection, ConnectionError } from "@countersign/sdk";
import { call, createAppClient } from "../calls.ts";
import { serveHttp } from "../listening.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import { bringAlong, makeConnection, makeDatasource } from "../outbound/calls.ts";
import { send } from "../outbound/provider.ts";

/** The SDK's `connection`, with the server that it is for and an API behind it. */

describe("a connection in a program", () => {
  const { server, provider } = besideProvider();

  const open = (id: string) =>
    connection({ issuer: server.url, id, as: { apiKey: server.apiKey } });
  const refusalOf = async (act: Promise<unknown>): Promise<ConnectionError> => {
    const error = await act.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ConnectionError, String(error));
    return error;
  };

  test("sends requests to the API, with its token and without ours", async () => {
    const { id } = await bringAlong(server, provider);
    const response = await open(id).fetch("/things?limit=2", {
      method: "POST",
      body: JSON.stringify({ a: 1 }),
      headers: { "content-type": "application/json", "x-own": "yes" },
    });
    assert.equal(response.status, 200);
    const seen = provider.apiRequests.at(-1)!;
    assert.deepEqual(
      [seen.method, seen.url, seen.body],
      ["POST", "/api/things?limit=2", '{"a":1}'],
    );
    assert.equal(seen.headers["x-own"], "yes");
    assert.equal(seen.headers["x-api-key"], undefined);
    assert.ok(provider.accessTokens.has(seen.headers.authorization!.slice("Bearer ".length)));
  });

  test("calls as an app client, whose token is renewed by itself", async () => {
    const { id } = await bringAlong(server, provider);
    const client = await createAppClient(server, { api_roles: ["administrator"] });
    const as = clientCredentials({
      issuer: server.url,
      clientId: client.client_id,
      clientSecret: client.client_secret,
    });
    const opened = connection({ issuer: server.url, id, as });
    assert.equal((await opened.fetch("things")).status, 200);
  });

  test("hands on what the API answers, also what looks like a refusal of ours", async () => {
    const { id } = await bringAlong(server, provider);
    provider.onApi = (request, response) => {
      request.resume();
      response.setHeader("x-countersign-error", "not_connected");
      send(response, 409, { messages: ["theirs"], code: "not_connected" });
      return true;
    };
    const response = await open(id).fetch("/things");
    provider.onApi = undefined;
    assert.equal(response.status, 409);
    assert.deepEqual(((await response.json()) as { messages: string[] }).messages, ["theirs"]);
  });

  test("G19: follows no redirect, which would show our key to wherever it leads", async (t) => {
    let seen = 0;
    const elsewhere = await serveHttp(t, (_request, response) => {
      seen += 1;
      response.end();
    });
    const { id } = await bringAlong(server, provider);
    provider.onApi = (request, response) => {
      request.resume();
      response.writeHead(302, { location: `${elsewhere.url}/signed` }).end();
      return true;
    };
    for (const init of [{}, { redirect: "follow" }] as const) {
      const response = await open(id).fetch("/download", init);
      assert.deepEqual(
        [response.status, response.headers.get("location")],
        [302, `${elsewhere.url}/signed`],
      );
    }
    await assert.rejects(open(id).fetch("/download", { redirect: "error" }));
    provider.onApi = undefined;
    assert.equal(seen, 0);
  });

  test("says that nobody has connected, and where that is done", async () => {
    const made = await makeConnection(server, await makeDatasource(server, provider));
    const error = await refusalOf(open(made.id).fetch("/things"));
    assert.equal(error.code, "not_connected");
    assert.match(error.connectUrl!, /\/connect\//);
    assert.match(error.message, /Nobody has connected/);
    assert.match(error.requestId!, /^req_/);
  });

  test("says that it is disabled, unknown, or not for the caller", async () => {
    const { id } = await bringAlong(server, provider);
    await call(server, "PATCH", `/v2/connections/${id}`, { body: { enabled: false } });
    assert.equal((await refusalOf(open(id).fetch("/things"))).code, "disabled");
    const unknown = id.replace(/.{4}$/, "0000");
    assert.equal((await refusalOf(open(unknown).fetch("/things"))).code, "not_found");
    const wrong = connection({ issuer: server.url, id, as: { apiKey: "cspk_wrong" } });
    assert.equal((await refusalOf(wrong.fetch("/things"))).code, "unauthorized");
  });

  test("gives out the API's token for who needs it, and asks for it once", async () => {
    const { id } = await bringAlong(server, provider);
    const { tokens } = open(id);
    const [one, two] = await Promise.all([tokens.token(), tokens.token()]);
    assert.equal(one, two);
    assert.ok(provider.accessTokens.has(one));
    const events = await call<{ audit_events: unknown[] }>(
      server,
      "GET",
      `/v2/audit_events?subject_id=${id}&action=connection.token_read`,
    );
    assert.equal(events.body.audit_events.length, 1);
  });

  test("takes a path and nothing else", async () => {
    const opened = open("con_abc");
    const paths = ["https://evil.example.com/", "//evil.example.com", "../x", "a/%2e%2e/b", "a/.."];
    for (const path of paths) {
      await assert.rejects(async () => opened.fetch(path), TypeError, path);
    }
    assert.throws(() =>
      connection({ issuer: "http://a.example", id: "con_a", as: { apiKey: "k" } }),
    );
    assert.throws(() => open("../x"));
  });
});
