import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bringAlong, readConnection, throughProxy } from "../outbound/calls.ts";
import { killedBesideProvider, untilItWaits } from "../outbound/killed-process.ts";
import { twoCalls } from "../outbound/profile.ts";
import { send, type OutsideProvider } from "../outbound/provider.ts";
import { stores } from "../stores.ts";

/**
 * A process that is killed between the two calls of a renewal, or held up there until another one has
 * taken over: the refresh token that the first call gave is the one that goes on.
 */

const script = fileURLToPath(new URL("../outbound/main-with-profile.ts", import.meta.url));
const profileOf = (provider: OutsideProvider) => ({
  TEST_PROFILE: JSON.stringify(twoCalls(provider)),
});
const own = { profile: "two_calls" };

for (const { name, settings } of stores) {
  describe(`a process that is killed between two calls, on ${name} (Q35)`, () => {
    const killed = killedBesideProvider(settings, profileOf, script);
    const { server, provider, writes } = killed;
    provider.wantsLogin = true;

    const stateOf = async (id: string) => (await readConnection(server, id)).state;

    /** Begins a renewal, waits until it has come to `moment`, and kills the process. */
    async function killAt(
      moment: (reached: () => void) => void,
      beforeKill: () => Promise<void> = () => Promise.resolve(),
    ): Promise<string> {
      const { id } = await bringAlong(server, provider, own);
      const reached = new Promise<void>((resolve) => {
        moment(resolve);
      });
      const asked = throughProxy(server, id).catch(() => undefined);
      await reached;
      await beforeKill();
      await killed.killAndReturn();
      provider.onToken = undefined;
      provider.onLogin = undefined;
      await asked;
      assert.equal(await stateOf(id), "refreshing");
      return id;
    }

    /** It goes on with what the first call gave, and with one pair of calls more. */
    async function goesOn(id: string): Promise<void> {
      const before = provider.logins.length;
      const { status, text } = await throughProxy(server, id);
      assert.equal(status, 200, text);
      assert.equal(await stateOf(id), "connected");
      assert.equal(provider.logins.length, before + 1);
    }

    test("loses nothing when the second call was under way", async () => {
      const id = await killAt((reached) => {
        provider.onLogin = () => {
          reached();
          // It is not answered any more.
          return new Promise(() => {});
        };
      });
      await goesOn(id);
    });

    test("loses nothing when it had both answers and could not store the second", async () => {
      const id = await killAt((reached) => {
        provider.onLogin = async (response, work) => {
          await writes.take();
          response.once("close", reached);
          send(response, 200, work());
          return true;
        };
      }, untilItWaits);
      await goesOn(id);
    });

    test("makes no second call, and says that nobody knows, when it could not store the first answer", async () => {
      const before = provider.logins.length;
      const id = await killAt((reached) => {
        provider.onToken = async (_asked, response, work) => {
          await writes.take();
          response.once("close", reached);
          send(response, 200, work());
          return true;
        };
      }, untilItWaits);
      assert.equal(provider.logins.length, before);
      const { status, text } = await throughProxy(server, id);
      assert.deepEqual([status, JSON.parse(text).code], [409, "uncertain"]);
      assert.equal(await stateOf(id), "uncertain");
    });

    test("stores no session over what another process has begun meanwhile", async () => {
      const patient = { COUNTERSIGN_PROVIDER_TIMEOUT_SECONDS: "20" };
      const other = await killed.spawnAnother(patient);
      try {
        const { id } = await bringAlong(server, provider, own);
        const held = new Promise<{ response: ServerResponse; members: object }>((resolve) => {
          provider.onLogin = (response, work) => {
            provider.onLogin = undefined;
            resolve({ response, members: work() });
            return true;
          };
        });
        const slow = throughProxy(other, id);
        const { response, members } = await held;
        provider.onToken = async () => {
          provider.onToken = undefined;
          // The one that was held up comes back while the new refresh token is under way.
          send(response, 200, members);
          await sleep(400);
          return false;
        };
        assert.equal((await throughProxy(server, id)).status, 200);
        assert.equal((await slow).status, 200);
        provider.accessTokens.clear();
        assert.equal((await throughProxy(server, id)).status, 200);
        assert.equal(await stateOf(id), "connected");
      } finally {
        await other.stop();
      }
    });
  });
}
