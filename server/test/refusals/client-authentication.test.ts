import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  basic,
  call,
  claimsOf,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type CreatedAppClient,
} from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import {
  checkRefused,
  checkServes,
  exchange,
  formType,
  requestText,
  statusesOf,
  type TokenAnswer,
} from "./attack.ts";
import { insertImportedClient } from "./tenants.ts";

const grant = { grant_type: "client_credentials" };

describe("how a client proves itself", () => {
  let server: InProcessServer;
  let client: CreatedAppClient;
  before(async () => {
    server = await startServer();
    client = await createAppClient(server, { api_roles: ["viewer"] });
  });
  after(() => server.stop());

  const withHeader = (authorization: string, parameters: Record<string, string> = grant) =>
    requestToken(server, parameters, { authorization });
  const encode = (bytes: string | Buffer): string => Buffer.from(bytes).toString("base64");

  test("decodes the form encoding inside Basic (A5)", async () => {
    const imported = { clientId: "a:b+c%d e/é&=", plainSecret: "s:p+q%r é&= /" };
    await insertImportedClient(server, imported);
    const everyOctet = (text: string) => Buffer.from(text).toString("hex").replace(/../g, "%$&");
    const spellings: ((text: string) => string)[] = [
      everyOctet,
      (text) => everyOctet(text).toUpperCase(),
      encodeURIComponent,
      (text) => new URLSearchParams({ "": text }).toString().slice(1),
    ];
    for (const spell of spellings) {
      for (const [id, secret] of [
        [imported.clientId, imported.plainSecret],
        [client.client_id, client.client_secret],
      ] as const) {
        assert.equal(
          (await withHeader(`Basic ${encode(`${spell(id)}:${spell(secret)}`)}`)).status,
          200,
        );
      }
    }
    const raw = basic(client.client_id, client.client_secret)["authorization"]!;
    assert.equal((await withHeader(raw)).status, 200);
    const notSpelt = encode(`${imported.clientId}:${imported.plainSecret}`);
    checkRefused(await withHeader(`Basic ${notSpelt}`), 401, "invalid_client");
  });

  test("refuses what is not one id and one secret in Basic, and takes its name in any case (A6)", async () => {
    const { client_id: id, client_secret: secret } = client;
    const headers = [
      encode(id),
      encode(`${id}:`),
      encode(`:${secret}`),
      encode(":"),
      "",
      "=",
      `${encode(`${id}:${secret}`)}!`,
      `*${encode(`${id}:${secret}`)}`,
      `${encode(`${id}:${secret}`)} x`,
      encode(`${id}:${secret}:`),
      encode(`${id}::${secret}`),
      encode(`${id}:${secret}%`),
      encode(`${id}:${secret}%zz`),
      encode(`${id}:${secret}%00`),
      encode(`${id}\0:${secret}`),
      encode(Buffer.from([0xff, 0xfe, 0x3a, 0x61])),
      encode(Buffer.from(`${id}\u{e9}:${secret}`, "latin1")),
      encode(`\u{feff}${id}:${secret}`),
      encode(`${id}:${"x".repeat(6_000)}`),
      encode(`${"x".repeat(6_000)}:${secret}`),
    ];
    for (const text of headers) {
      checkRefused(await withHeader(`Basic ${text}`), 401, "invalid_client", text.slice(0, 80));
    }
    for (const scheme of ["basic", "BASIC", "bAsIc", "Basic "]) {
      assert.equal(
        (await withHeader(`${scheme} ${encode(`${id}:${secret}`)}`)).status,
        200,
        scheme,
      );
    }
  });

  test("refuses two Authorization headers, whatever they hold (A6, A7)", async () => {
    const { authorization } = basic(client.client_id, client.client_secret);
    const [type, body] = [`Content-Type: ${formType}`, "grant_type=client_credentials"];
    for (const second of [authorization, "Bearer x", "Basic x"]) {
      for (const pair of [
        [authorization, second],
        [second, authorization],
      ]) {
        const headers = [type, ...pair.map((value) => `authorization: ${value}`)];
        const answer = await exchange(
          server,
          requestText("POST /oauth2/token", { headers, body }),
          1,
        );
        assert.deepEqual(statusesOf(answer), [400]);
        assert.match(answer, /"invalid_request"/);
      }
    }
  });

  test("refuses more than one way to authenticate (A7)", async () => {
    const other = await createAppClient(server);
    const { client_id, client_secret } = client;
    const inHeader = basic(client_id, client_secret);
    const assertion = {
      client_assertion: "eyJhbGciOiJub25lIn0.e30.",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    };
    const twice = [
      await requestToken(server, { ...grant, client_secret }, inHeader),
      await requestToken(server, secretOf(client), inHeader),
      await requestToken(server, { ...grant, ...assertion }, inHeader),
      await requestToken(server, { ...secretOf(client), ...assertion }),
    ];
    for (const answer of twice) checkRefused(answer, 400, "invalid_request");
    const differing = { ...grant, client_id: other.client_id };
    checkRefused(await requestToken(server, differing, inHeader), 401, "invalid_client");
    checkRefused(
      await requestToken(server, { ...grant, client_id, ...assertion }),
      401,
      "invalid_client",
    );
    checkRefused(await requestToken(server, { ...grant, ...assertion }), 401, "invalid_client");
    assert.equal((await requestToken(server, { ...grant, client_id }, inHeader)).status, 200);
  });

  test("refuses a confidential client without its secret (A8)", async () => {
    const { client_id } = client;
    for (const parameters of [{}, { client_id }, { client_id, client_secret: "" }]) {
      const answer = await requestToken(server, { ...grant, ...parameters });
      checkRefused(answer, 401, "invalid_client");
    }
    for (const authorization of ["Bearer x", "Digest x", "Negotiate x", "Basic"]) {
      checkRefused(await withHeader(authorization), 401, "invalid_client", authorization);
    }
  });

  test("holds a client to the method it registered (A9)", async () => {
    const redirect_uris = ["https://app.example/callback"];
    const byBasic = await createAppClient(server, {
      token_endpoint_auth_method: "client_secret_basic",
    });
    const byPost = await createAppClient(server, {
      token_endpoint_auth_method: "client_secret_post",
    });
    const isPublic = await createAppClient(server, {
      type: "authorization_code",
      redirect_uris,
      token_endpoint_auth_method: "none",
    });
    checkRefused(await requestToken(server, secretOf(byBasic)), 401, "invalid_client");
    const wrongHeader = basic(byPost.client_id, byPost.client_secret);
    checkRefused(await requestToken(server, grant, wrongHeader), 401, "invalid_client");
    for (const { client_id } of [byBasic, byPost, client]) {
      checkRefused(await requestToken(server, { ...grant, client_id }), 401, "invalid_client");
    }
    const { client_id } = isPublic;
    assert.equal(isPublic.client_secret, undefined);
    const invented = { ...grant, client_id, client_secret: "invented" };
    checkRefused(await requestToken(server, invented), 401, "invalid_client");
    checkRefused(await requestToken(server, { ...grant, client_id }), 400, "unauthorized_client");
    assert.equal(
      (await requestToken(server, grant, basic(byBasic.client_id, byBasic.client_secret))).status,
      200,
    );
    assert.equal((await requestToken(server, secretOf(byPost))).status, 200);
  });

  test("says the same whatever was wrong with the client (A10)", async () => {
    const disabled = await createAppClient(server, { enabled: false });
    const deleted = await createAppClient(server);
    await call(server, "DELETE", `/v2/app_clients/${deleted.id}`);
    const pinned = await createAppClient(server, {
      token_endpoint_auth_method: "none",
      type: "authorization_code",
      redirect_uris: ["https://app.example/"],
    });
    const wrong = "cssk_0000000000000000000000000000000000000000000000000";
    const presented: [string, string][] = [
      ["no-such-client", wrong],
      ["__proto__", wrong],
      ["x".repeat(5_000), wrong],
      [client.client_id, wrong],
      [client.client_id, client.client_secret.slice(0, -1)],
      [client.id, client.client_secret],
      [disabled.client_id, disabled.client_secret],
      [disabled.client_id, wrong],
      [deleted.client_id, deleted.client_secret],
      [pinned.client_id, wrong],
      [client.client_id, disabled.client_secret],
    ];
    const seen = new Set<string>();
    for (const [id, secret] of presented) {
      const answers = [
        await requestToken(server, { ...grant, client_id: id, client_secret: secret }),
        await requestToken(server, grant, basic(id, secret)),
      ];
      for (const [index, answer] of answers.entries()) {
        checkRefused(answer, 401, "invalid_client", id.slice(0, 40));
        seen.add(`${index} ${withoutReferences(answer)}`);
      }
    }
    assert.equal(seen.size, 2, [...seen].join("\n"));
  });

  test("challenges who used Basic, and nobody else (A13)", async () => {
    const wrong = await requestToken(server, grant, basic(client.client_id, "wrong"));
    assert.equal(wrong.status, 401);
    assert.match(wrong.headers.get("www-authenticate") ?? "", /^Basic realm="[^"]+"/);
    const inBody = await requestToken(server, { ...secretOf(client), client_secret: "wrong" });
    assert.equal(inBody.headers.get("www-authenticate"), null);
  });

  test("lets no machine be taken for a person (A23)", async () => {
    const claims = claimsOf(await tokenFor(server, client));
    assert.equal(claims["sub"], client.client_id);
    assert.doesNotMatch(claims["sub"], /^usr_/);
    const owner = (await server.app.store.findOwner(
      (await server.app.store.findFirstTenant())!.id,
    ))!;
    assert.match(owner.id, /^usr_/);
    for (const own of [{ client_id: owner.id }, { id: owner.id }, { sub: owner.id }]) {
      const body = { name: "a", type: "client_credentials", ...own };
      assert.equal((await call(server, "POST", "/v2/app_clients", { body })).status, 400);
    }
    const asPerson = { ...grant, client_id: owner.id, client_secret: server.apiKey };
    checkRefused(await requestToken(server, asPerson), 401, "invalid_client");
  });

  test("serves as before after all of this", () => checkServes(server));
});

/** Everything that a stranger sees but the reference id and the time. */
function withoutReferences({ status, headers, body }: TokenAnswer): string {
  const { request_id: _id, ...rest } = body;
  const kept = [...headers].filter(([name]) => name !== "x-request-id" && name !== "date");
  return JSON.stringify([status, kept, rest]);
}
