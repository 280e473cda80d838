import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { call } from "../calls.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import {
  bringAlong,
  exchangesOf,
  makeConnection,
  makeDatasource,
  readConnection,
  refreshNow,
  throughProxy,
} from "../outbound/calls.ts";
import { connectAt } from "../outbound/connecting.ts";
import { addProfile, twoCalls } from "../outbound/profile.ts";
import { hourMs, send } from "../outbound/provider.ts";
import { stores } from "../stores.ts";
import { createVisitor } from "../visitor.ts";

/**
 * A provider whose access token is only good for a session, which a second call opens: both calls are
 * made when somebody connects and at each refresh, and what the first has given survives the second.
 */

const own = { profile: "two_calls" };

for (const { name, settings } of stores) {
  describe(`a connection that takes two calls, on ${name} (Q35)`, () => {
    const { server, provider } = besideProvider(settings);
    provider.wantsLogin = true;
    before(() => addProfile(twoCalls(provider)));

    const use = (id: string) => throughProxy(server, id);
    const codeOf = async (id: string) => {
      const { status, text } = await use(id);
      return [status, JSON.parse(text).code];
    };
    /** In use, with a session of an hour. */
    const connected = async (): Promise<string> => {
      const { id } = await bringAlong(server, provider, own);
      assert.equal((await use(id)).status, 200);
      return id;
    };
    const calls = () => [provider.refreshes(), provider.logins.length];
    const since = (before: number[]) => calls().map((count, index) => count - before[index]!);

    /** What the second call answers until it is told otherwise. */
    function answerLogins(status: number, body: object): void {
      provider.onLogin = (response) => {
        send(response, status, body);
        return true;
      };
    }

    test("is connected by both, and renewed by both, as often as it takes", async () => {
      const datasourceId = await makeDatasource(server, provider, own);
      const connection = await makeConnection(server, datasourceId);
      const page = await connectAt(server, createVisitor(server), connection);
      assert.match(page.text, /<h1>Connected<\/h1>/);
      for (let count = 1; count <= 3; count += 1) {
        const before = calls();
        server.clock.advance(hourMs + 1);
        assert.equal((await use(connection.id)).status, 200);
        assert.deepEqual(since(before), [1, 1]);
      }
      assert.equal(new Set(provider.logins).size, provider.logins.length);
    });

    test("keeps a refresh token that the provider does not replace", async () => {
      provider.isRotating = false;
      const id = await connected();
      server.clock.advance(hourMs + 1);
      assert.equal((await use(id)).status, 200);
      provider.isRotating = true;
      const { tolerances } = await readConnection(server, id);
      assert.ok(tolerances.some(({ code }) => code === "refresh_token_kept"));
    });

    test("goes on with the refresh token that only the second call gives", async () => {
      const id = await connected();
      let given = "";
      provider.onLogin = (response, work) => {
        given = provider.issueRefreshToken();
        send(response, 200, { ...work(), refresh_token: given });
        return true;
      };
      server.clock.advance(hourMs + 1);
      assert.equal((await use(id)).status, 200);
      provider.onLogin = undefined;
      server.clock.advance(hourMs + 1);
      assert.equal((await use(id)).status, 200);
      assert.equal(provider.tokenRequests.at(-1)!.parameters["refresh_token"], given);
    });

    test("G15: makes each call once for 50 callers at once", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      const before = calls();
      const answers = await Promise.all(Array.from({ length: 50 }, () => use(id)));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
      assert.deepEqual(since(before), [1, 1]);
    });

    test("loses nothing when the second call fails, however often", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      answerLogins(503, {});
      for (let count = 0; count < 3; count += 1) {
        assert.deepEqual(await codeOf(id), [503, "provider_unavailable"]);
        const { state, reason } = await readConnection(server, id);
        assert.deepEqual([state, reason!.code], ["connected", "provider_failing"]);
        server.clock.advance(hourMs);
      }
      provider.onLogin = undefined;
      assert.equal((await use(id)).status, 200);
      assert.equal((await readConnection(server, id)).reason, undefined);
    });

    test("loses nothing when the second call's answer is lost", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      provider.onLogin = (response, work) => {
        work();
        response.destroy();
        return true;
      };
      assert.deepEqual(await codeOf(id), [503, "provider_unavailable"]);
      assert.equal((await readConnection(server, id)).state, "connected");
      provider.onLogin = undefined;
      server.clock.advance(hourMs);
      assert.equal((await use(id)).status, 200);
    });

    test("uses the session that is good still while the second call fails", async () => {
      const id = await connected();
      answerLogins(503, {});
      const before = calls();
      const renewed = await refreshNow(server, id);
      assert.equal(renewed.body["state"], "connected", JSON.stringify(renewed.body));
      assert.deepEqual(since(before), [1, 1]);
      assert.equal((await use(id)).status, 200);
      provider.onLogin = undefined;
      server.clock.advance(hourMs + 1);
      assert.equal((await use(id)).status, 200);
    });

    test("knows that the second call refused it, though the first one's answer was lost before", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      provider.onToken = (_asked, response) => {
        provider.onToken = undefined;
        response.destroy();
        return true;
      };
      answerLogins(403, { error: "access_denied" });
      const before = calls();
      assert.deepEqual(await codeOf(id), [409, "reconnect_required"]);
      assert.deepEqual(since(before), [2, 1]);
      const { state, reason } = await readConnection(server, id);
      assert.deepEqual([state, reason!.code], ["reconnect_required", "access_denied"]);
      provider.onLogin = undefined;
      // The refresh token that the first call gave was kept, so it can be tried by hand.
      const renewed = await refreshNow(server, id);
      assert.equal(renewed.body["state"], "connected", JSON.stringify(renewed.body));
    });

    test("says that it does not know when the first call's answer was lost and the token is used up", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      // That the second call failed before is no answer to how often the new refresh token was sent.
      answerLogins(503, {});
      assert.deepEqual(await codeOf(id), [503, "provider_unavailable"]);
      provider.onLogin = undefined;
      server.clock.advance(hourMs);
      provider.onToken = (_asked, response, work) => {
        provider.onToken = undefined;
        work();
        response.destroy();
        return true;
      };
      const before = calls();
      assert.deepEqual(await codeOf(id), [409, "uncertain"]);
      assert.deepEqual(since(before), [2, 0]);
    });

    test("stores no session over settings that were changed meanwhile", async () => {
      const id = await connected();
      const { datasource_id } = await readConnection(server, id);
      server.clock.advance(hourMs + 1);
      provider.onLogin = async () => {
        const body = { client_id: "another-client" };
        await call(server, "PATCH", `/v2/datasources/${datasource_id}`, { body });
        return false;
      };
      assert.equal((await use(id)).status, 409);
      provider.onLogin = undefined;
      const { reason } = await readConnection(server, id);
      assert.equal(reason!.code, "settings_changed");
    });

    test("says that the second call failed when somebody connects, and connects at the next try", async () => {
      const datasourceId = await makeDatasource(server, provider, own);
      const connection = await makeConnection(server, datasourceId);
      answerLogins(403, { error: "access_denied" });
      const page = await connectAt(server, createVisitor(server), connection);
      provider.onLogin = undefined;
      assert.match(page.text, /Access was denied at the provider/);
      const { state, reason, connect_url } = await readConnection(server, connection.id);
      assert.deepEqual([state, reason!.code], ["not_connected", "access_denied"]);
      assert.notEqual(connect_url, undefined);
      const again = await connectAt(server, createVisitor(server), connection);
      assert.match(again.text, /<h1>Connected<\/h1>/);
      assert.equal((await use(connection.id)).status, 200);
    });

    test("tells both exchanges, without a secret", async () => {
      const datasourceId = await makeDatasource(server, provider, own);
      const connection = await makeConnection(server, datasourceId);
      await connectAt(server, createVisitor(server), connection);
      // What one call gave is no secret less when the other repeats it.
      provider.onLogin = (response, work) => {
        const message = `rt ${[...provider.refreshTokens].at(-1)}, at ${provider.logins.at(-1)}`;
        send(response, 200, { ...work(), message });
        return true;
      };
      server.clock.advance(hourMs + 1);
      assert.equal((await use(connection.id)).status, 200);
      provider.onLogin = undefined;
      const exchanges = await exchangesOf(server, connection.id, 4);
      const steps = exchanges.map(({ step, status }) => [step, status]);
      assert.deepEqual(steps.toReversed(), [
        ["exchange", 200],
        ["upgrade", 200],
        ["refresh", 200],
        ["upgrade", 200],
      ]);
      assert.match(exchanges[0]!.curl, /\/login\?access_token=\$ACCESS_TOKEN"/);
      assert.match(exchanges[0]!.answer!, /"message": "rt …, at …"/);
      const text = JSON.stringify(exchanges);
      assert.ok(!text.includes("the-secret-of-the-datasource"));
      assert.doesNotMatch(text, /(?<![\w-])(?:rt|at|session)-\d/);
    });
  });
}
