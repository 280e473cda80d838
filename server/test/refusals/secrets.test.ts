import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { secretPattern } from "@countersign/protocol/secrets.ts";
import { generateSecret, hasValidChecksum } from "../../src/keys/secret.ts";
import { system } from "../../src/system.ts";
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
import { startServer, type InProcessServer } from "../server.ts";
import { checkRefused, checkServes } from "./attack.ts";

interface MadeCredential {
  id: string;
  client_secret: string;
}

describe("secrets and keys", () => {
  let server: InProcessServer;
  let client: CreatedAppClient;
  before(async () => {
    server = await startServer();
    client = await createAppClient(server, {
      name: "billing of Jane Doe",
      description: "jane@example.com",
      labels: { owner: "jane" },
      external_id: "jane-1",
      api_roles: ["administrator"],
      corpus_roles: [{ corpus_key: "library", role: "viewer" }],
    });
  });
  after(() => server.stop());

  const credentialsOf = ({ id }: CreatedAppClient) => `/v2/app_clients/${id}/credentials`;
  const addCredential = async (to: CreatedAppClient): Promise<MadeCredential> => {
    const answer = await call<MadeCredential>(server, "POST", credentialsOf(to), { body: {} });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  };
  const works = async (
    { client_id }: CreatedAppClient,
    client_secret: string,
  ): Promise<boolean> => {
    const answer = await requestToken(server, secretOf({ client_id, client_secret }));
    if (answer.status !== 200) checkRefused(answer, 401, "invalid_client");
    return answer.status === 200;
  };
  /** Everything that a thief of the disk has: database, write-ahead log, and all else but the master key. */
  const disk = (): Buffer =>
    Buffer.concat(
      readdirSync(server.dataDir)
        .filter((name) => name !== "master.key")
        .map((name) => readFileSync(join(server.dataDir, name))),
    );

  test("are of 256 random bits each, in the documented form (A19)", async () => {
    const secrets = Array.from({ length: 1_000 }, () => generateSecret(system, "clientSecret"));
    const served = await Promise.all(Array.from({ length: 50 }, () => createAppClient(server)));
    secrets.push(...served.map(({ client_secret }) => client_secret));
    assert.equal(new Set(secrets).size, 1_050);
    for (const secret of secrets) {
      assert.match(secret, new RegExp(`^${secretPattern}$`));
      assert.ok(hasValidChecksum(secret));
    }
    const random = secrets.map((secret) => secret.slice("cssk_".length, -6));
    for (let place = 0; place < 43; place += 1) {
      const characters = new Set(random.map((text) => text[place]));
      assert.ok(characters.size === 62, `place ${place} takes only ${characters.size} values`);
    }
    assert.equal(new Set(served.map(({ client_id }) => client_id)).size, 50);
  });

  test("are on the disk only as digest and sealed copy (A19)", async () => {
    await addCredential(client);
    const bytes = disk();
    assert.ok(bytes.includes(client.client_id));
    for (const secret of [client.client_secret, server.apiKey]) {
      for (const encoding of ["utf8", "base64", "hex"] as const) {
        assert.ok(!bytes.includes(Buffer.from(secret).toString(encoding)), encoding);
      }
    }
  });

  test("stand in no list, and are read again only by who holds what they open (A19)", async () => {
    for (const path of ["/v2/app_clients?limit=100", credentialsOf(client)]) {
      assert.doesNotMatch(JSON.stringify((await call(server, "GET", path)).body), /cssk_/);
    }
    const secretSeenWith = async (scope: string): Promise<unknown> => {
      const headers = bearer(await tokenFor(server, client, { scope }));
      const answer = await call(server, "GET", `/v2/app_clients/${client.id}`, { headers });
      return answer.body["client_secret"];
    };
    assert.equal(await secretSeenWith("app_clients:read"), undefined);
    assert.equal(await secretSeenWith("app_clients:read app_clients:reveal_secret"), undefined);
    const { body } = await call(server, "GET", `/v2/app_clients/${client.id}`);
    assert.match(String(body["client_secret"]), /^cssk_/);
  });

  test("are not handed to who repeats a creation and holds less by now (A19)", async () => {
    const maker = await createAppClient(server, { api_roles: ["administrator"] });
    const headers = { ...bearer(await tokenFor(server, maker)), "idempotency-key": "again" };
    const body = { name: "made once", type: "client_credentials", api_roles: ["viewer"] };
    const create = () =>
      call<CreatedAppClient>(server, "POST", "/v2/app_clients", { body, headers });
    const made = (await create()).body;
    assert.equal((await create()).body.client_secret, made.client_secret);
    await call(server, "PATCH", `/v2/app_clients/${made.id}`, { body: { api_roles: ["owner"] } });
    const repeated = await create();
    assert.equal(repeated.body.id, made.id);
    assert.doesNotMatch(JSON.stringify(repeated.body), /cssk_/);
  });

  test("overlap in a rotation, up to five, and end when they are revoked (A20)", async () => {
    const rotating = await createAppClient(server);
    const first = await addCredential(rotating);
    const second = await addCredential(rotating);
    const all = [rotating.client_secret, first.client_secret, second.client_secret];
    for (const secret of all) assert.ok(await works(rotating, secret));
    await addCredential(rotating);
    await addCredential(rotating);
    const sixth = await call(server, "POST", credentialsOf(rotating), { body: {} });
    assert.equal(sixth.status, 409);

    await call(server, "DELETE", `${credentialsOf(rotating)}/${first.id}`);
    assert.equal(await works(rotating, first.client_secret), false);
    assert.ok(await works(rotating, rotating.client_secret));
    assert.ok(await works(rotating, second.client_secret));
    const third = await addCredential(rotating);
    assert.ok(await works(rotating, third.client_secret));
    const back = { body: { enabled: true } };
    const revived = await call(server, "PATCH", `${credentialsOf(rotating)}/${first.id}`, back);
    assert.equal(revived.status, 409);
  });

  test("make a token of the profile, whose claims nobody but the server chooses (D8, D20, D21)", async () => {
    const token = await tokenFor(server, client);
    const header = JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()) as object;
    assert.deepEqual(Object.keys(header).toSorted(compare), ["alg", "kid", "typ"]);
    assert.equal((header as { typ: string }).typ, "at+jwt");
    const claims = claimsOf(token);
    const expected = {
      iss: server.url,
      sub: client.client_id,
      aud: server.url,
      client_id: client.client_id,
      roles: ["administrator"],
    };
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(claims[name], value);
    assert.deepEqual(
      Object.keys(claims).toSorted(compare),
      "aud authorization_details client_id cred exp iat iss jti pos roles scope sub tenant".split(
        " ",
      ),
    );
    assert.ok(Number.isInteger(claims["exp"]) && Number.isInteger(claims["iat"]));
    assert.notEqual(claimsOf(await tokenFor(server, client))["jti"], claims["jti"]);
    assert.doesNotMatch(JSON.stringify(claims), /jane|billing|owner@|usr_/i);
  });

  test("lets no metadata of a client become a claim (D20)", async () => {
    const reserved = [
      "iss",
      "sub",
      "aud",
      "exp",
      "scope",
      "client_id",
      "tenant",
      "cnf",
      "act",
      "claims",
    ];
    for (const name of reserved) {
      const body = { name: "a", type: "client_credentials", [name]: "https://evil.example" };
      assert.equal((await call(server, "POST", "/v2/app_clients", { body })).status, 400, name);
      const asked = await requestToken(server, {
        ...secretOf(client),
        ...(name === "scope" || name === "client_id" ? {} : { [name]: "evil" }),
      });
      assert.ok(!JSON.stringify(claimsOf(asked.body.access_token)).includes("evil"));
    }
    const labels = Object.fromEntries(reserved.map((name) => [name, "evil"]));
    const sly = await createAppClient(server, { name: "evil", labels, external_id: "evil" });
    assert.ok(!JSON.stringify(claimsOf(await tokenFor(server, sly))).includes("evil"));
    const details = [
      [{ type: "corpus", identifier: "library", actions: ["corpora:read"], iss: "evil" }],
      [{ type: "corpus", identifier: "library", actions: ["corpora:delete"] }],
      [{ type: "account", identifier: "*", actions: ["billing:write"] }],
      [{ type: "__proto__", identifier: "x", actions: ["corpora:read"] }],
      [{ type: "corpus", identifier: 'x","iss":"evil', actions: ["corpora:query"], "": 1 }],
      [{ type: "corpus", identifier: "library", actions: [] }],
      [{ type: "corpus", identifier: "library" }],
      { type: "corpus", identifier: "library", actions: ["corpora:read"] },
      [null],
      [],
      Array.from({ length: 101 }, () => ({
        type: "corpus",
        identifier: "library",
        actions: ["corpora:read"],
      })),
    ];
    const viewer = await createAppClient(server, {
      corpus_roles: [{ corpus_key: "library", role: "viewer" }],
    });
    for (const detail of details) {
      const authorization_details = JSON.stringify(detail);
      const answer = await requestToken(server, { ...secretOf(viewer), authorization_details });
      checkRefused(answer, 400, "invalid_authorization_details", authorization_details);
    }
  });

  test("publishes public keys only (D17)", async () => {
    const { keys } = (await (await fetch(`${server.url}/oauth2/jwks`)).json()) as {
      keys: Record<string, string>[];
    };
    assert.ok(keys.length >= 2);
    assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length);
    for (const key of keys) {
      assert.deepEqual(Object.keys(key).toSorted(compare), [
        "alg",
        "crv",
        "kid",
        "kty",
        "use",
        "x",
        "y",
      ]);
      assert.deepEqual([key["kty"], key["use"], key["alg"]], ["EC", "sig", "ES256"]);
    }
  });

  test("keeps private keys sealed, and exports them nowhere (D19)", async () => {
    const { id: tenantId } = (await server.app.store.findFirstTenant())!;
    const records = await server.app.store.listSigningKeys(tenantId);
    for (const { sealedPrivateKey, publicJwk } of records) {
      assert.match(sealedPrivateKey ?? "", /^v1\.dky_[^.]+\.[\w-]+$/);
      assert.ok(!("d" in (JSON.parse(publicJwk) as object)));
    }
    const bytes = disk();
    for (const mark of [
      '"d":"',
      "PRIVATE KEY",
      readFileSync(join(server.dataDir, "master.key"), "utf8").trim(),
    ]) {
      assert.ok(!bytes.includes(mark), mark.slice(0, 12));
    }
    const pages = [
      "/oauth2/jwks",
      "/metrics",
      "/openapi.json",
      "/.well-known/openid-configuration",
      "/v2/app_clients?limit=100",
      "/nowhere",
    ];
    for (const path of pages) {
      const response = await fetch(server.url + path, { headers: { "x-api-key": server.apiKey } });
      assert.doesNotMatch(await response.text(), /"d":"|PRIVATE KEY|csmk_|v1\.dky_/, path);
    }
    assert.doesNotMatch(server.logLines.join(""), /"d":"|PRIVATE KEY|csmk_|v1\.dky_/);
  });

  test("serves as before after all of this", () => checkServes(server));
});

const compare = (a: string, b: string): number => (a < b ? -1 : 1);
