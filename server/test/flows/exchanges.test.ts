import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call } from "../calls.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import { bringAlong, exchangesOf, refreshNow } from "../outbound/calls.ts";
import { stores } from "../stores.ts";

/** `GET /v2/connections/{id}/exchanges`: what was said to the provider, for who looks for a fault. */

for (const { name, settings } of stores) {
  describe(`what was said to a provider, on ${name}`, () => {
    const { server, provider } = besideProvider(settings);

    test("tells each exchange, what it means and what to do, without a secret", async () => {
      const { id } = await bringAlong(server, provider);
      await refreshNow(server, id);
      provider.refreshTokens.clear();
      await refreshNow(server, id);
      const [refused, granted] = await exchangesOf(server, id, 2);
      assert.deepEqual(
        [granted!.step, granted!.status, granted!.failure],
        ["refresh", 200, undefined],
      );
      assert.match(granted!.curl, /"refresh_token=\$REFRESH_TOKEN"/);
      assert.deepEqual([refused!.status, refused!.failure!.code], [400, "refresh_token_refused"]);
      assert.match(refused!.failure!.message, /no longer accepts the refresh token/);
      assert.equal(refused!.failure!.fix, "Connect again.");
      assert.match(refused!.answer!, /invalid_grant/);
      const text = JSON.stringify([refused, granted]);
      assert.ok(!text.includes("the-secret-of-the-datasource"));
      assert.doesNotMatch(text, /(?<![\w-])[ar]t-\d/);
    });

    test("tells that there was no answer, and what a page instead of one said", async () => {
      const { id } = await bringAlong(server, provider);
      provider.onToken = (_request, response) => {
        response.writeHead(200, { "content-type": "text/html" });
        response.end("<html><title>Down for maintenance</title></html>");
        return true;
      };
      await refreshNow(server, id);
      provider.onToken = (_request, response) => {
        response.destroy();
        return true;
      };
      await refreshNow(server, id);
      provider.onToken = undefined;
      const all = await exchangesOf(server, id, 2);
      assert.match(all.at(-1)!.answer!, /Down for maintenance/);
      assert.ok(all[0]!.failure !== undefined);
      assert.equal(all[0]!.status, undefined);
    });

    test("is of one connection, and of no other account's", async () => {
      const missing = await call(server, "GET", "/v2/connections/con_none/exchanges");
      assert.equal(missing.status, 404);
      const { id } = await bringAlong(server, provider);
      assert.deepEqual(await exchangesOf(server, id, 0), []);
    });
  });
}
