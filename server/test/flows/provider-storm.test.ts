import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, test } from "node:test";
import { call } from "../calls.ts";
import { inBackground, untilJobs } from "../outbound/background.ts";
import {
  makeConnection,
  makeDatasource,
  readConnection,
  refreshNow,
  throughProxy,
  type ProxyAnswer,
} from "../outbound/calls.ts";
import {
  loopback,
  send,
  startOutsideProvider,
  type OutsideProvider,
} from "../outbound/provider.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

/**
 * A provider that is in trouble while many connections of one datasource want new tokens: it is asked
 * a few times and then left alone, no connection is the worse for it, and none is forgotten.
 */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** So many are renewed at a time; those after the third failure that are on their way still come in. */
const underWayMax = 3 + 8;

for (const { name, settings } of stores) {
  describe(`a provider in trouble, on ${name}`, () => {
    let server: InProcessServer;
    let provider: OutsideProvider;
    /** Another provider, with which nothing is wrong. */
    let witness: OutsideProvider;
    beforeEach(async () => {
      provider = await startOutsideProvider();
      witness = await startOutsideProvider();
    });
    afterEach(async () => {
      await server.stop();
      await provider.stop();
      await witness.stop();
    });

    const start = async (own: Record<string, string>): Promise<void> => {
      server = await startServer({ ...(await settings()), ...own });
    };

    /** With tokens of an hour. */
    async function connect(count: number): Promise<{ datasourceId: string; ids: string[] }> {
      const datasourceId = await makeDatasource(server, provider);
      const ids: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const refresh_token = provider.issueRefreshToken();
        const made = await makeConnection(server, datasourceId, {
          owner: `user-${index}`,
          refresh_token,
        });
        assert.equal((await refreshNow(server, made.id)).status, 200);
        ids.push(made.id);
      }
      return { datasourceId, ids };
    }

    function storm(headers: Record<string, string> = {}, status = 503): void {
      provider.onToken = (_asked, response: ServerResponse) => {
        response.writeHead(status, headers).end();
        return true;
      };
    }

    const calm = (): void => void (provider.onToken = undefined);

    const leftAlone = async (): Promise<number> => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return Number(/^countersign_providers_left_alone (\d+)$/m.exec(text)![1]);
    };
    const untilLeftAlone = () =>
      untilJobs(server, "it is left alone", async () => (await leftAlone()) === 1);

    /** The job has gone through all that was due, once more, and nothing is on its way. */
    async function untilJobHasLooked(): Promise<void> {
      witness.lifetimeSeconds = 1;
      const datasourceId = await makeDatasource(server, witness);
      const refresh_token = witness.issueRefreshToken();
      const { id } = await makeConnection(server, datasourceId, { refresh_token });
      await refreshNow(server, id);
      witness.lifetimeSeconds = 30 * 24 * 3_600;
      server.clock.advance(1_000);
      const before = witness.refreshes();
      await untilJobs(server, "the job has looked", () => witness.refreshes() > before);
    }

    async function assertAllConnected(ids: readonly string[]): Promise<void> {
      const found = await Promise.all(ids.map((id) => readConnection(server, id)));
      assert.deepEqual([...new Set(found.map(({ state }) => state))], ["connected"]);
    }

    async function untilRenewed(ids: readonly string[]): Promise<void> {
      for (const id of ids) {
        await untilJobs(server, `${id} is renewed`, async () => {
          const { expires_at: end } = await readConnection(server, id);
          return Date.parse(end!) > server.clock.now();
        });
      }
    }

    function assertUnavailable({ status, headers, text }: ProxyAnswer): void {
      assert.deepEqual([status, JSON.parse(text).code], [503, "provider_unavailable"]);
      assert.ok(Number(headers.get("retry-after")) >= 1);
    }

    test("is asked by one at a time while forty are due, and then renews them all, each once", async () => {
      await start(inBackground);
      const { ids } = await connect(40);
      // However long the job takes to look, no pause is over before it is said.
      server.clock.stop();
      storm();
      const before = provider.refreshes();
      server.clock.advance(hourMs + minuteMs);
      await untilLeftAlone();
      await untilJobHasLooked();
      let asked = provider.refreshes();
      assert.ok(asked - before >= 3 && asked - before <= underWayMax, `${asked - before} calls`);
      assertUnavailable(await throughProxy(server, ids[39]!));
      // Longer than any first pause.
      server.clock.advance(minuteMs);
      await untilJobs(server, "somebody looks", () => provider.refreshes() > asked);
      await untilLeftAlone();
      await untilJobHasLooked();
      asked += 1;
      assert.equal(provider.refreshes(), asked);
      await assertAllConnected(ids);
      calm();
      server.clock.advance(6 * minuteMs);
      await untilRenewed(ids);
      assert.equal(provider.refreshes(), asked + ids.length);
      assert.equal(await leftAlone(), 0);
      for (const id of ids) assert.equal((await throughProxy(server, id)).status, 200);
    });

    test("is left alone for as long as it wants, and tokens that are good are used meanwhile", async () => {
      await start(inBackground);
      const { ids } = await connect(20);
      storm({ "retry-after": "600" }, 429);
      const before = provider.refreshes();
      server.clock.advance(hourMs - 4 * minuteMs);
      await untilLeftAlone();
      await untilJobHasLooked();
      const asked = provider.refreshes();
      assert.ok(asked - before <= underWayMax, `${asked - before} calls`);
      for (const id of ids) assert.equal((await throughProxy(server, id)).status, 200);
      // Within its last seconds a token is used as well, when there is no other.
      const { expires_at: end } = await readConnection(server, ids[0]!);
      server.clock.advance(Date.parse(end!) - server.clock.now() - 18_000);
      for (const id of ids) assert.equal((await throughProxy(server, id)).status, 200);
      server.clock.advance(minuteMs);
      const waits = await Promise.all(ids.map((id) => throughProxy(server, id)));
      waits.forEach(assertUnavailable);
      const seconds = waits.map(({ headers }) => Number(headers.get("retry-after")));
      assert.ok(Math.min(...seconds) > 120, `${Math.min(...seconds)} s`);
      await untilJobHasLooked();
      assert.equal(provider.refreshes(), asked);
      calm();
      server.clock.advance(10 * minuteMs);
      await untilRenewed(ids);
      assert.equal(provider.refreshes(), asked + ids.length);
    });

    test("answers people who refresh by hand, and with them all others", async () => {
      await start(loopback);
      const { ids } = await connect(6);
      storm({ "retry-after": "3600" });
      server.clock.advance(hourMs + minuteMs);
      const before = provider.refreshes();
      for (const id of ids) assertUnavailable(await throughProxy(server, id));
      assert.equal(provider.refreshes(), before + 3, "the others were told without a call");
      await refreshNow(server, ids[5]!);
      assert.equal(provider.refreshes(), before + 4);
      await assertAllConnected(ids);
      assertUnavailable(await throughProxy(server, ids[4]!));
      assert.equal(provider.refreshes(), before + 4);
      calm();
      assert.equal((await refreshNow(server, ids[5]!)).status, 200);
      assert.equal(await leftAlone(), 0);
      assert.equal((await throughProxy(server, ids[4]!)).status, 200);
      assert.equal(provider.refreshes(), before + 6);
    });

    test("is asked at once when the datasource was changed", async () => {
      await start(loopback);
      const { datasourceId, ids } = await connect(5);
      storm({ "retry-after": "3600" });
      server.clock.advance(hourMs + minuteMs);
      for (const id of ids) assertUnavailable(await throughProxy(server, id));
      calm();
      assertUnavailable(await throughProxy(server, ids[4]!));
      const body = { custom_refresh_headers: [{ key: "x-tenant", value: "one" }] };
      const path = `/v2/datasources/${datasourceId}`;
      assert.equal((await call(server, "PATCH", path, { body })).status, 200);
      assert.equal((await throughProxy(server, ids[4]!)).status, 200);
    });

    test("is not asked either about what an administrator may have mended", async () => {
      await start(loopback);
      const { ids } = await connect(4);
      server.clock.advance(hourMs + minuteMs);
      provider.onToken = (_asked, response) => {
        send(response, 401, { error: "invalid_client" });
        return true;
      };
      assert.equal((await throughProxy(server, ids[0]!)).status, 409);
      storm({ "retry-after": "3600" });
      for (const id of ids.slice(1)) assertUnavailable(await throughProxy(server, id));
      server.clock.advance(minuteMs);
      const before = provider.refreshes();
      const told = await throughProxy(server, ids[0]!);
      assertUnavailable(told);
      assert.ok(Number(told.headers.get("retry-after")) > 3_000, "it is told how long");
      assert.equal((await readConnection(server, ids[0]!)).state, "reconnect_required");
      assert.equal(provider.refreshes(), before);
      calm();
      await refreshNow(server, ids[1]!);
      assert.equal((await throughProxy(server, ids[0]!)).status, 200);
      await assertAllConnected(ids.slice(0, 2));
    });

    test("keeps nobody waiting whose token it may have taken already", async () => {
      await start({ ...loopback, COUNTERSIGN_PROVIDER_TIMEOUT_SECONDS: "1" });
      const { ids } = await connect(5);
      server.clock.advance(hourMs + minuteMs);
      provider.onToken = (_asked, response) => {
        response.destroy();
        return true;
      };
      assertUnavailable(await throughProxy(server, ids[0]!));
      storm({ "retry-after": "3600" });
      for (const id of ids.slice(1)) assertUnavailable(await throughProxy(server, id));
      calm();
      server.clock.advance(10_000);
      const before = provider.refreshes();
      assertUnavailable(await throughProxy(server, ids[4]!));
      assert.equal(provider.refreshes(), before);
      assert.equal((await throughProxy(server, ids[0]!)).status, 200);
      await assertAllConnected(ids);
      assert.equal((await throughProxy(server, ids[4]!)).status, 200);
    });
  });
}
