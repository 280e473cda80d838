import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  leakReportMax,
  type LeakFeedback,
  type LeakPage,
} from "@countersign/protocol/admin/leaks.ts";
import { bearer, call, createAppClient, requestToken, secretOf, tokenFor } from "../calls.ts";
import {
  createPartner,
  createPartnerKey,
  labelsOf,
  sendReport,
  signatureOf,
  type Partner,
} from "../leak-partner.ts";
import { startPostgres } from "../postgres.ts";
import { spawnServer, type InProcessServer, type TestServer } from "../server.ts";
import { checkServes } from "./attack.ts";
import { insertImportedClient, startTwoTenants, type TwoTenants } from "./tenants.ts";

describe("reports of leaked secrets", () => {
  let partner: Partner;
  let both: TwoTenants;
  let server: InProcessServer;
  let second: TestServer;
  before(async () => {
    partner = createPartner();
    both = await startTwoTenants({ COUNTERSIGN_LEAK_REPORT_KEYS_FILE: partner.file });
    ({ server, second } = both);
  });
  after(async () => {
    await both.stop();
    partner.remove();
  });

  const leaks = async (who: TestServer = server): Promise<LeakPage["leaks"]> =>
    (await call<LeakPage>(who, "GET", "/v2/leaks?limit=100")).body.leaks;
  const checkTurnedAway = (answer: { status: number; headers: Headers; body: unknown }) => {
    const { messages, request_id: id } = answer.body as Record<string, unknown>;
    assert.deepEqual(
      [answer.status, messages],
      [401, ["The report is not signed by a partner that is known here."]],
    );
    assert.match(String(id), /^req_/);
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/);
  };

  test("are turned away alike, whatever is wrong with their signature (S7, A9)", async () => {
    const client = await createAppClient(server);
    const matches = [{ token: client.client_secret }];
    const { key } = partner;
    const forger = createPartnerKey(key.id);
    const body = JSON.stringify(matches);
    const other = JSON.stringify([{ token: "cssk_example" }]);
    const send = (headers: Record<string, string>, text = body) =>
      sendReport(server, key, matches, { body: text, headers });
    const good = signatureOf(key, body);
    const answers = [
      await send({ "github-public-key-signature": signatureOf(forger, body) }),
      await send({ "github-public-key-identifier": "unknown" }),
      await send({ "github-public-key-identifier": "__proto__" }),
      await send({ "github-public-key-identifier": "" }),
      await send({ "github-public-key-signature": good }, other),
      await send({ "github-public-key-signature": good }, `${body} `),
      await send({ "github-public-key-signature": "" }),
      await send({ "github-public-key-signature": "not base64!" }),
      await send({ "github-public-key-signature": `${good}, ${good}` }),
      await send({ "github-public-key-signature": Buffer.alloc(64, 1).toString("base64") }),
      await send({ "github-public-key-signature": "A".repeat(8_000) }),
    ];
    for (const answer of answers) checkTurnedAway(answer);
    for (const missing of ["github-public-key-identifier", "github-public-key-signature"]) {
      const both: Record<string, string> = {
        "github-public-key-identifier": key.id,
        "github-public-key-signature": good,
      };
      delete both[missing];
      checkTurnedAway(await call(server, "POST", "/v2/leaks", { body: matches, headers: both }));
    }
    assert.deepEqual(await leaks(), []);
    const { body: noted } = await call<{ refusals: { cause: string }[] }>(
      server,
      "GET",
      "/v2/refusals?cause=leak_report_not_signed",
    );
    assert.ok(noted.refusals.length > 0, "the operator can look up why");
  });

  test("are not understood without signature or permission, and a signature opens nothing else (S7, H9)", async () => {
    const client = await createAppClient(server, { api_roles: ["viewer"] });
    const body = [{ token: client.client_secret }];
    const nobody = await call(server, "POST", "/v2/leaks", { body, headers: {} });
    assert.equal(nobody.status, 401);
    const headers = bearer(await tokenFor(server, client));
    assert.equal((await call(server, "POST", "/v2/leaks", { body, headers })).status, 403);
    const signed = {
      "github-public-key-identifier": partner.key.id,
      "github-public-key-signature": signatureOf(partner.key, ""),
    };
    assert.equal((await call(server, "GET", "/v2/leaks", { headers: signed })).status, 401);
    const bare = await call(server, "POST", "/v2/app_clients", { body: {}, headers: signed });
    assert.equal(bare.status, 401);
    assert.deepEqual(await leaks(), []);
  });

  test("that come again change nothing, however often (S7)", async () => {
    const client = await createAppClient(server);
    const matches = [{ token: client.client_secret, url: "https://one.example" }];
    const first = await sendReport(server, partner.key, matches);
    const known = await leaks();
    const again = await Promise.all(
      Array.from({ length: 5 }, () => sendReport(server, partner.key, matches)),
    );
    for (const answer of again) assert.deepEqual(answer.body, first.body);
    assert.deepEqual(await leaks(), known);
  });

  test("that are too large or hold too much are refused as a whole (S7, I8)", async () => {
    const client = await createAppClient(server);
    const known = await leaks();
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      token: index === 0 ? client.client_secret : "x",
      type: "",
    }));
    const tooMany = await sendReport(server, partner.key, many);
    assert.equal(tooMany.status, 400, JSON.stringify(tooMany.body));
    const huge = [{ token: client.client_secret }, { token: "x".repeat(2_000_000) }];
    assert.equal((await sendReport(server, partner.key, huge)).status, 413);
    for (const body of [
      "{}",
      '"text"',
      "[1]",
      '[{"token":""}]',
      '[{"token":1}]',
      "[",
      "",
      "[{}]",
    ]) {
      const headers = { "github-public-key-signature": signatureOf(partner.key, body) };
      const answer = await sendReport(server, partner.key, [], { body, headers });
      assert.equal(answer.status, 400, body);
    }
    assert.deepEqual(await leaks(), known);
  });

  test("are answered in full at the largest that is taken, with one secret among thousands (S7)", async () => {
    const client = await createAppClient(server);
    const matches = Array.from({ length: leakReportMax }, (_, index) => ({
      token: index === 4_321 ? client.client_secret : `cssk_${"0".repeat(49)} and ${index}`,
    }));
    const labels = labelsOf(await sendReport(server, partner.key, matches));
    assert.equal(labels.length, leakReportMax);
    assert.equal(labels.indexOf("true_positive"), 4_321);
    assert.equal(labels.lastIndexOf("true_positive"), 4_321);
    await checkServes(server);
  });

  test("with texts that are made to take long are answered all the same (I8)", async () => {
    const texts = [
      "eyJ".repeat(60_000),
      "eyJ.".repeat(40_000),
      "a=".repeat(80_000),
      "%25".repeat(60_000),
      "%ff%".repeat(40_000),
      "cssk_".repeat(30_000),
      `"${"'".repeat(100_000)}`,
    ];
    for (const token of texts) {
      const answer = await sendReport(server, partner.key, [{ token, url: token, source: token }]);
      const seen = [answer.status, ...labelsOf(answer)];
      assert.deepEqual(seen, [200, "false_positive"], JSON.stringify(answer.body).slice(0, 200));
    }
  });

  test("tell an administrator nothing of another customer's secrets (A22)", async () => {
    const ours = await createAppClient(server);
    const token = await tokenFor(server, ours);
    const known = await leaks();
    const asSecond = async (text: string): Promise<LeakFeedback> =>
      (await call<LeakFeedback>(second, "POST", "/v2/leaks", { body: [{ token: text }] })).body;
    for (const text of [ours.client_secret, token, server.apiKey]) {
      assert.equal((await asSecond(text))[0]?.label, "false_positive");
    }
    assert.equal((await asSecond(second.apiKey))[0]?.label, "true_positive");
    assert.deepEqual(await leaks(), known);
    const [theirs] = await leaks(second);
    for (const method of ["GET", "PATCH"]) {
      const body = method === "PATCH" ? { body: { status: "resolved" } } : {};
      assert.equal((await call(server, method, `/v2/leaks/${theirs!.id}`, body)).status, 404);
    }
    const answer = await sendReport(server, partner.key, [{ token: second.apiKey, url: "x" }]);
    assert.deepEqual(labelsOf(answer), ["true_positive"], "a partner speaks of all customers");
  });

  test("leave no plain secret anywhere, wherever in them it stands (J1, A19)", async () => {
    const client = await createAppClient(server);
    const plainSecret = "imported-with-a-form-of-its-own-0987654321";
    await insertImportedClient(server, { clientId: "imported-client", plainSecret });
    const token = await tokenFor(server, client);
    for (const secret of [client.client_secret, plainSecret, token]) {
      const answer = await sendReport(server, partner.key, [
        {
          token: `password = "${secret}"`,
          type: secret,
          url: `https://example.com/?q=${encodeURIComponent(secret)}#${secret}`,
          source: secret,
        },
      ]);
      assert.deepEqual(labelsOf(answer), ["true_positive"]);
    }
    const pages = await Promise.all(
      (await leaks()).map(({ id }) => call(server, "GET", `/v2/leaks/${id}`)),
    );
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const audit = await call(server, "GET", "/v2/audit_events?limit=100");
    const files = readdirSync(server.dataDir)
      .filter((name) => name !== "master.key")
      .map((name) => readFileSync(join(server.dataDir, name)));
    const written = Buffer.concat([
      ...files,
      Buffer.from(JSON.stringify([pages, metrics, audit, server.logLines])),
    ]);
    for (const secret of [client.client_secret, plainSecret, token]) {
      assert.ok(!written.includes(secret), secret.slice(0, 5));
    }
    assert.ok(written.includes("https://example.com/?q=[secret]#[secret]"));
  });

  test("stop the start when the partner's keys cannot be read, in words (S7)", async () => {
    const started = spawnServer({ COUNTERSIGN_LEAK_REPORT_KEYS_FILE: "/not/there.json" });
    const words = "names /not/there.json, which cannot be read: ENOENT.";
    await assert.rejects(
      started,
      new RegExp(`cannot start. COUNTERSIGN_LEAK_REPORT_KEYS_FILE ${words}`),
    );
  });
});

describe("reports of leaked secrets while the store fails", () => {
  test("are 503 and done whole when they are sent again (S7)", async () => {
    const partner = createPartner();
    const postgres = await startPostgres();
    const server = await spawnServer({
      COUNTERSIGN_DATABASE_URL: await postgres.createDatabase(),
      COUNTERSIGN_LEAK_REPORT_KEYS_FILE: partner.file,
    });
    try {
      const client = await createAppClient(server);
      const path = `/v2/app_clients/${client.id}/credentials`;
      const { body } = await call<{ credentials: { id: string }[] }>(server, "GET", path);
      await call(server, "PATCH", `${path}/${body.credentials[0]!.id}`, {
        body: { on_leak: "revoke" },
      });
      await postgres.crash();
      const matches = [{ token: client.client_secret }, { token: "cssk_example" }];
      const answer = await sendReport(server, partner.key, matches);
      assert.equal(answer.status, 503);
      assert.ok(Number(answer.headers.get("retry-after")) > 0);
      assert.deepEqual(labelsOf(answer), []);
      await postgres.restart();
      let again = await sendReport(server, partner.key, matches);
      for (let tries = 0; again.status === 503 && tries < 100; tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        again = await sendReport(server, partner.key, matches);
      }
      assert.deepEqual(labelsOf(again), ["true_positive", "false_positive"]);
      assert.equal((await requestToken(server, secretOf(client))).status, 401);
      const { leaks } = (await call<LeakPage>(server, "GET", "/v2/leaks")).body;
      assert.deepEqual(
        leaks.map(({ response, place_count: count }) => [response, count]),
        [["revoked", 1]],
      );
    } finally {
      await server.stop();
      await postgres.stop();
      partner.remove();
    }
  });
});
