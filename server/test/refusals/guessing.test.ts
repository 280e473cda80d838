import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createFailureBudget } from "../../src/http/failure-budget.ts";
import { basic, createAppClient, requestToken, secretOf, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { checkRefused, checkServes, type TokenAnswer } from "./attack.ts";

const grant = { grant_type: "client_credentials" };
const wrongSecret = "cssk_0000000000000000000000000000000000000000000000000";

describe("guessing secrets", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer({ COUNTERSIGN_TRUSTED_PROXIES: "127.0.0.1" });
  });
  after(() => server.stop());

  const guess = (clientId: string, source: string, secret = wrongSecret) =>
    requestToken(
      server,
      { ...grant, client_id: clientId, client_secret: secret },
      { "x-forwarded-for": source },
    );
  /** The statuses of so many wrong guesses. */
  async function guessOften(clientId: string, count: number, sourceOf: (n: number) => string) {
    const statuses: number[] = [];
    for (let n = 0; n < count; n += 1) statuses.push((await guess(clientId, sourceOf(n))).status);
    return statuses;
  }
  const checkThrottled = (answer: TokenAnswer): void => {
    checkRefused(answer, 429, "temporarily_unavailable");
    assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  };

  test("learns nothing from the answer to an unknown id or a half right secret (A11)", async () => {
    const { client_id, client_secret } = await createAppClient(server);
    const almost = client_secret.slice(0, -1) + (client_secret.endsWith("0") ? "1" : "0");
    const pairs = [
      [client_id, wrongSecret],
      [client_id, `x${client_secret.slice(1)}`],
      [client_id, almost],
      [client_id, `${client_secret}0`],
      ["unknown", client_secret],
      [`${client_id}0`, client_secret],
    ] as const;
    const seen = new Set<string>();
    for (const [id, secret] of pairs) {
      const { status, headers, body } = await requestToken(server, grant, basic(id, secret));
      const kept = [...headers].filter(([name]) => name !== "x-request-id" && name !== "date");
      const { request_id, ...rest } = body;
      assert.ok(request_id);
      seen.add(JSON.stringify([status, kept, rest]));
    }
    assert.equal(seen.size, 1);
    assert.match([...seen].join(), /^\[401/);
  });

  test("gets 100 refusals a minute, then 429; the right secret works from there all the same (A12)", async () => {
    const client = await createAppClient(server);
    const source = "192.0.2.1";
    const statuses = await guessOften(client.client_id, 100, () => source);
    assert.deepEqual(new Set(statuses), new Set([401]));
    checkThrottled(await guess(client.client_id, source));
    checkThrottled(await guess(client.client_id, source));
    assert.equal((await guess(client.client_id, source, client.client_secret)).status, 200);
    checkThrottled(await guess(client.client_id, source));

    assert.equal((await guess(client.client_id, "192.0.2.2")).status, 401);
    assert.equal((await guess(client.client_id, "192.0.2.2", client.client_secret)).status, 200);
    const other = await createAppClient(server);
    assert.equal((await guess(other.client_id, source)).status, 401);
  });

  test("gets no more from an unknown id than from a known one (A10, A12)", async () => {
    const statuses = await guessOften("no-such-client", 100, () => "192.0.2.3");
    assert.deepEqual(new Set(statuses), new Set([401]));
    checkThrottled(await guess("no-such-client", "192.0.2.3"));
  });

  test("gains nothing by another spelling of its address (A12, I8)", async () => {
    const { client_id } = await createAppClient(server);
    const spellings = [
      "2001:db8:1:2::1",
      "2001:DB8:1:2::1",
      "2001:0db8:0001:0002:0000:0000:0000:0001",
      "2001:db8:1:2:ffff:ffff:ffff:ffff",
      "2001:db8:1:2:0:0:0:9",
      "2001:db8:1:2::198.51.100.7",
    ];
    const statuses = await guessOften(client_id, 100, (n) => spellings[n % spellings.length]!);
    assert.deepEqual(new Set(statuses), new Set([401]));
    for (const source of spellings) checkThrottled(await guess(client_id, source));
    assert.equal((await guess(client_id, "2001:db8:1:3::1")).status, 401);

    const mapped = ["198.51.100.9", "::ffff:198.51.100.9", "::FFFF:198.51.100.9"];
    await guessOften(client_id, 100, (n) => mapped[n % mapped.length]!);
    for (const source of mapped) checkThrottled(await guess(client_id, source));
  });

  test("is not believed about its address beyond what the proxy saw (I8)", async () => {
    const { client_id } = await createAppClient(server);
    await guessOften(client_id, 100, (n) => `203.0.113.${n}, 198.51.100.77`);
    checkThrottled(await guess(client_id, "evil.example, 198.51.100.77"));
    for (const garbage of [
      "evil.example",
      "999.1.1.1",
      "; drop table",
      "::::",
      "1.2.3.4:99",
      ",",
    ]) {
      checkRefused(await guess(client_id, garbage), 401, "invalid_client", garbage);
    }
  });

  test("is throttled as a source across ids, and as a target across sources (A12)", async () => {
    const isThrottled = (statuses: number[]) => statuses.indexOf(429);
    const acrossIds: number[] = [];
    for (let n = 0; n < 1_010; n += 1) {
      acrossIds.push((await guess(`unknown-${n}`, "192.0.2.50")).status);
    }
    assert.ok(isThrottled(acrossIds) >= 100);
    assert.equal(acrossIds.at(-1), 429);
    const client = await createAppClient(server);
    const acrossSources = await guessOften(
      client.client_id,
      1_010,
      (n) => `10.1.${n >> 8}.${n & 255}`,
    );
    assert.ok(isThrottled(acrossSources) >= 100);
    assert.equal(acrossSources.at(-1), 429);
    assert.equal((await guess(client.client_id, "192.0.2.50", client.client_secret)).status, 200);
  });

  test("never counts a right secret (A12)", async () => {
    const client: CreatedAppClient = await createAppClient(server);
    for (let n = 0; n < 150; n += 1) {
      assert.equal((await requestToken(server, secretOf(client))).status, 200);
    }
  });

  test("serves as before after all of this", () => checkServes(server));
});

test("remembers a bounded number of guessers, and each for a minute (A12, I6)", () => {
  let nowMs = 0;
  const budget = createFailureBudget(() => nowMs);
  const spendAll = (): (number | undefined)[] =>
    Array.from({ length: 101 }, () => budget.spend("victim", "192.0.2.1"));
  assert.equal(
    spendAll().findIndex((seconds) => seconds !== undefined),
    100,
  );
  nowMs += 60_000;
  assert.equal(
    spendAll().findIndex((seconds) => seconds !== undefined),
    100,
  );
  for (let n = 0; n < 60_000; n += 1)
    budget.spend(`id-${n}`, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  assert.equal(budget.spend("victim", "192.0.2.1"), undefined, "the oldest are forgotten");
});
