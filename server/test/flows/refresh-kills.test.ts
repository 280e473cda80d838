import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../outbound/background.ts";
import { bringAlong, readConnection, throughProxy } from "../outbound/calls.ts";
import { killedBesideProvider, untilItWaits } from "../outbound/killed-process.ts";
import { send } from "../outbound/provider.ts";
import { stores } from "../stores.ts";

/**
 * A process that is killed at each step of a renewal: before it has written what it is about to do,
 * while the provider works, before it has stored the answer, and afterwards. No connection is lost that
 * could be saved, and no state lies.
 */

for (const { name, settings } of stores) {
  describe(`a process that is killed while it renews, on ${name}`, () => {
    const killed = killedBesideProvider(settings);
    const { server, provider, writes } = killed;

    /** Kills the process when its request has come, before or after the provider has done its work. */
    async function killDuringRefresh(isAfterWork: boolean, isForgiving = false): Promise<string> {
      const { id } = await bringAlong(server, provider);
      const gone = new Promise<void>((resolve) => {
        provider.onToken = async (asked, response, work) => {
          provider.onToken = undefined;
          if (isAfterWork) work();
          if (isForgiving) provider.refreshTokens.add(asked.parameters["refresh_token"]!);
          await server.kill();
          response.destroy();
          resolve();
          return true;
        };
      });
      await throughProxy(server, id).catch(() => undefined);
      await gone;
      await killed.killAndReturn();
      return id;
    }

    test("loses nothing when the provider had not acted yet", async () => {
      const id = await killDuringRefresh(false);
      assert.equal((await readConnection(server, id)).state, "refreshing");
      const { status, text } = await throughProxy(server, id);
      assert.equal(status, 200, text);
      assert.equal((await readConnection(server, id)).state, "connected");
    });

    test("loses nothing when the provider takes the same token again for a while", async () => {
      const id = await killDuringRefresh(true, true);
      assert.equal((await throughProxy(server, id)).status, 200);
    });

    test("says that nobody knows when the provider had answered into the void", async () => {
      const id = await killDuringRefresh(true);
      const { status, text } = await throughProxy(server, id);
      assert.deepEqual([status, JSON.parse(text).code], [409, "uncertain"]);
      assert.equal((await readConnection(server, id)).state, "uncertain");
    });

    test("still says so when the provider was too busy for the next try", async () => {
      const id = await killDuringRefresh(true);
      provider.onToken = (_asked, response) => {
        provider.onToken = undefined;
        response.writeHead(503).end();
        return true;
      };
      assert.equal((await throughProxy(server, id)).status, 503);
      await until("it is asked again", async () => (await throughProxy(server, id)).status !== 503);
      assert.equal((await readConnection(server, id)).state, "uncertain");
    });

    test("goes on with what was stored when it is killed afterwards", async () => {
      const { id } = await bringAlong(server, provider);
      assert.equal((await throughProxy(server, id)).status, 200);
      await killed.killAndReturn();
      const before = provider.refreshes();
      assert.equal((await throughProxy(server, id)).status, 200);
      assert.equal(provider.refreshes(), before);
    });

    test("loses nothing, and has sent nothing, when it had not written what it was about to do", async () => {
      const { id } = await bringAlong(server, provider);
      const before = provider.refreshes();
      await writes.take();
      const asked = throughProxy(server, id).catch(() => undefined);
      await untilItWaits();
      await killed.killAndReturn();
      await asked;
      assert.equal(provider.refreshes(), before);
      assert.equal((await readConnection(server, id)).state, "connected");
      assert.equal((await throughProxy(server, id)).status, 200);
      assert.equal(provider.refreshes(), before + 1);
    });

    /** The provider has answered, and its answer was read, when the process is killed. */
    async function killBeforeStoring(isForgiving: boolean): Promise<string> {
      const { id } = await bringAlong(server, provider);
      const answered = new Promise<void>((resolve) => {
        provider.onToken = async ({ parameters }, response, work) => {
          provider.onToken = undefined;
          await writes.take();
          response.once("close", resolve);
          send(response, 200, work());
          if (isForgiving) provider.refreshTokens.add(parameters["refresh_token"]!);
          return true;
        };
      });
      const asked = throughProxy(server, id).catch(() => undefined);
      await answered;
      await untilItWaits();
      await killed.killAndReturn();
      await asked;
      assert.equal((await readConnection(server, id)).state, "refreshing");
      return id;
    }

    test("says that nobody knows when it had an answer and could not store it", async () => {
      const id = await killBeforeStoring(false);
      const { status, text } = await throughProxy(server, id);
      assert.deepEqual([status, JSON.parse(text).code], [409, "uncertain"]);
      assert.equal((await readConnection(server, id)).state, "uncertain");
    });

    test("loses nothing then where the provider takes the same token again", async () => {
      const id = await killBeforeStoring(true);
      assert.equal((await throughProxy(server, id)).status, 200);
      assert.equal((await readConnection(server, id)).state, "connected");
    });

    test("loses nothing when the store comes back while an answer waits for it", async () => {
      const { id } = await bringAlong(server, provider);
      const before = provider.refreshes();
      provider.onToken = async () => {
        provider.onToken = undefined;
        await writes.take();
        return false;
      };
      const asked = throughProxy(server, id);
      await until("it is asked", () => provider.refreshes() > before);
      // Longer than a write may wait: it has failed at least once.
      await sleep(6_000);
      await writes.release();
      await asked;
      await until("it is stored", async () => (await throughProxy(server, id)).status === 200);
      assert.equal(provider.refreshes(), before + 1);
      assert.equal((await readConnection(server, id)).state, "connected");
    });
  });
}
