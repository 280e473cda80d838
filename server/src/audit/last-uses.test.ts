import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { start, usageScene } from "../../test/usage-scene.ts";
import { system } from "../system.ts";
import { minuteMs } from "./usage.ts";

const scene = usageScene();
const { use, idOf, lastUse } = scene;

describe("the last use of a credential", () => {
  test("is written with where it came from, and when it was first seen", async () => {
    scene.usage.issued(use({ userAgent: undefined }));
    scene.nowMs += 500;
    scene.usage.issued(use({ sourceAddress: "192.0.2.2", userAgent: "x ".repeat(5_000) }));
    await scene.usage.flush();
    assert.deepEqual(await lastUse(), {
      tenantId: scene.tenantId,
      credentialId: idOf("crd_1"),
      firstUsedAtMs: start,
      lastUsedAtMs: start + 500,
      address: "192.0.2.2",
      userAgent: "x ".repeat(100),
    });
  });

  test("is written at most once a minute, and is never more than that behind", async () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(100_000)), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(gaps, async (pauses) => {
        const credentialId = system.randomUuid();
        const first = scene.batches.length;
        const usedAtMs: number[] = [];
        for (const pauseMs of pauses) {
          scene.usage.issued(use({ credentialId }));
          usedAtMs.push(scene.nowMs);
          await scene.usage.flush();
          scene.nowMs += pauseMs;
          // As the timer does.
          await scene.usage.flush();
          const aMinuteAgo = usedAtMs.findLast((atMs) => atMs <= scene.nowMs - minuteMs) ?? 0;
          assert.ok((await lastUse(credentialId))!.lastUsedAtMs >= aMinuteAgo);
        }
        const writes = scene.batches
          .slice(first)
          .filter(({ uses }) => uses.some((one) => one.credentialId === idOf(credentialId)))
          .map(({ atMs }) => atMs);
        for (const [index, atMs] of writes.entries()) {
          assert.ok(index === 0 || atMs - writes[index - 1]! >= minuteMs);
        }
        scene.nowMs += minuteMs;
        await scene.usage.flush();
        if (pauses.length > 0)
          assert.equal((await lastUse(credentialId))?.lastUsedAtMs, usedAtMs.at(-1));
      }),
      { numRuns: 15 },
    );
  });

  test("is not lost when the process stops", async () => {
    for (const pauseMs of [0, 10_000, 20_000]) {
      scene.nowMs += pauseMs;
      scene.usage.issued(use());
      await scene.usage.flush();
    }
    assert.equal((await lastUse())?.lastUsedAtMs, start);
    await scene.usage.stop();
    assert.equal((await lastUse())?.lastUsedAtMs, start + 30_000);
  });

  test("is not lost when it came in the same moment as a write", async () => {
    scene.usage.issued(use());
    scene.nowMs += 5;
    scene.meanwhile = () => scene.usage.issued(use());
    await scene.usage.flush();
    scene.meanwhile = () => undefined;
    await scene.usage.stop();
    assert.equal((await lastUse())?.lastUsedAtMs, start + 5);
  });

  test("is kept while the store is down", async () => {
    scene.isDown = true;
    scene.usage.issued(use());
    await scene.usage.flush();
    scene.nowMs += 1_000;
    await scene.usage.flush();
    scene.isDown = false;
    await scene.usage.flush();
    assert.equal((await lastUse())?.lastUsedAtMs, start);
  });
});
