import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { besideProvider } from "../outbound/beside-provider.ts";
import { bringAlong, readConnection, throughProxy } from "../outbound/calls.ts";
import { hourMs, send } from "../outbound/provider.ts";
import { stores } from "../stores.ts";

/** Providers that answer late, in the wrong unit, by a wrong clock, or that want to be left alone. */

for (const { name, settings } of stores) {
  describe(`a provider with faults, on ${name}`, () => {
    const quick = { COUNTERSIGN_PROVIDER_TIMEOUT_SECONDS: "1" };
    const { server, provider } = besideProvider(settings, quick);

    /** A connection whose first token comes with another lifetime, and perhaps another date. */
    async function connectedWith(lifetime: () => object, date?: () => Date): Promise<string> {
      const { id } = await bringAlong(server, provider);
      provider.onToken = (_asked, response, work) => {
        if (date !== undefined) response.setHeader("date", date().toUTCString());
        const { expires_in: _, ...members } = work();
        send(response, 200, { ...members, ...lifetime() });
        return true;
      };
      return id;
    }

    const now = () => server.clock.now();
    const wrongLifetimes: [string, () => object, (() => Date) | undefined, number | undefined][] = [
      ["an end in seconds", () => ({ expires_in: Math.floor(now() / 1000) + 3_600 }), undefined, 1],
      ["an end in milliseconds", () => ({ expires_in: now() + hourMs }), undefined, 1],
      [
        "an end by a clock that is two hours behind",
        () => ({ expires_at: Math.floor((now() - hourMs) / 1000) }),
        () => new Date(now() - 2 * hourMs),
        1,
      ],
      ["an end that is past", () => ({ expires_at: now() - hourMs }), undefined, undefined],
      ["an end that is here at once", () => ({ expires_in: 0.001 }), undefined, 0],
    ];
    for (const [what, lifetime, date, hours] of wrongLifetimes) {
      test(`G16: is asked once when its lifetime is ${what}`, async () => {
        const id = await connectedWith(lifetime, date);
        const before = provider.refreshes();
        const { status, text } = await throughProxy(server, id);
        provider.onToken = undefined;
        assert.equal(status, 200, text);
        assert.equal(provider.refreshes(), before + 1);
        const { expires_at: end } = await readConnection(server, id);
        const left =
          end === undefined ? undefined : Math.abs(Math.round((Date.parse(end) - now()) / hourMs));
        assert.equal(left, hours);
      });
    }

    test("G16: is asked again when the API says that a lifetime in milliseconds is over", async () => {
      const id = await connectedWith(() => ({ expires_in: 3_600_000 }));
      assert.equal((await throughProxy(server, id)).status, 200);
      provider.onToken = undefined;
      server.clock.advance(hourMs);
      provider.accessTokens.clear();
      const before = provider.refreshes();
      assert.equal((await throughProxy(server, id)).status, 200);
      assert.equal(provider.refreshes(), before + 1);
    });

    test("is asked once by 100 callers while it wants to be left alone, until the time is up", async () => {
      const { id } = await bringAlong(server, provider);
      const busy = (response: ServerResponse) =>
        response.writeHead(503, { "retry-after": "120" }).end();
      provider.onToken = (_asked, response) => {
        busy(response);
        return true;
      };
      for (let storm = 0; storm < 3; storm += 1) {
        const before = provider.refreshes();
        const answers = await Promise.all(
          Array.from({ length: 100 }, () => throughProxy(server, id)),
        );
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [503]);
        assert.ok(answers.every(({ headers }) => Number(headers.get("retry-after")) > 60));
        assert.equal(provider.refreshes(), before + 1);
        server.clock.advance(121_000);
      }
      provider.onToken = undefined;
      assert.equal((await throughProxy(server, id)).status, 200);
    });

    test("is waited for when it is slow, and loses nothing", async () => {
      const { id } = await bringAlong(server, provider);
      provider.onToken = async () => {
        await sleep(700);
        return false;
      };
      const before = provider.refreshes();
      const answers = await Promise.all(Array.from({ length: 20 }, () => throughProxy(server, id)));
      provider.onToken = undefined;
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
      assert.equal(provider.refreshes(), before + 1);
    });

    for (const [what, hasWorked, state] of [
      ["has done nothing", false, "connected"],
      ["has used the token up", true, "uncertain"],
    ] as const) {
      test(`is asked again when it answers too late and ${what}`, async () => {
        const { id } = await bringAlong(server, provider);
        provider.onToken = async (_asked, response, work) => {
          provider.onToken = undefined;
          if (hasWorked) work();
          await sleep(1_500);
          send(response, 200, { access_token: "too-late" });
          return true;
        };
        const { status } = await throughProxy(server, id);
        assert.equal(status, state === "connected" ? 200 : 409);
        assert.equal((await readConnection(server, id)).state, state);
      });
    }
  });
}
