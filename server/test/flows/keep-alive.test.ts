import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call } from "../calls.ts";
import { inBackground, untilJobs } from "../outbound/background.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import {
  bringAlong,
  makeConnection,
  makeDatasource,
  readConnection,
  refreshNow,
  throughProxy,
} from "../outbound/calls.ts";
import { hourMs, send } from "../outbound/provider.ts";
import { stores } from "../stores.ts";

/** Tokens without a known end are renewed before their refresh token dies of disuse. */

for (const { name, settings } of stores) {
  describe(`connections whose tokens have no known end, on ${name}`, () => {
    const { server, provider } = besideProvider(settings, {
      ...inBackground,
      COUNTERSIGN_KEEP_ALIVE_HOURS: "48",
    });
    provider.onToken = (_asked, response, work) => {
      const { expires_in: _, ...members } = work();
      send(response, "error" in members ? 400 : 200, members);
      return true;
    };

    test("are renewed when they have been left alone for so long, and machines are not", async () => {
      const own = { grant_type: "client_credentials", authorization_url: undefined };
      const machine = await makeConnection(server, await makeDatasource(server, provider, own));
      assert.equal((await throughProxy(server, machine.id)).status, 200);
      const { id } = await bringAlong(server, provider);
      assert.equal((await refreshNow(server, id)).status, 200);
      assert.equal((await readConnection(server, id)).expires_at, undefined);
      const requests = () => provider.tokenRequests.length;
      for (let count = 0; count < 2; count += 1) {
        const before = requests();
        server.clock.advance(47 * hourMs);
        // Another one that is about to end shows that the job has looked.
        const other = await bringAlong(server, provider);
        await untilJobs(server, "another one is renewed", () => requests() > before);
        await untilJobs(server, "it is connected", async () => {
          return (await readConnection(server, other.id)).expires_at === undefined;
        });
        assert.equal(requests(), before + 1);
        await call(server, "DELETE", `/v2/connections/${other.id}`);
        server.clock.advance(2 * hourMs);
        await untilJobs(server, "it is renewed", () => requests() > before + 1);
        await untilJobs(server, "it is connected", async () => {
          return (await readConnection(server, id)).state === "connected";
        });
        assert.equal(requests(), before + 2);
      }
      assert.equal((await throughProxy(server, id)).status, 200);
    });

    test("tell that they must be reconnected before anybody wants to use them", async () => {
      const { id } = await bringAlong(server, provider);
      assert.equal((await refreshNow(server, id)).status, 200);
      provider.refreshTokens.clear();
      server.clock.advance(49 * hourMs);
      await untilJobs(server, "its end is known", async () => {
        return (await readConnection(server, id)).state === "reconnect_required";
      });
    });
  });
}
