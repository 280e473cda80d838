import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { sampleCredential } from "../store/contract/records.contract.ts";
import type { CredentialRecord, CredentialUse, UsageGap } from "../store/records.ts";
import { judgeRemoval } from "./safe-to-remove.ts";

const dayMs = 86_400_000;
const quietMs = 7 * dayMs;
const start = 1_700_000_000_000;
const day = (count: number): number => start + count * dayMs;

const made = (id: string, atDay: number, own: Partial<CredentialRecord> = {}): CredentialRecord =>
  sampleCredential(
    { tenantId: "tnt_1", clientId: "client" },
    { id, createdAtMs: day(atDay), ...own },
  );

const used = (credentialId: string, firstDay: number, lastDay = firstDay): CredentialUse => ({
  tenantId: "tnt_1",
  credentialId,
  firstUsedAtMs: day(firstDay),
  lastUsedAtMs: day(lastDay),
  address: "192.0.2.1",
  userAgent: "curl",
});

/** The old one of day 0, and the new one that was first used on day 10. */
function judge(
  atDay: number,
  {
    old = {},
    other = {},
    uses = [used("old", 0, 5), used("new", 10, 11)],
    gaps = [],
    of = "old",
  }: {
    old?: Partial<CredentialRecord>;
    other?: Partial<CredentialRecord>;
    uses?: CredentialUse[];
    gaps?: UsageGap[];
    of?: "old" | "new";
  } = {},
) {
  const credentials = [made("old", 0, old), made("new", 1, other)];
  const credential = credentials.find(({ id }) => id === of)!;
  return judgeRemoval({ credential, credentials, uses, gaps, atMs: day(atDay), quietMs });
}

test("an old credential is safe after seven quiet days of the newer one, and not before", () => {
  assert.equal(judge(16.999).safe, false);
  assert.match(judge(16.999).reason, /7 days/);
  assert.equal(judge(17).safe, true);
  assert.equal(judge(17).quietSinceMs, day(10));
});

test("the days before the newer one was used do not count", () => {
  assert.equal(judge(1_000, { uses: [used("old", 0, 5)] }).safe, false);
  assert.match(judge(1_000, { uses: [] }).reason, /no newer credential is in use/);
  assert.equal(judge(17, { uses: [used("new", 10)] }).safe, true);
});

test("a use of the old one starts the days anew", () => {
  const uses = [used("old", 0, 16), used("new", 10, 16)];
  assert.equal(judge(22.999, { uses }).safe, false);
  assert.equal(judge(22.999, { uses }).quietSinceMs, day(16));
  assert.equal(judge(23, { uses }).safe, true);
});

test("a moment in which nobody counted starts the days anew", () => {
  const gaps = [
    { fromMs: day(12), untilMs: day(12.5) },
    { fromMs: day(2), untilMs: day(3) },
  ];
  assert.equal(judge(19.499, { gaps }).safe, false);
  assert.equal(judge(19.499, { gaps }).quietSinceMs, day(12.5));
  assert.equal(judge(19.5, { gaps }).safe, true);
  assert.equal(judge(17, { gaps: gaps.slice(1) }).safe, true);
});

test("a newer one that does not work is no reason to remove the old one", () => {
  const dead: Partial<CredentialRecord>[] = [
    { revokedAtMs: day(12) },
    { expiresAtMs: day(12) },
    { disabledAtMs: day(12) },
    { disabledAtMs: day(12), disabledUntilMs: day(90) },
  ];
  for (const other of dead) assert.equal(judge(40, { other }).safe, false, JSON.stringify(other));
  const back = { disabledAtMs: day(12), disabledUntilMs: day(13) };
  assert.equal(judge(40, { other: back }).safe, true);
});

test("the newest is never safe, nor is one of two that came together", () => {
  assert.equal(judge(1_000, { of: "new" }).safe, false);
  const same = { createdAtMs: day(0) };
  assert.equal(judge(1_000, { of: "old", other: same }).safe, false);
  assert.equal(judge(1_000, { of: "new", other: same }).safe, false);
});

test("what is revoked or has expired is safe at once, even the only one", () => {
  for (const old of [{ revokedAtMs: day(1) }, { expiresAtMs: day(1) }]) {
    assert.equal(judge(2, { old, uses: [] }).safe, true);
  }
  const disabled = { disabledAtMs: day(1) };
  assert.equal(judge(12, { old: disabled }).safe, false);
  assert.equal(judge(17, { old: disabled }).safe, true);
});

test("removing all that is called safe never takes away what was used in the last seven days", () => {
  const times = fc.double({ min: 0, max: 40, noNaN: true });
  const credentials = fc.array(
    fc.record({
      createdDay: times,
      useDays: fc.array(times, { maxLength: 3 }),
      revokedDay: fc.option(times, { nil: undefined }),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const gapDays = fc.array(times, { maxLength: 2 });
  fc.assert(
    fc.property(credentials, gapDays, times, (planned, gapDays, nowDay) => {
      const atMs = day(nowDay);
      const all = planned.map(({ createdDay, revokedDay }, index) =>
        made(`c${index}`, createdDay, {
          revokedAtMs: revokedDay === undefined ? undefined : day(revokedDay),
        }),
      );
      const uses = planned.flatMap(({ createdDay, useDays }, index) => {
        const days = useDays.map((later) => createdDay + later).filter((at) => at <= nowDay);
        return days.length === 0 ? [] : [used(`c${index}`, Math.min(...days), Math.max(...days))];
      });
      const gaps = gapDays.map((at) => ({
        fromMs: day(at - 1),
        untilMs: day(Math.min(at, nowDay)),
      }));
      const isSafe = (credential: CredentialRecord) =>
        judgeRemoval({ credential, credentials: all, uses, gaps, atMs, quietMs }).safe;
      const live = all.filter(({ revokedAtMs }) => revokedAtMs === undefined);
      const left = live.filter((credential) => !isSafe(credential));
      assert.ok(live.length === 0 || left.length > 0);
      for (const credential of live.filter(isSafe)) {
        const last = uses.find(({ credentialId }) => credentialId === credential.id)?.lastUsedAtMs;
        assert.ok(last === undefined || atMs - last >= quietMs);
        for (const { untilMs } of gaps) assert.ok(atMs - untilMs >= quietMs);
        const kept = uses.filter(({ credentialId }) => left.some(({ id }) => id === credentialId));
        assert.ok(kept.some(({ firstUsedAtMs }) => atMs - firstUsedAtMs >= quietMs));
      }
    }),
    { numRuns: 500 },
  );
});
