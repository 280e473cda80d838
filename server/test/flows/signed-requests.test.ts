import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import {
  exchangesOf,
  makeConnection,
  makeDatasource,
  readConnection,
  throughProxy,
} from "../outbound/calls.ts";
import { connectAt, pathAt, startConnecting } from "../outbound/connecting.ts";
import { hourMs, send, type TokenRequest } from "../outbound/provider.ts";
import { stores } from "../stores.ts";
import { createVisitor } from "../visitor.ts";

/**
 * A provider that takes no secret but a signature over what was sent and when, and that sends the state
 * back under a name of its own: which is as good as any, once, in the browser that began.
 */

const secret = "the-secret-of-the-datasource";
const shopline = { profile: "shopline", variables: { handle: "cheese" }, pkce: "off" };

for (const { name, settings } of stores) {
  describe(`a provider that wants signatures, on ${name} (Q36)`, () => {
    const { server, provider } = besideProvider(settings);
    provider.onToken = answerSigned;

    /** What it makes of a request, the code apart. */
    function answerSigned({ body, headers }: TokenRequest, response: ServerResponse): boolean {
      const timestamp = String(headers["timestamp"]);
      const sign = createHmac("sha256", secret).update(body + timestamp);
      const isFresh = Math.abs(server.clock.now() - Number(timestamp)) < 60_000;
      if (headers["sign"] !== sign.digest("hex") || !isFresh) {
        send(response, 200, {
          code: 401,
          i18nCode: "SIGN_ERROR",
          message: "not signed",
          data: null,
        });
        return true;
      }
      const accessToken = `at-signed-${provider.tokenRequests.length}`;
      provider.accessTokens.add(accessToken);
      const expireTime = new Date(server.clock.now() + hourMs).toISOString();
      const data = { accessToken, expireTime, scope: "read,write" };
      send(response, 200, { code: 200, i18nCode: "SUCCESS", message: null, data });
      return true;
    }

    const callItsWay = () => {
      provider.names = { redirectUri: "redirectUri", state: "customField" };
    };
    const callAsStandard = () => {
      provider.names = { redirectUri: "redirect_uri", state: "state" };
    };
    async function make(own: object = {}): Promise<Connection> {
      callItsWay();
      const urls = { refresh_url: `${provider.url}/token`, client_authentication: "json" };
      const datasource = { ...shopline, ...urls, ...own };
      return makeConnection(server, await makeDatasource(server, provider, datasource));
    }

    test("is connected with a request that is signed as it goes out, and renewed with another", async () => {
      const { id, ...connection } = await make();
      const page = await connectAt(server, createVisitor(server), { id, ...connection });
      assert.match(page.text, /<h1>Connected<\/h1>/);
      assert.equal((await throughProxy(server, id)).status, 200);
      const exchange = provider.tokenRequests.at(-1)!;
      assert.match(exchange.body, /^\{"code":"code-\d+"\}$/);
      assert.equal(exchange.headers["appkey"], "the-client");
      server.clock.advance(hourMs + 1);
      assert.equal((await throughProxy(server, id)).status, 200);
      const refresh = provider.tokenRequests.at(-1)!;
      assert.equal(refresh.body, "");
      assert.notEqual(refresh.headers["sign"], exchange.headers["sign"]);
      for (const { body, headers } of [exchange, refresh]) {
        assert.ok(!`${body}${JSON.stringify(headers)}`.includes(secret));
      }
      const [, told] = await exchangesOf(server, id, 2);
      assert.match(told!.curl, /-H "sign: \$SIGN" --data "\{\\"code\\":\\"\$CODE\\"\}"$/);
      assert.ok(!JSON.stringify(told).includes(String(exchange.headers["sign"])));
    });

    test("asks again however often the answer to a renewal is lost: nothing is spent", async () => {
      const { id, ...connection } = await make();
      await connectAt(server, createVisitor(server), { id, ...connection });
      server.clock.advance(hourMs + 1);
      provider.onToken = (_asked, response) => {
        response.destroy();
        return true;
      };
      for (let count = 0; count < 12; count += 1) {
        assert.equal((await throughProxy(server, id)).status, 503);
        server.clock.advance(301_000);
      }
      assert.equal((await readConnection(server, id)).state, "connected");
      provider.onToken = answerSigned;
      assert.equal((await throughProxy(server, id)).status, 200);
    });

    test("is not connected with a secret that signs wrongly, and says why", async () => {
      const connection = await make({ client_secret: "another-secret" });
      const page = await connectAt(server, createVisitor(server), connection);
      assert.match(page.text, /does not accept the request/);
      const { reason } = await readConnection(server, connection.id);
      assert.equal(reason!.provider, "SIGN_ERROR: not signed");
    });

    test("G9: takes the state under the provider's own name for it, once, in the browser that began", async () => {
      const connection = await make();
      const visitor = createVisitor(server);
      const { url, back } = await startConnecting(server, visitor, connection);
      assert.match(url.searchParams.get("customField")!, /^[\w-]{43}$/);
      assert.equal(url.searchParams.get("state"), null);
      const stranger = createVisitor(server);
      await startConnecting(server, stranger, connection);
      assert.equal((await stranger.get(pathAt(server, back))).status, 400);
      // Whoever tried has used it up.
      assert.equal((await visitor.get(pathAt(server, back))).status, 400);
      const again = await startConnecting(server, visitor, connection);
      assert.equal((await visitor.get(pathAt(server, again.back))).status, 200);
      assert.equal((await visitor.get(pathAt(server, again.back))).status, 400);
    });

    test("G9: takes no state that is under another name, doubled, altered or missing", async () => {
      const connection = await make();
      const visitor = createVisitor(server);
      const bad: ((path: string) => string)[] = [
        (path) => path.replace("customField=", "state="),
        (path) => `${path}&state=x`,
        (path) => `${path}&customField=x`,
        (path) => path.replace(/customField=([^&]+)/, "customField=$1x"),
        (path) => path.replace(/&?customField=[^&]+/, ""),
      ];
      for (const change of bad) {
        const { back } = await startConnecting(server, visitor, connection);
        const path = pathAt(server, back);
        assert.notEqual(change(path), path);
        const answer = await visitor.get(change(path));
        assert.equal(answer.status, 400, change(path));
        assert.match(answer.text, /did not begin here/);
      }
      assert.notEqual((await readConnection(server, connection.id)).state, "connected");
    });

    test("G9: takes no other provider's state under that name", async () => {
      callAsStandard();
      const datasourceId = await makeDatasource(server, provider);
      const connection = await makeConnection(server, datasourceId);
      const visitor = createVisitor(server);
      const { back } = await startConnecting(server, visitor, connection);
      const answer = await visitor.get(pathAt(server, back).replace("state=", "customField="));
      assert.equal(answer.status, 400);
      assert.notEqual((await readConnection(server, connection.id)).state, "connected");
    });

    test("G9: lets nobody replace the state or the redirect URL under their other names", async () => {
      for (const key of ["customField", "redirectUri", "state", "redirect_uri"]) {
        const own = { custom_authentication_parameters: [{ key, value: "x" }] };
        const { connect_url } = await make(own);
        const page = await createVisitor(server).get(`${pathAt(server, connect_url!)}/start`);
        assert.match(page.text, /protects the connection and cannot be replaced/, key);
      }
    });
  });
}
