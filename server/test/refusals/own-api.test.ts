import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { bearer, call } from "../calls.ts";
import type { InProcessServer } from "../server.ts";
import { checkServes, exchange, requestText, statusesOf } from "./attack.ts";
import type { Forger } from "./forgery.ts";
import { ownApis, startOwnApi } from "./own-api.ts";

/** How a token is presented, and what it has to permit. */

for (const { path, permission } of ownApis) {
  describe(`tokens at ${path}`, () => {
    let server: InProcessServer;
    let token: string;
    let forger: Forger;
    before(async () => {
      ({ server, token, forger } = await startOwnApi());
    });
    after(() => server.stop());

    const ask = (headers: Record<string, string>, query = "") =>
      call(server, "GET", path + query, { headers });

    test("need the permission itself, not something like it (D11, D14)", async () => {
      const near = [
        undefined,
        "",
        permission.slice(0, -1),
        `${permission}x`,
        `x${permission}`,
        permission.toUpperCase(),
        permission.replace(":", "."),
        `${permission},x`,
        permission.split(":")[0],
      ];
      for (const scope of near) {
        const { status, headers } = await ask(bearer(forger.forge({ claims: { scope } })));
        assert.equal(status, 403, String(scope));
        const challenge = headers.get("www-authenticate") ?? "";
        assert.match(challenge, /^Bearer error="insufficient_scope"/);
        assert.ok(challenge.includes(`scope="${permission}"`), challenge);
      }
      for (const scope of [[permission], { 0: permission }, 1, null]) {
        const { status } = await ask(bearer(forger.forge({ claims: { scope } })));
        assert.ok(status === 401 || status === 403, JSON.stringify(scope));
      }
      assert.equal(
        (await ask(bearer(forger.forge({ claims: { scope: `x ${permission}` } })))).status,
        200,
      );
    });

    test("are taken from the Authorization header only (D13)", async () => {
      assert.equal((await ask({}, `?access_token=${token}`)).status, 401);
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const posted = await fetch(server.url + path, {
        method: "POST",
        headers,
        body: `access_token=${token}`,
      });
      assert.equal(posted.status, 401);
      for (const name of ["cookie", "x-access-token", "proxy-authorization", "x-api-key"]) {
        const value =
          name === "cookie"
            ? `access_token=${token}`
            : name.startsWith("p")
              ? `Bearer ${token}`
              : token;
        assert.equal((await ask({ [name]: value })).status, 401, name);
      }
      assert.equal(
        (await ask({ authorization: "Bearer x", "x-api-key": server.apiKey })).status,
        401,
      );
    });

    test("stand alone in the header, whose scheme has no case (D13)", async () => {
      for (const scheme of ["bearer", "BEARER", "Bearer  "]) {
        assert.equal((await ask({ authorization: `${scheme} ${token}` })).status, 200, scheme);
      }
      for (const value of [
        `Bearer ${token}, Bearer ${token}`,
        `Bearer ${token},${token}`,
        `Bearer ${token} ${token}`,
        "Bearer",
      ]) {
        const { status, headers } = await ask({ authorization: value });
        assert.equal(status, 400, value.slice(0, 20));
        assert.match(headers.get("www-authenticate") ?? "", /error="invalid_request"/);
      }
      const twice = [`Authorization: Bearer ${token}`, `authorization: Bearer ${token}`];
      const answer = await exchange(server, requestText(`GET ${path}`, { headers: twice }), 1);
      assert.deepEqual(statusesOf(answer), [400]);
      for (const value of [
        token,
        `Token ${token}`,
        `Basic ${token}`,
        `Bearer\t${token}`,
        `Bearer${token}`,
      ]) {
        assert.equal((await ask({ authorization: value })).status, 401, value.slice(0, 20));
      }
    });

    test("are asked for with a challenge that says where, and repeats nothing (D14)", async () => {
      const metadata = `resource_metadata="${server.url}/.well-known/oauth-protected-resource"`;
      // A key whose variable is not set arrives as an empty header.
      for (const none of [{}, { "x-api-key": "" }] as Record<string, string>[]) {
        const bare = await ask(none);
        assert.equal(bare.status, 401);
        assert.equal(bare.headers.get("www-authenticate"), `Bearer ${metadata}`);
      }
      for (const authorization of ["Basic eDp5", "Bearer canary", `Bearer ${token}x`]) {
        const { headers, body } = await ask({ authorization });
        const challenge = headers.get("www-authenticate") ?? "";
        assert.ok(challenge.startsWith("Bearer ") && challenge.includes(metadata), challenge);
        assert.doesNotMatch(challenge + JSON.stringify(body), /canary|eDp5|eyJ/);
      }
      const answer = await fetch(`${server.url}/.well-known/oauth-protected-resource`);
      const { resource, authorization_servers } = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual([resource, authorization_servers], [server.url, [server.url]]);
    });

    test("serves as before after all of this", () => checkServes(server));
  });
}
