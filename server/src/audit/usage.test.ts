import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import * as fc from "fast-check";
import { start, usageScene } from "../../test/usage-scene.ts";
import { minuteMs } from "./usage.ts";

const scene = usageScene();
const { open, use, counted, secondPasses, lastUse } = scene;

const totalOf = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

describe("counting tokens", () => {
  test("counts by client, credential, outcome and minute", async () => {
    scene.usage.issued(use());
    scene.usage.issued(use());
    scene.usage.issued(use({ credentialId: "crd_2" }));
    scene.usage.issued(use({ clientId: "client_2", credentialId: "crd_3" }));
    const nobody = { tenantId: scene.tenantId, clientId: undefined, credentialId: undefined };
    scene.usage.refused({ ...nobody, clientId: "client_1" }, "wrong_secret");
    scene.usage.refused(nobody, "unknown_client");
    scene.nowMs += minuteMs - 1;
    scene.usage.issued(use());
    scene.nowMs += 1;
    scene.usage.issued(use());
    await scene.usage.flush();
    assert.deepEqual(await counted(), {
      "0 client_1 crd_1 issued": 3,
      "0 client_1 crd_2 issued": 1,
      "0 client_2 crd_3 issued": 1,
      "0 client_1  wrong_secret": 1,
      "0   unknown_client": 1,
      "1 client_1 crd_1 issued": 1,
    });
    const { issued, refused } = scene.usage.totals();
    assert.equal(issued, 6);
    assert.deepEqual(
      [...refused],
      [
        ["wrong_secret", 1],
        ["unknown_client", 1],
      ],
    );
  });

  test("writes once a second, however much there is", async () => {
    for (let index = 0; index < 5_000; index += 1) {
      scene.usage.issued(
        use({ clientId: `client_${index % 50}`, credentialId: `crd_${index % 100}` }),
      );
    }
    assert.equal(scene.batches.length, 0);
    await secondPasses();
    await scene.usage.flush();
    assert.equal(scene.batches.length, 2);
    assert.equal(scene.batches[0]?.counts.length, 100);
    assert.deepEqual(scene.batches[1]?.counts, []);
    assert.equal(totalOf(await counted()), 5_000);
  });

  test("counts one thing of two processes together", async () => {
    const other = open();
    for (const one of [scene.usage, other, scene.usage]) {
      one.issued(use());
      await one.flush();
    }
    assert.deepEqual(await counted(), { "0 client_1 crd_1 issued": 3 });
  });

  test("writes each number once, however often the store is down", async () => {
    const steps = fc.array(
      fc.record({ issued: fc.nat(3), isDown: fc.boolean(), passedMs: fc.nat(90_000) }),
      { maxLength: 12 },
    );
    let [counts, findings] = [0, 0];
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        let issued = 0;
        for (const step of steps) {
          for (let count = 0; count < step.issued; count += 1) scene.usage.issued(use());
          const subject = {
            tenantId: scene.tenantId,
            clientId: "client_1",
            credentialId: undefined,
          };
          scene.usage.refused(subject, "wrong_secret");
          scene.usage.seenFromBrowser(use(), "https://app.example.com");
          issued += step.issued;
          scene.isDown = step.isDown;
          scene.meanwhile = () => scene.usage.issued(use());
          await scene.usage.flush();
          scene.meanwhile = () => undefined;
          issued += 1;
          scene.nowMs += step.passedMs;
        }
        scene.isDown = false;
        await scene.usage.flush();
        counts += issued + steps.length;
        findings += steps.length;
        assert.equal(totalOf(await counted()), counts);
        const [finding] = await scene.store.listFindings(scene.tenantId, ["client_1"]);
        assert.equal(finding?.count ?? 0, findings);
      }),
      { numRuns: 15 },
    );
  });

  test("records a gap for what it has no room for, until it is written", async () => {
    scene.usage = open(10);
    scene.isDown = true;
    for (let minute = 0; minute < 10; minute += 1) {
      scene.usage.issued(use());
      scene.nowMs += minuteMs;
    }
    await scene.usage.flush();
    assert.deepEqual(scene.batches[0]?.gaps, []);
    const fullAtMs = scene.nowMs;
    for (let count = 0; count < 3; count += 1) {
      scene.usage.issued(use());
      scene.nowMs += 5_000;
      await scene.usage.flush();
    }
    scene.isDown = false;
    await scene.usage.flush();
    assert.deepEqual(await scene.store.listGaps(0), [{ fromMs: fullAtMs, untilMs: scene.nowMs }]);
    assert.equal(totalOf(await counted()), 10);
    // It is over: there is room again.
    scene.nowMs += 1_000;
    scene.usage.issued(use());
    await scene.usage.flush();
    assert.equal((await scene.store.listGaps(0)).length, 1);
    assert.equal(totalOf(await counted()), 11);
  });

  test("records a gap when there is no room to note who was used", async () => {
    scene.usage = open(10);
    for (let index = 0; index < 11; index += 1) {
      scene.usage.issued(use({ credentialId: `crd_${index}` }));
      await scene.usage.flush();
    }
    assert.equal((await scene.store.listGaps(0)).length, 1);
  });

  test("records a gap when the room was taken while a write failed", async () => {
    scene.usage = open(10);
    scene.isDown = true;
    scene.usage.issued(use());
    scene.meanwhile = () => {
      for (let minute = 1; minute <= 10; minute += 1) {
        scene.nowMs += minuteMs;
        scene.usage.issued(use());
      }
    };
    await scene.usage.flush();
    scene.meanwhile = () => undefined;
    scene.isDown = false;
    await scene.usage.flush();
    assert.deepEqual(await scene.store.listGaps(0), [{ fromMs: start, untilMs: scene.nowMs }]);
  });

  test("records a gap that began while something was written", async () => {
    scene.usage = open(10);
    scene.meanwhile = () => {
      for (let index = 0; index < 11; index += 1) {
        scene.usage.issued(use({ credentialId: `crd_${index}` }));
      }
    };
    await scene.usage.flush();
    scene.meanwhile = () => undefined;
    assert.deepEqual(await scene.store.listGaps(0), []);
    scene.nowMs += 1_000;
    await scene.usage.flush();
    assert.deepEqual(await scene.store.listGaps(0), [{ fromMs: start, untilMs: scene.nowMs }]);
  });
});

describe("stopping", () => {
  /** Whether the processes that are gone by now left a gap. */
  async function hasGap(): Promise<boolean> {
    scene.nowMs += 10 * minuteMs;
    await scene.store.closeSilentProcesses({
      silentSinceMs: scene.nowMs - minuteMs,
      atMs: scene.nowMs,
    });
    return (await scene.store.listGaps(0)).length > 0;
  }

  test("writes what is left and leaves no gap", async () => {
    scene.usage.issued(use());
    await scene.usage.flush();
    scene.usage.issued(use());
    await scene.usage.stop();
    assert.deepEqual(await counted(), { "0 client_1 crd_1 issued": 2 });
    assert.equal(await hasGap(), false);
    const before = scene.batches.length;
    mock.timers.tick(60_000);
    assert.equal(scene.batches.length, before);
  });

  test("does not wait for a write of each second in which the store was silent", async () => {
    const silence = Promise.withResolvers<void>();
    scene.silence = silence.promise;
    await secondPasses();
    for (let second = 0; second < 600; second += 1) {
      scene.usage.issued(use());
      mock.timers.tick(1_000);
    }
    const stopped = scene.usage.stop();
    silence.resolve();
    await stopped;
    assert.equal(scene.batches.length, 2);
    assert.deepEqual(await counted(), { "0 client_1 crd_1 issued": 600 });
    assert.equal(await hasGap(), false);
  });

  test("leaves a gap when a process ends without it", async () => {
    scene.usage.issued(use());
    await scene.usage.flush();
    assert.equal(await hasGap(), true);
  });

  test("leaves a gap when the last counts cannot be written", async () => {
    scene.usage.issued(use());
    await scene.usage.flush();
    scene.usage.issued(use());
    scene.isDown = true;
    await scene.usage.stop().catch(() => undefined);
    scene.isDown = false;
    assert.equal(await hasGap(), true);
  });

  test("leaves a gap when only the last use cannot be written", async () => {
    scene.usage.issued(use());
    await scene.usage.flush();
    scene.nowMs += 1_000;
    scene.usage.issued(use());
    await scene.usage.flush();
    scene.isDown = true;
    // The store is back for the goodbye, but not for what should have come before it.
    scene.meanwhile = () => {
      queueMicrotask(() => (scene.isDown = false));
    };
    await scene.usage.stop();
    assert.equal((await lastUse())?.lastUsedAtMs, start);
    assert.equal(await hasGap(), true);
  });
});

test("findings of one kind become one row: how often, since when, and where last", async () => {
  for (const origin of ["https://a.example", "https://b.example", `https://${"c".repeat(500)}`]) {
    scene.usage.seenFromBrowser(use(), origin);
    scene.nowMs += 1_000;
  }
  scene.usage.seenFromBrowser(use({ clientId: "client_2" }), "https://a.example");
  await scene.usage.flush();
  assert.equal(scene.batches[0]?.findings.length, 2);
  assert.equal(scene.batches[0]?.findings[0]?.origin.length, 200);
  scene.usage.seenFromBrowser(use(), "https://older.example");
  scene.nowMs += 1_000;
  // While the store is down another one comes: what failed is older than that.
  scene.isDown = true;
  scene.meanwhile = () => scene.usage.seenFromBrowser(use(), "https://d.example");
  await scene.usage.flush();
  scene.isDown = false;
  scene.meanwhile = () => undefined;
  await scene.usage.flush();
  const [finding] = await scene.store.listFindings(scene.tenantId, ["client_1"]);
  assert.deepEqual(finding, {
    tenantId: scene.tenantId,
    clientId: "client_1",
    kind: "secret_from_browser",
    origin: "https://d.example",
    count: 5,
    firstSeenAtMs: start,
    lastSeenAtMs: start + 4_000,
  });
});
