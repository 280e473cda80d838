import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call } from "../calls.ts";
import { inBackground, until, untilJobs } from "../outbound/background.ts";
import { besideProvider, pairBesideProvider } from "../outbound/beside-provider.ts";
import {
  bringAlong,
  makeConnection,
  makeDatasource,
  readConnection,
  refreshNow,
  throughProxy,
} from "../outbound/calls.ts";
import { hourMs } from "../outbound/provider.ts";
import { stores } from "../stores.ts";

/** Connections that nobody uses are renewed all the same: once, and only where there is a reason to. */

for (const { name, settings } of stores) {
  describe(`connections that nobody uses, on ${name}`, () => {
    const { server, provider } = besideProvider(settings, inBackground);

    /** With a token of an hour. */
    async function connected(datasourceId: string, owner: string): Promise<string> {
      const refresh_token = provider.issueRefreshToken();
      const { id } = await makeConnection(server, datasourceId, { owner, refresh_token });
      assert.equal((await refreshNow(server, id)).status, 200);
      return id;
    }

    test("are renewed before they end, each once, more of them than one page holds", async () => {
      const datasourceId = await makeDatasource(server, provider);
      const ids: string[] = [];
      for (let count = 0; count < 210; count += 1) {
        ids.push(await connected(datasourceId, `user-${count}`));
      }
      const before = provider.refreshes();
      server.clock.advance(hourMs - 60_000);
      const allRenewed = before + ids.length;
      await untilJobs(server, "all are renewed", () => provider.refreshes() >= allRenewed);
      for (const id of ids) {
        await untilJobs(server, `${id} is connected`, async () => {
          return (await readConnection(server, id)).state === "connected";
        });
      }
      assert.equal((await throughProxy(server, ids[0]!)).status, 200);
      assert.equal(provider.refreshes(), allRenewed);
    });

    test("tell that they must be reconnected before anybody wants to use them", async () => {
      const lost = await connected(await makeDatasource(server, provider), "somebody");
      provider.refreshTokens.clear();
      server.clock.advance(hourMs - 60_000);
      await untilJobs(server, "its end is known", async () => {
        const { state } = await readConnection(server, lost);
        return state === "reconnect_required";
      });
      const { body } = await call(server, "GET", `/v2/audit_events?subject_id=${lost}`);
      assert.ok(JSON.stringify(body).includes("connection.reconnect_required"));
    });

    test("leave the provider alone where it wants to be left alone, and where a machine connects", async () => {
      const own = { grant_type: "client_credentials", authorization_url: undefined };
      const machine = await makeConnection(server, await makeDatasource(server, provider, own));
      assert.equal((await throughProxy(server, machine.id)).status, 200);
      const busy = await connected(await makeDatasource(server, provider), "busy");
      let refusals = 0;
      provider.onToken = (_asked, response) => {
        refusals += 1;
        response.writeHead(503, { "retry-after": "600" }).end();
        return true;
      };
      server.clock.advance(hourMs - 60_000);
      await untilJobs(server, "it was told to wait", async () => refusals > 0);
      // Another one shows that the job has looked again.
      const next = await makeDatasource(server, provider);
      provider.onToken = ({ parameters }, response) => {
        if (provider.refreshTokens.has(parameters["refresh_token"] ?? "")) return false;
        refusals += 1;
        response.writeHead(500).end();
        return true;
      };
      const later = await connected(next, "later");
      const before = provider.refreshes();
      server.clock.advance(hourMs - 60_000);
      await untilJobs(server, "both are renewed", () => provider.refreshes() >= before + 2);
      provider.onToken = undefined;
      for (const id of [busy, later]) {
        await untilJobs(server, "it is connected", async () => {
          return (await readConnection(server, id)).state === "connected";
        });
      }
      assert.equal(refusals, 1);
      const machineRequests = provider.tokenRequests.filter(
        ({ parameters }) => parameters["grant_type"] === "client_credentials",
      );
      assert.equal(machineRequests.length, 1);
    });
  });

  describe(`two processes with a connection that nobody uses, on ${name}`, () => {
    const { pair, provider } = pairBesideProvider(settings, inBackground);

    test("renew it once", async () => {
      const { id } = await bringAlong(pair.one, provider);
      provider.lifetimeSeconds = 2;
      assert.equal((await refreshNow(pair.one, id)).status, 200);
      provider.lifetimeSeconds = 3_600;
      const before = provider.refreshes();
      await until("it is renewed", () => provider.refreshes() > before);
      await until("it is connected", async () => {
        return (await readConnection(pair.two, id)).state === "connected";
      });
      for (const server of [pair.one, pair.two]) {
        assert.equal((await throughProxy(server, id)).status, 200);
      }
      assert.equal(provider.refreshes(), before + 1);
    });
  });
}
