import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, describe, test, type TestContext } from "node:test";
import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { jwtVerify } from "jose";
import { call } from "../calls.ts";
import { createAuthority } from "../certificates.ts";
import { serveHttps, type Listening } from "../listening.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import {
  bringAlong,
  makeConnection,
  makeDatasource,
  readConnection,
  throughProxy,
} from "../outbound/calls.ts";
import { connectAt } from "../outbound/connecting.ts";
import { addProfile } from "../outbound/profile.ts";
import { createOutsideProvider, hourMs, send } from "../outbound/provider.ts";
import { stores } from "../stores.ts";
import { createVisitor } from "../visitor.ts";

/**
 * Hosts that come from outside: the callback names where the tokens are, an answer where the API is.
 * They count when the profile lists them, and no secret and no token goes to any other. The host of our
 * own redirect URL is what an assertion is signed with.
 */

const authority = createAuthority();

for (const { name, settings } of stores) {
  describe(`a provider that names hosts, on ${name}`, () => {
    const { server, provider } = besideProvider(settings);
    /** Another place of the provider's, for those who have their account there. */
    const region = createOutsideProvider();
    region.onToken = ({ parameters }, response, work) => {
      // The code was given at the other place; here each is good.
      const isCode = parameters["grant_type"] === "authorization_code";
      if (isCode) parameters["grant_type"] = "code_of_another_place";
      send(response, 200, work());
      return true;
    };
    before(async () => {
      await region.listen();
      addProfile({
        name: "regions",
        title: "Regions",
        settings: {},
        callback: { tokenOrigin: { parameter: "accounts-server", origins: [region.url] } },
      });
      addProfile({
        name: "own_base",
        title: "Its own base URL",
        settings: {},
        answer: { apiBase: { path: "instance_url", hosts: ["127.0.0.1"] } },
      });
    });
    after(() => region.stop());

    async function make(own: object): Promise<Connection> {
      return makeConnection(server, await makeDatasource(server, provider, own));
    }
    const requests = () => [provider.tokenRequests.length, region.tokenRequests.length];
    const since = (before: number[]) => requests().map((count, index) => count - before[index]!);

    test("goes for its tokens to the host that the callback names, from then on (Q31)", async () => {
      const connection = await make({ profile: "regions", base_url: `${region.url}/api` });
      const before = requests();
      provider.callbackParameters = { "accounts-server": region.url };
      const page = await connectAt(server, createVisitor(server), connection);
      provider.callbackParameters = {};
      assert.match(page.text, /<h1>Connected<\/h1>/);
      assert.equal((await throughProxy(server, connection.id)).status, 200);
      server.clock.advance(hourMs + 1);
      assert.equal((await throughProxy(server, connection.id)).status, 200);
      assert.deepEqual(since(before), [0, 2]);
      assert.equal(region.tokenRequests.at(-1)!.parameters["grant_type"], "refresh_token");
      await call(server, "DELETE", `/v2/connections/${connection.id}`);
      assert.deepEqual([provider.revoked.length, region.revoked.length], [0, 1]);
    });

    test("goes where the datasource says when the callback names no host", async () => {
      const connection = await make({ profile: "regions" });
      const before = requests();
      await connectAt(server, createVisitor(server), connection);
      assert.equal((await throughProxy(server, connection.id)).status, 200);
      assert.deepEqual(since(before), [1, 0]);
    });

    test("G5: sends code and secret to no host that only the callback names", async () => {
      const connection = await make({ profile: "regions" });
      const before = requests();
      const { host, port } = new URL(region.url);
      for (const named of [
        "https://attacker.example",
        `https://${host}`,
        `http://localhost:${port}`,
        `${region.url}@attacker.example`,
        `http://attacker.example/${region.url}`,
        `${region.url}.attacker.example`,
        "javascript:alert(1)",
        "nonsense",
      ]) {
        provider.callbackParameters = { "accounts-server": named };
        const page = await connectAt(server, createVisitor(server), connection);
        provider.callbackParameters = {};
        assert.match(page.text, /without what is needed/, named);
        const { state, reason } = await readConnection(server, connection.id);
        assert.deepEqual([state, reason!.code], ["not_connected", "callback_incomplete"], named);
      }
      assert.deepEqual(since(before), [0, 0]);
    });

    interface Api extends Listening {
      /** Path and token of each request. */
      seen: string[];
    }
    async function startApi(context: TestContext): Promise<Api> {
      const seen: string[] = [];
      const { certificate: cert, key } = authority.issue(["127.0.0.1"]);
      const listening = await serveHttps(context, { cert, key }, ({ url, headers }, response) => {
        seen.push(`${url} ${headers.authorization}`);
        send(response, 200, {});
      });
      return { ...listening, seen };
    }
    /** What the next answers with tokens say about where the API is. */
    const nameBase = (instance_url: string): void => {
      provider.onToken = (_asked, response, work) => {
        send(response, 200, { ...work(), instance_url });
        return true;
      };
    };
    const ownBase = { profile: "own_base", certificate_authority: authority.certificate };

    test("sends the token below the base URL that the answer names, until another one names another", async (t) => {
      const [one, two] = [await startApi(t), await startApi(t)];
      nameBase(`${one.url}/v1`);
      const { id } = await bringAlong(server, provider, ownBase);
      const before = provider.apiRequests.length;
      assert.equal((await throughProxy(server, id)).status, 200);
      for (const [named, api, path] of [
        ["", one, "/v1/things"],
        ["https://attacker.example/v1", one, "/v1/things"],
        [`${two.url}/v2`, two, "/v2/things"],
      ] as const) {
        server.clock.advance(hourMs + 1);
        nameBase(named);
        assert.equal((await throughProxy(server, id)).status, 200);
        const token = [...provider.accessTokens].at(-1);
        assert.equal(api.seen.at(-1), `${path} Bearer ${token}`, named);
      }
      provider.onToken = undefined;
      assert.deepEqual([one.seen.length, two.seen.length], [3, 1]);
      assert.equal(provider.apiRequests.length, before);
    });

    test("G5: sends the token to no base URL that the profile does not list, and says so", async () => {
      for (const named of [
        "https://attacker.example",
        "https://127.0.0.1.attacker.example",
        "https://127.0.0.1@attacker.example",
        "https://somebody@127.0.0.1",
        `${region.url}/api`,
        "file:///etc/passwd",
      ]) {
        nameBase(named);
        const { id } = await bringAlong(server, provider, ownBase);
        const before = [provider.apiRequests.length, region.apiRequests.length];
        assert.equal((await throughProxy(server, id)).status, 200, named);
        const after = [provider.apiRequests.length, region.apiRequests.length];
        assert.deepEqual(after, [before[0]! + 1, before[1]], named);
        const { tolerances } = await readConnection(server, id);
        assert.ok(
          tolerances.some(({ code }) => code === "api_base_ignored"),
          named,
        );
      }
      provider.onToken = undefined;
    });

    test("signs assertions in the name of the redirect URL's host, each once (Q45)", async () => {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const connection = await make({
        profile: "revolut",
        client_authentication: "private_key_jwt",
        client_secret: undefined,
        private_key: pair.privateKey.export({ type: "pkcs8", format: "pem" }),
      });
      const page = await connectAt(server, createVisitor(server), connection);
      assert.match(page.text, /<h1>Connected<\/h1>/);
      server.clock.advance(hourMs + 1);
      assert.equal((await throughProxy(server, connection.id)).status, 200);
      const assertions = provider.tokenRequests.slice(-2).map(({ parameters }) => {
        assert.equal(parameters["client_secret"], undefined);
        return parameters["client_assertion"]!;
      });
      const ids = new Set<unknown>();
      for (const assertion of assertions) {
        const { payload } = await jwtVerify(assertion, pair.publicKey, {
          issuer: new URL(server.url).hostname,
          subject: "the-client",
          audience: "https://revolut.com",
          currentDate: new Date(server.clock.now()),
          // What was sent an hour ago by the moved clock is judged by it too.
          clockTolerance: 2 * 3_600,
        });
        ids.add(payload.jti);
      }
      assert.equal(ids.size, 2);
    });
  });
}
