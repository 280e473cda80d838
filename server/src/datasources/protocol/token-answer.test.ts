import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { describeProvider } from "../describe-provider.ts";
import { standard } from "../profiles/standard.ts";
import type { Step } from "../provider.ts";
import { ProviderError } from "./provider-error.ts";
import { parseTokenAnswer } from "./token-answer.ts";

const provider = describeProvider(standard, { clientId: "c" });
const nowMs = 1_800_000_000_000;

interface Options {
  status?: number;
  step?: Step;
  type?: string;
  headers?: Record<string, string>;
}

function parse(
  body: unknown,
  { status = 200, step = "exchange", type = "application/json", headers = {} }: Options = {},
) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = { status, headers: { "content-type": type, ...headers }, body: Buffer.from(text) };
  const previous = { accessToken: "old", refreshToken: "kept" };
  return parseTokenAnswer(provider, answer, { step, nowMs, previous });
}

function refusal(body: unknown, options?: Parameters<typeof parse>[1]): string {
  try {
    parse(body, options);
  } catch (error) {
    if (error instanceof ProviderError) return `${error.kind} ${error.causeName}`;
    throw error;
  }
  return "accepted";
}

test("reads lifetimes in every form, and ignores nonsense (G4, G16)", () => {
  const seconds = (members: object) => {
    const { expiresAtMs } = parse({ access_token: "t", ...members }).tokens;
    return expiresAtMs === undefined ? undefined : (expiresAtMs - nowMs) / 1000;
  };
  assert.equal(seconds({ expires_in: 60 }), 60);
  assert.equal(seconds({ expires_in: "60" }), 60);
  assert.equal(seconds({ expires: 60 }), 60);
  assert.equal(seconds({ expires: nowMs / 1000 + 60 }), 60);
  assert.equal(seconds({ expires_at: String(nowMs / 1000 + 60) }), 60);
  assert.equal(seconds({ expires_at: nowMs + 60_000 }), 60);
  assert.equal(seconds({ expires_in: 3_600_000_000 }), 3_600_000);
  for (const value of ["NaN", "Infinity", -1, {}, [], true, "1e9", "", null, 1e300]) {
    assert.equal(seconds({ expires_in: value }), undefined, JSON.stringify(value));
  }
});

test("reads a lifetime of the wrong unit as what it must have been (G16)", () => {
  const ends = (members: object) => parse({ access_token: "t", ...members }).tokens.expiresAtMs;
  const endsAtMs = nowMs + 60_000;
  assert.equal(ends({ expires_in: endsAtMs / 1000 }), endsAtMs);
  assert.equal(ends({ expires_in: endsAtMs }), endsAtMs);
  assert.equal(ends({ expires_in: String(endsAtMs) }), endsAtMs);
  assert.equal(ends({ expires_in: new Date(endsAtMs).toISOString() }), endsAtMs);
});

test("measures an end by the provider's own clock when that runs behind (G16)", () => {
  const ends = (agoMs: number, headers: Record<string, string>) =>
    parse({ access_token: "t", expires_at: (nowMs - agoMs) / 1000 }, { headers }).tokens
      .expiresAtMs;
  const hourMs = 3_600_000;
  const date = new Date(nowMs - 2 * hourMs).toUTCString();
  assert.equal(ends(hourMs, { date }), nowMs + hourMs);
  // Nothing explains that a new token should have ended already.
  assert.equal(ends(hourMs, {}), undefined);
  assert.equal(ends(hourMs, { date: "yesterday" }), undefined);
  assert.equal(ends(hourMs, { date: new Date(nowMs).toUTCString() }), undefined);
});

test("waits as long as a date says by the clock that wrote it", () => {
  const behindMs = nowMs - 3_600_000;
  const headers = {
    date: new Date(behindMs).toUTCString(),
    "retry-after": new Date(behindMs + 30_000).toUTCString(),
  };
  assert.throws(
    () => parse({}, { status: 503, step: "refresh", headers }),
    (error) => error instanceof ProviderError && error.retryAfterMs === 30_000,
  );
});

test("refuses what could be read in two ways (G4)", () => {
  const unsafe = "config_error unsafe_answer";
  assert.equal(refusal('{"access_token":"a","access_token":"b"}'), unsafe);
  assert.equal(refusal('{"access_token":"a","x":{"__proto__":{}}}'), unsafe);
  assert.equal(refusal("access_token=a&access_token=b"), unsafe);
  assert.equal(refusal(`{"access_token":"a","x":${"[".repeat(20)}${"]".repeat(20)}}`), unsafe);
  assert.equal(refusal({ access_token: "a", x: "x".repeat(300_000) }), unsafe);
  assert.equal(refusal({ access_token: "a\r\nx: y" }), unsafe);
  assert.equal(refusal({ access_token: 42 }), unsafe);
  assert.equal(refusal({ access_token: "a", refresh_token: {} }), unsafe);
});

test("knows what it cannot know after a refresh (G16)", () => {
  const refresh = { step: "refresh" as Step };
  const lost = "outcome_unknown answer_unreadable_after_use";
  assert.equal(refusal("<html>maintenance</html>", refresh), lost);
  assert.equal(refusal('{"access_token":"a', refresh), lost);
  assert.equal(refusal({}, refresh), lost);
  assert.equal(refusal("", { ...refresh, status: 502 }), "outcome_unknown answer_lost");
  assert.equal(refusal("", { ...refresh, status: 503 }), "provider_transient provider_failing");
  assert.equal(refusal("", { ...refresh, status: 429 }), "rate_limited rate_limited");
  assert.equal(
    refusal({ error: "invalid_grant" }, { ...refresh, status: 400 }),
    "reconnect_required refresh_token_refused",
  );
  assert.equal(refusal("<html>", { status: 404 }), "config_error token_url_wrong");
  assert.equal(
    refusal({ access_token: "a", token_type: "mac" }),
    "config_error token_type_unsupported",
  );
});

test("keeps a refresh token that the answer omits or nulls (G16)", () => {
  for (const members of [{}, { refresh_token: null }, { refresh_token: "" }]) {
    const { tokens, tolerances } = parse({ access_token: "a", ...members }, { step: "refresh" });
    assert.deepEqual([tokens.refreshToken, tokens.hasNewRefreshToken], ["kept", false]);
    assert.ok(tolerances.includes("refresh_token_kept"));
  }
});

test("reads a byte order mark, nested tokens and lists, and says so (G16)", () => {
  const { tokens, tolerances } = parse(
    `\ufeff${JSON.stringify({ data: { access_token: "a", token_type: "odd", scope: ["x", "y"] } })}`,
    { type: "text/html", status: 201 },
  );
  assert.deepEqual([tokens.accessToken, tokens.scopes], ["a", ["x", "y"]]);
  assert.deepEqual([...tolerances].toSorted(), [
    "byte_order_mark",
    "lifetime_missing",
    "nested_members",
    "scope_as_list",
    "token_type_unknown",
    "unusual_status",
    "wrong_content_type",
  ]);
});

test("never throws anything but its own errors, whatever comes (G4)", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.object().map((one) => JSON.stringify({ access_token: "a", ...one })),
  );
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 200, max: 599 }),
      (text, status) => void refusal(text, { status }),
    ),
  );
});
