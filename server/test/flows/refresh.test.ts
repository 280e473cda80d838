import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { call } from "../calls.ts";
import { besideProvider, pairBesideProvider } from "../outbound/beside-provider.ts";
import { bringAlong, readConnection, refreshNow, throughProxy } from "../outbound/calls.ts";
import { hourMs, send, type OutsideProvider } from "../outbound/provider.ts";
import { stores } from "../stores.ts";

/**
 * Renewing tokens of a provider that takes each refresh token once: never twice, never lost where it
 * could be saved, and never called good when nobody knows.
 */

/** The provider uses the token up and its answer is lost; the next answers are 503. */
function answerIntoTheVoid(provider: OutsideProvider): void {
  let isFirst = true;
  provider.onToken = (_asked, response, work) => {
    if (isFirst) {
      work();
      response.destroy();
    } else {
      response.writeHead(503).end();
    }
    isFirst = false;
    return true;
  };
}

for (const { name, settings } of stores) {
  describe(`a connection whose token expires, on ${name}`, () => {
    const { server, provider } = besideProvider(settings);

    /** In use, with a token of an hour. */
    const connected = async (own: object = {}): Promise<string> => {
      const { id } = await bringAlong(server, provider, own);
      assert.equal((await throughProxy(server, id)).status, 200);
      return id;
    };
    const use = (id: string) => throughProxy(server, id);
    const stateOf = async (id: string) => (await readConnection(server, id)).state;
    const reasonOf = async (id: string) => (await readConnection(server, id)).reason?.code;

    test("renews it when it has expired, and keeps the new refresh token", async () => {
      const id = await connected();
      for (let count = 0; count < 3; count += 1) {
        const before = provider.refreshes();
        server.clock.advance(hourMs + 1);
        assert.equal((await use(id)).status, 200);
        assert.equal(provider.refreshes(), before + 1);
      }
    });

    test("renews it ahead of time, while the old one is still used", async () => {
      const id = await connected();
      const before = provider.refreshes();
      server.clock.advance(hourMs - 4 * 60_000);
      assert.equal((await use(id)).status, 200);
      for (let tries = 0; provider.refreshes() === before && tries < 200; tries += 1)
        await sleep(10);
      assert.equal(provider.refreshes(), before + 1);
    });

    test("keeps the refresh token that a provider does not repeat", async () => {
      provider.isRotating = false;
      const id = await connected();
      for (let count = 0; count < 2; count += 1) {
        server.clock.advance(hourMs + 1);
        assert.equal((await use(id)).status, 200);
      }
      provider.isRotating = true;
      const { tolerances } = await readConnection(server, id);
      assert.ok(tolerances.some(({ code }) => code === "refresh_token_kept"));
    });

    test("G15: renews once for 50 callers at once", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      const before = provider.refreshes();
      const answers = await Promise.all(Array.from({ length: 50 }, () => use(id)));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
      assert.equal(provider.refreshes(), before + 1);
    });

    test("S33: a refused refresh token ends it at once, with a link and without a loop", async () => {
      const id = await connected();
      provider.refreshTokens.clear();
      server.clock.advance(hourMs + 1);
      const before = provider.refreshes();
      for (let count = 0; count < 5; count += 1) {
        const { status, text } = await use(id);
        const body = JSON.parse(text) as { code: string; connect_url: string };
        assert.deepEqual([status, body.code], [409, "reconnect_required"]);
        assert.ok(body.connect_url.includes(id));
      }
      assert.equal(provider.refreshes(), before + 1);
      assert.equal(await reasonOf(id), "refresh_token_refused");
      const { body } = await call(server, "GET", `/v2/audit_events?subject_id=${id}`);
      assert.ok(JSON.stringify(body).includes("connection.reconnect_required"));
    });

    test("waits as long as the provider wants, and then goes on", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      provider.onToken = (_asked, response) => {
        response.writeHead(503, { "retry-after": "30" }).end();
        return true;
      };
      const before = provider.refreshes();
      for (let count = 0; count < 3; count += 1) {
        const { status, headers, text } = await use(id);
        assert.deepEqual([status, JSON.parse(text).code], [503, "provider_unavailable"]);
        assert.ok(Number(headers.get("retry-after")) > 20);
      }
      assert.equal(provider.refreshes(), before + 1);
      provider.onToken = undefined;
      assert.equal(await stateOf(id), "connected");
      server.clock.advance(31_000);
      assert.equal((await use(id)).status, 200);
    });

    test("tells a wrong client from a lost connection, and mends with the settings", async () => {
      const id = await connected();
      const { datasource_id } = await readConnection(server, id);
      server.clock.advance(hourMs + 1);
      provider.onToken = ({ parameters }, response) => {
        if (parameters["client_secret"] === "right") return false;
        send(response, 401, { error: "invalid_client" });
        return true;
      };
      assert.equal((await use(id)).status, 409);
      assert.equal(await reasonOf(id), "client_refused");
      const body = { client_secret: "right" };
      await call(server, "PATCH", `/v2/datasources/${datasource_id}`, { body });
      assert.equal((await use(id)).status, 200);
      provider.onToken = undefined;
    });

    test("tries once more when the answer is lost, and saves what can be saved", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      provider.onToken = (_asked, response) => {
        provider.onToken = undefined;
        response.destroy();
        return true;
      };
      const before = provider.refreshes();
      assert.equal((await use(id)).status, 200);
      assert.equal(provider.refreshes(), before + 2);
    });

    test("says that it does not know when the answer was lost and the token is used up", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      provider.onToken = (_asked, response, work) => {
        provider.onToken = undefined;
        work();
        response.destroy();
        return true;
      };
      const before = provider.refreshes();
      for (let count = 0; count < 3; count += 1) {
        const { status, text } = await use(id);
        assert.deepEqual([status, JSON.parse(text).code], [409, "uncertain"]);
      }
      assert.equal(provider.refreshes(), before + 2);
      assert.equal(await stateOf(id), "uncertain");
    });

    test("goes on when a network that was cut comes back, and says meanwhile that it waits", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      provider.onToken = (_asked, response) => {
        response.destroy();
        return true;
      };
      const before = provider.refreshes();
      for (let count = 0; count < 3; count += 1) {
        const { status, text } = await use(id);
        assert.deepEqual([status, JSON.parse(text).code], [503, "provider_unavailable"]);
      }
      assert.equal(provider.refreshes(), before + 2);
      assert.equal(await reasonOf(id), "answer_lost");
      provider.onToken = undefined;
      server.clock.advance(10_000);
      assert.equal((await use(id)).status, 200);
      assert.equal(await reasonOf(id), undefined);
    });

    test("finds out later that the token was used up before the network was cut", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      let isFirst = true;
      provider.onToken = (_asked, response, work) => {
        if (isFirst) work();
        isFirst = false;
        response.destroy();
        return true;
      };
      assert.equal((await use(id)).status, 503);
      provider.onToken = (_asked, response) => {
        response.writeHead(503).end();
        return true;
      };
      server.clock.advance(10_000);
      assert.equal((await use(id)).status, 503);
      provider.onToken = undefined;
      server.clock.advance(60_000);
      assert.equal((await use(id)).status, 409);
      assert.equal(await stateOf(id), "uncertain");
    });

    test("remembers that an answer was lost when the next try met a busy provider", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      answerIntoTheVoid(provider);
      assert.equal((await use(id)).status, 503);
      provider.onToken = undefined;
      server.clock.advance(10_000);
      assert.equal((await use(id)).status, 409);
      assert.deepEqual([await stateOf(id), await reasonOf(id)], ["uncertain", "answer_lost"]);
    });

    test("knows that a token was refused that a busy provider had not touched", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      provider.onToken = (_asked, response) => {
        response.writeHead(503).end();
        return true;
      };
      assert.equal((await use(id)).status, 503);
      provider.onToken = undefined;
      provider.refreshTokens.clear();
      server.clock.advance(10_000);
      assert.equal((await use(id)).status, 409);
      assert.equal(await stateOf(id), "reconnect_required");
    });

    test("does not forget a lost answer when its settings are mended, or when it is tried by hand", async () => {
      const id = await connected();
      const { datasource_id } = await readConnection(server, id);
      server.clock.advance(hourMs + 1);
      answerIntoTheVoid(provider);
      assert.equal((await use(id)).status, 503);
      provider.onToken = undefined;
      const body = { client_secret: "mended" };
      const path = `/v2/datasources/${datasource_id}`;
      assert.equal((await call(server, "PATCH", path, { body })).status, 200);
      assert.equal((await use(id)).status, 409);
      assert.equal(await stateOf(id), "uncertain");
      await refreshNow(server, id);
      assert.equal(await stateOf(id), "uncertain");
    });

    test("does not send a token that keeps being lost for ever", async () => {
      const id = await connected();
      server.clock.advance(hourMs + 1);
      provider.onToken = (_asked, response) => {
        response.destroy();
        return true;
      };
      const before = provider.refreshes();
      for (let count = 0; count < 12; count += 1) {
        await use(id);
        server.clock.advance(301_000);
      }
      assert.equal(provider.refreshes(), before + 10);
      assert.equal(await stateOf(id), "uncertain");
      provider.onToken = undefined;
      // By hand it may be tried: the token was not used up after all.
      const renewed = await refreshNow(server, id);
      assert.equal(renewed.body["state"], "connected", JSON.stringify(renewed.body));
      assert.equal((await use(id)).status, 200);
    });

    const oddAnswers: [string, object | string, string][] = [
      ["no lifetime", { access_token: "at-odd" }, "connected"],
      ["a lifetime in words", { access_token: "at-odd", expires_in: "soon" }, "connected"],
      ["a token that is an object", { access_token: { a: 1 } }, "uncertain"],
      ["a success that holds an error", { error: "invalid_grant" }, "reconnect_required"],
      ["a page", "<html>Welcome</html>", "uncertain"],
      ["nothing", "", "uncertain"],
    ];
    for (const [what, answer, state] of oddAnswers) {
      test(`G16: takes ${what} for what it is`, async () => {
        const id = await connected();
        server.clock.advance(hourMs + 1);
        provider.accessTokens.add("at-odd");
        provider.onToken = (_asked, response) => {
          response.writeHead(200, { "content-type": "application/json" });
          response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
          return true;
        };
        const { status } = await use(id);
        provider.onToken = undefined;
        assert.equal(await stateOf(id), state);
        assert.equal(status, state === "connected" ? 200 : 409);
      });
    }

    test("stores nothing over settings that were changed meanwhile", async () => {
      const id = await connected();
      const { datasource_id } = await readConnection(server, id);
      server.clock.advance(hourMs + 1);
      provider.onToken = async () => {
        const body = { client_id: "another-client" };
        await call(server, "PATCH", `/v2/datasources/${datasource_id}`, { body });
        return false;
      };
      const { status } = await use(id);
      provider.onToken = undefined;
      assert.equal(status, 409);
      assert.equal(await reasonOf(id), "settings_changed");
    });
  });

  describe(`two processes with one connection on ${name}`, () => {
    const { pair, provider } = pairBesideProvider(settings);

    test("G15: renew once for 1,000 callers at the moment of expiry, again and again", async () => {
      const { one, two } = pair;
      const { id } = await bringAlong(one, provider);
      for (let round = 1; round <= 2; round += 1) {
        // What is renewed now lives for a second, and what comes of that for an hour.
        provider.lifetimeSeconds = 1;
        assert.equal((await refreshNow(one, id)).status, 200);
        await sleep(1_100);
        provider.lifetimeSeconds = 3_600;
        const before = provider.refreshes();
        provider.onToken = async () => {
          await sleep(300);
          return false;
        };
        const answers = await Promise.all(
          Array.from({ length: 1_000 }, (_, index) =>
            throughProxy(index % 2 === 0 ? one : two, id),
          ),
        );
        provider.onToken = undefined;
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
        assert.equal(provider.refreshes(), before + 1);
      }
      assert.equal((await readConnection(one, id)).state, "connected");
    });
  });
}
