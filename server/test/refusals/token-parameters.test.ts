import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { OAuthErrorCode } from "@countersign/protocol/oauth.ts";
import {
  claimsOf,
  createAppClient,
  requestToken,
  secretOf,
  type CreatedAppClient,
} from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { checkRefused, checkServes, formOf, formType, goodForm, send } from "./attack.ts";

describe("the parameters of a token request", () => {
  let server: InProcessServer;
  let client: CreatedAppClient;
  let form: string;
  before(async () => {
    server = await startServer();
    client = await createAppClient(server, { api_roles: ["corpus_administrator"] });
    form = goodForm(client);
  });
  after(() => server.stop());

  const ask = (parameters: Record<string, string>) =>
    requestToken(server, { ...secretOf(client), ...parameters });
  const askJson = (body: string) =>
    send(server, { path: "/oauth/token", headers: { "content-type": "application/json" }, body });

  const known = [
    "grant_type",
    "client_id",
    "client_secret",
    "scope",
    "authorization_details",
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "client_assertion",
    "nobody_knows_this",
  ];

  test("refuses a parameter that occurs twice, with the same value or another (A1)", async () => {
    for (const name of known) {
      for (const twice of [`${name}=a&${name}=a`, `${name}=a&${name}=b`, `${name}=&${name}=a`]) {
        checkRefused(
          await send(server, { body: `${form}&${twice}` }),
          400,
          "invalid_request",
          twice,
        );
      }
    }
    for (const again of [`client_id=${client.client_id}`, "client%5Fid=x", "%67rant_type=x"]) {
      checkRefused(await send(server, { body: `${form}&${again}` }), 400, "invalid_request", again);
    }
  });

  test("refuses a second value that hides behind empty pairs (A1, A2)", async () => {
    const gap = "&".repeat(150);
    const hidden = `${form}${gap}client_id=other`;
    checkRefused(await send(server, { body: hidden }), 400, "invalid_request");
    const path = `/oauth2/token?${gap}client_secret=${client.client_secret}`;
    checkRefused(await send(server, { path, body: form }), 400, "invalid_request");
  });

  test("refuses a member that a JSON body holds twice, however it is spelt (A1)", async () => {
    const { client_id, client_secret } = client;
    const good = `"client_id":"${client_id}","client_secret":"${client_secret}"`;
    assert.equal((await askJson(`{${good}}`)).status, 200);
    for (const again of [
      `"client_id":"${client_id}"`,
      '"client\\u005fid":"x"',
      '"scope":"","scope":""',
    ]) {
      checkRefused(await askJson(`{${good},${again}}`), 400, "invalid_request", again);
    }
  });

  test("refuses credentials and grants in the URL, and does not log them (A1, A2)", async () => {
    const marker = "canary-in-the-query";
    for (const name of known.filter((name) => !/redirect|nobody/.test(name))) {
      for (const body of [form, ""]) {
        const path = `/oauth2/token?${name}=${marker}`;
        checkRefused(await send(server, { path, body }), 400, "invalid_request", `${name} ${body}`);
      }
    }
    checkRefused(await send(server, { path: `/oauth2/token?${form}` }), 400, "invalid_request");
    assert.ok(!server.logLines.some((line) => line.includes(marker)));
    assert.ok(!server.logLines.some((line) => line.includes(client.client_secret)));
  });

  test("reads a form only where a form is announced (A3)", async () => {
    const types = [
      "application/json",
      "text/plain",
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencodedx",
      "application/x-www-form-urlencoded, application/json",
      "application/x-www-form-urlencoded; charset=utf-16",
      "application/x-www-form-urlencoded; charset=utf-8; charset=utf-7",
      "text/x-www-form-urlencoded",
      "*/*",
      "",
    ];
    for (const type of types) {
      const answer = await send(server, { headers: { "content-type": type }, body: form });
      checkRefused(answer, 415, "invalid_request", type);
    }
    const untyped = await send(server, { headers: { "content-type": formType }, body: form });
    assert.equal(untyped.status, 200);
    const json = JSON.stringify(secretOf(client));
    checkRefused(await send(server, { body: json }), 400, "invalid_request");
    const type = { "content-type": "application/json" };
    checkRefused(await send(server, { headers: type, body: json }), 415, "invalid_request");
  });

  test("takes POST and nothing that calls itself POST (A4)", async () => {
    for (const path of ["/oauth2/token", "/oauth/token"]) {
      for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const body = method === "GET" ? {} : { body: form };
        const headers = { "x-http-method-override": "POST", "x-http-method": "POST" };
        const answer = await send(server, {
          method,
          path: `${path}?_method=POST`,
          headers,
          ...body,
        });
        checkRefused(answer, 405, "invalid_request", method);
        assert.equal(answer.headers.get("allow"), "POST");
      }
      const head = await fetch(server.url + path, { method: "HEAD" });
      assert.deepEqual(
        [head.status, head.headers.get("allow"), await head.text()],
        [405, "POST", ""],
      );
    }
  });

  test("refuses a scope that is not well-formed or too long (A16, I5)", async () => {
    const scopes = [
      'corpora:read"',
      "corpora\\:read",
      "corpora:read\tcorpora:write",
      "corpora:read  corpora:write",
      " corpora:read",
      "corpora:read ",
      "corpora:réad",
      "corpora:read\u007f",
      "corpora:read\r\nx",
      "x".repeat(5_000),
      Array.from({ length: 10_000 }, (_, n) => n.toString(36)).join(" "),
    ];
    for (const scope of scopes) checkRefused(await ask({ scope }), 400, "invalid_scope", scope);
    checkRefused(await ask({ scope: "corpora:read\0" }), 400, "invalid_request");
  });

  test("refuses a scope that is not held, and drops nothing silently (A16)", async () => {
    const scopes = [
      "__proto__",
      "constructor",
      "toString",
      "CORPORA:READ",
      "corpora:rea",
      "corpora:read corpora:readx",
      "corpora:read app_clients:write",
      "openid",
      "*",
    ];
    for (const scope of scopes) checkRefused(await ask({ scope }), 400, "invalid_scope", scope);
    const narrowed = await ask({ scope: "corpora:read corpora:read documents:read" });
    assert.equal(narrowed.body.scope, "corpora:read documents:read");
    assert.equal(claimsOf(narrowed.body.access_token)["scope"], "corpora:read documents:read");
  });

  test("knows a grant by its exact name (A17)", async () => {
    const names = [
      "__proto__",
      "constructor",
      "hasOwnProperty",
      "Client_Credentials",
      "client_credentials ",
      " client_credentials",
      "client_credentials,client_credentials",
      "client-credentials",
      "authorization_code",
      "refresh_token",
      "urn:ietf:params:oauth:grant-type:device_code",
      "urn:ietf:params:oauth:grant-type:jwt-bearer",
      "urn:ietf:params:oauth:grant-type:Token-Exchange",
    ];
    for (const grant_type of names) {
      checkRefused(await ask({ grant_type }), 400, "unsupported_grant_type", grant_type);
    }
    checkRefused(await ask({ grant_type: "client_credentials\0" }), 400, "invalid_request");
    checkRefused(await ask({ grant_type: "" }), 400, "invalid_request");
  });

  test("refuses a grant that is not registered for the client (A17)", async () => {
    const redirect_uris = ["https://app.example/callback"];
    const other = await createAppClient(server, { type: "authorization_code", redirect_uris });
    checkRefused(await requestToken(server, secretOf(other)), 400, "unauthorized_client");
  });

  test("has neither the password grant nor the implicit one, for no client (A18)", async () => {
    const redirect_uris = ["https://app.example/callback"];
    const clients = [
      client,
      await createAppClient(server, { token_endpoint_auth_method: "client_secret_basic" }),
      await createAppClient(server, { type: "authorization_code", redirect_uris }),
      await createAppClient(server, {
        type: "authorization_code",
        redirect_uris,
        token_endpoint_auth_method: "none",
      }),
    ];
    for (const { client_id, client_secret = "" } of clients) {
      for (const grant_type of ["password", "implicit", "token", "id_token"]) {
        const person = { username: "owner@localhost", password: "x" };
        const answer = await requestToken(server, {
          grant_type,
          client_id,
          client_secret,
          ...person,
        });
        checkRefused(answer, 400, "unsupported_grant_type");
      }
    }
    for (const name of ["oauth-authorization-server", "openid-configuration"]) {
      const response = await fetch(`${server.url}/.well-known/${name}`);
      const metadata = (await response.json()) as Record<string, string[]>;
      assert.deepEqual(metadata["grant_types_supported"], [
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:token-exchange",
      ]);
      assert.deepEqual(metadata["response_types_supported"], []);
    }
  });

  test("gives a token for the one API that was named, or the default one (D12)", async () => {
    for (const parameters of [{}, { resource: server.url }, { resource: "" }]) {
      const { body } = await ask(parameters);
      assert.equal(claimsOf(body.access_token)["aud"], server.url);
    }
    const resources = [
      "https://unknown.example",
      `${server.url}/`,
      `${server.url}/v2`,
      `${server.url}#fragment`,
      server.url.toUpperCase(),
      "/v2",
      "v2",
      "*",
      `${server.url} https://unknown.example`,
    ];
    for (const resource of resources) {
      checkRefused(await ask({ resource }), 400, "invalid_target", resource);
    }
    const two = `${form}&${formOf({ resource: server.url })}`;
    const twice = `${two}&${formOf({ resource: server.url })}`;
    checkRefused(await send(server, { body: twice }), 400, "invalid_target");
    const both = JSON.stringify({
      ...secretOf(client),
      resource: [server.url, "https://b.example"],
    });
    checkRefused(await askJson(both), 400, "invalid_target");
  });

  test("refuses text that does not decode, and takes no twin of a name for the name (I11)", async () => {
    const { client_id, client_secret } = client;
    const bodies: [string | Uint8Array<ArrayBuffer>, number, OAuthErrorCode][] = [
      [`${form}&a=%`, 400, "invalid_request"],
      [`${form}&a=%zz`, 400, "invalid_request"],
      [`${form}&a=%c0%af`, 400, "invalid_request"],
      [`${form}&a=%ed%a0%80`, 400, "invalid_request"],
      [`${form}&%00=1`, 400, "invalid_request"],
      [`${form}&a=\0`, 400, "invalid_request"],
      [
        Buffer.concat([Buffer.from(`${form}&a=`), Buffer.from([0xff, 0xfe])]),
        400,
        "invalid_request",
      ],
      [
        Buffer.concat([Buffer.from(`${form}&a=`), Buffer.from([0xc0, 0xaf])]),
        400,
        "invalid_request",
      ],
      [`\u{feff}${form}`, 400, "invalid_request"],
      [Buffer.from(form, "utf16le"), 400, "invalid_request"],
      [form.replace(client_id, `${client_id}%EF%BB%BF`), 401, "invalid_client"],
      [form.replace(client_id, `%EF%BB%BF${client_id}`), 401, "invalid_client"],
      [form.replace(client_id, client_id.toUpperCase()), 401, "invalid_client"],
      [form.replace(client_id, `${client_id}+`), 401, "invalid_client"],
      [form.replace(client_id, `${client_id}%20`), 401, "invalid_client"],
      [form.replace(client_secret, `${client_secret}%0A`), 401, "invalid_client"],
      [`${form}&scope=corpora%3Aread+documents%EF%BC%9Aread`, 400, "invalid_scope"],
    ];
    for (const [body, status, code] of bodies) {
      checkRefused(await send(server, { body }), status, code, String(body));
    }
    for (const text of ['"\\ud800"', '"x\\u0000"', "1", "true", "{}", "[[]]"]) {
      const answer = await askJson(`{"client_id":${text},"client_secret":"x"}`);
      assert.ok([400, 401].includes(answer.status), text);
    }
    const spaces = [
      `${form}&scope=corpora:read+documents:read`,
      `${form}&scope=corpora:read%20documents:read`,
    ];
    for (const body of spaces) {
      assert.equal((await send(server, { body })).body.scope, "corpora:read documents:read");
    }
  });

  test("counts parameters, and looks no deeper than it must (I3)", async () => {
    const many = (count: number, name: (n: number) => string) =>
      Array.from({ length: count }, (_, n) => `${name(n)}=`).join("&");
    const bodies = [
      `${form}&${many(10_000, (n) => n.toString(36))}`,
      `${form}&${many(120, (n) => `collide${n}`)}`,
      `${form}${"&".repeat(60_000)}`,
      "=&".repeat(30_000) + form,
      `${form}&a${"[a]".repeat(20_000)}=1&a${"[a]".repeat(10)}=2&a${"[a]".repeat(10)}=3`,
    ];
    for (const body of bodies) checkRefused(await send(server, { body }), 400, "invalid_request");
    const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    const good = JSON.stringify(secretOf(client)).slice(0, -1);
    const jsons: [string, OAuthErrorCode][] = [
      [`${good},"authorization_details":${deep(30_000)}}`, "invalid_authorization_details"],
      [`${good},"resource":${deep(30_000)}}`, "invalid_request"],
      [`${good},"resource":[{"toString":1}]}`, "invalid_request"],
      [`${good},"scope":${deep(30_000)}}`, "invalid_request"],
      [
        `${good},${Array.from({ length: 5_000 }, (_, n) => `"${n}":""`).join()}}`,
        "invalid_request",
      ],
      [deep(30_000), "invalid_request"],
      [`${good},`, "invalid_request"],
      ["null", "invalid_request"],
    ];
    for (const [body, code] of jsons) {
      checkRefused(await askJson(body), 400, code, body.slice(-60));
    }
    const { scope } = (await askJson(`${good}}`)).body;
    for (const ignored of [`"x":${deep(30_000)}`, '"__proto__":{"scope":"x"}']) {
      const { status, body } = await askJson(`${good},${ignored}}`);
      assert.deepEqual([status, body.scope], [200, scope], ignored.slice(0, 20));
    }
  });

  test("serves as before after all of this", () => checkServes(server));
});
