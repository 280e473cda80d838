import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import { basic, createAppClient, requestToken, secretOf, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** What the metadata says, and what introspection does not. */

describe("discovery and introspection", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  const read = (path: string, headers: Record<string, string> = {}) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const asked = request(server.url + path, { headers }, (answer) => {
        let text = "";
        answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
        answer.on("end", () => resolve(JSON.parse(text) as Record<string, unknown>));
      });
      asked.on("error", reject).end();
    });
  const documents = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
  ];

  test("announces what exists, alike in both documents, and refuses what it does not announce (F1)", async () => {
    const [oauth, openid] = [await read(documents[0]!), await read(documents[1]!)];
    for (const [name, value] of Object.entries(oauth)) assert.deepEqual(openid[name], value, name);
    assert.equal(oauth["issuer"], server.url);
    for (const [name, value] of Object.entries(oauth)) {
      if (!/_endpoint$|_uri$/.test(name)) continue;
      const { status } = await fetch(value as string);
      assert.notEqual(status, 404, name);
    }
    const client = await createAppClient(server);
    const announced = oauth["grant_types_supported"] as string[];
    for (const grant of ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"]) {
      assert.ok(!announced.includes(grant), grant);
      const { body } = await requestToken(server, { ...secretOf(client), grant_type: grant });
      assert.equal(body.error, "unsupported_grant_type", grant);
    }
  });

  test("takes no address of its own from a request (F2)", async () => {
    const hostile = {
      host: "evil.example",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      forwarded: "host=evil.example;proto=https",
    };
    for (const path of [...documents, "/.well-known/oauth-protected-resource", "/openapi.json"]) {
      const [plain, forged] = [await read(path), await read(path, hostile)];
      assert.deepEqual(forged, plain, path);
      assert.ok(!JSON.stringify(forged).includes("evil.example"), path);
    }
  });

  test("introspects for who may, and says nothing at all of any other token (F3, F4)", async () => {
    const [client, stranger] = [await createAppClient(server), await createAppClient(server)];
    const token = await tokenFor(server, client);
    const short = await tokenFor(server, client);
    const introspect = async (asked: string, headers: Record<string, string>) => {
      const answer = await fetch(`${server.url}/oauth2/introspect`, {
        method: "POST",
        headers,
        body: new URLSearchParams({ token: asked }),
      });
      return { status: answer.status, text: await answer.text() };
    };
    const own = basic(client.client_id, client.client_secret);
    assert.match((await introspect(token, own)).text, /"active":true/);
    assert.equal((await introspect(token, {})).status, 401);
    assert.equal((await introspect(token, basic(client.client_id, "wrong"))).status, 401);
    const foreign = basic(stranger.client_id, stranger.client_secret);
    const nothing = { status: 200, text: '{"active":false}' };
    assert.deepEqual(await introspect(token, foreign), nothing);
    const body = new URLSearchParams({ token });
    await fetch(`${server.url}/oauth2/revoke`, { method: "POST", headers: own, body });
    for (const asked of [token, "garbage", `${short}x`, "a.b.c"]) {
      assert.deepEqual(await introspect(asked, own), nothing, asked);
    }
    server.clock.advance(1_900_000);
    assert.deepEqual(await introspect(short, own), nothing);
  });
});
