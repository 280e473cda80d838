import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { AppClientPage } from "@countersign/protocol/admin/app-clients.ts";
import { createCache } from "../../src/store/cache.ts";
import { call, createAppClient, requestToken, secretOf, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { checkRefused, checkServes, send } from "./attack.ts";

const clientsAtMost = 200_000;

describe("work and memory", () => {
  let server: InProcessServer;
  let client: CreatedAppClient;
  before(async () => {
    server = await startServer();
    client = await createAppClient(server, { api_roles: ["viewer"] });
    for (let n = 0; n < 5; n += 1) await createAppClient(server, { name: "a".repeat(250) + n });
  });
  after(() => server.stop());

  const list = (query: Record<string, string>) =>
    call<AppClientPage>(server, "GET", `/v2/app_clients?${new URLSearchParams(query).toString()}`);
  const knownClients = async (): Promise<number> => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(/^countersign_known_clients (\d+)$/m.exec(text)?.[1]);
  };

  test("stay small for a filter that would keep another engine busy for ever (I5)", async () => {
    const filters = [
      "(a+)+$",
      "(a+)+b",
      "(a|aa)+$",
      "(a|a?)+b",
      "(.*a){20}b",
      "^(([a-z])+.)+[A-Z]([a-z])+$",
      "(x+x+)+y",
      "a{1000}",
      "(?i)[\\pL\\pN\\pS]{900}",
    ];
    for (const filter of filters) {
      const { status } = await list({ filter });
      assert.ok(status === 200 || status === 400, filter);
    }
    const refused = [
      "(",
      "[",
      "a{2,1}",
      "(?=a)",
      "(a)\\1",
      "(?<!a)",
      "(((((a?){10}){10}){9}))",
      "a".repeat(201),
      "\0",
    ];
    for (const filter of refused) assert.equal((await list({ filter })).status, 400, filter);
  });

  test("stay small for long near misses in every validated field (I5)", async () => {
    const long = (text: string, times: number) => text.repeat(times);
    const scopes = [
      long("a ", 2_000) + "\t",
      long("corpora:read ", 300) + '"',
      `${long("!", 4_000)}"`,
    ];
    for (const scope of scopes) {
      checkRefused(
        await requestToken(server, { ...secretOf(client), scope }),
        400,
        "invalid_scope",
      );
    }
    const types = [
      `application/x-www-form-urlencoded${long(" ", 10_000)}x`,
      `application/x-www-form-urlencoded;${long(" ", 10_000)}x`,
    ];
    for (const type of types) {
      const answer = await send(server, { headers: { "content-type": type }, body: "a=b" });
      checkRefused(answer, 415, "invalid_request");
    }
    const authorization = `Basic${long(" ", 10_000)}!`;
    const grant = { grant_type: "client_credentials" };
    checkRefused(await requestToken(server, grant, { authorization }), 401, "invalid_client");
    const bodies: Record<string, unknown>[] = [
      { redirect_uris: [`${long("a.", 990)}:/x`] },
      { redirect_uris: [`a${long(".", 1_500)}:/x`] },
      { redirect_uris: [`https://${long("a@", 900)}/`] },
      { labels: { [long("a", 64)]: "x" } },
      { corpus_roles: [{ corpus_key: long("a", 51), role: "viewer" }] },
      { resource_roles: [{ resource_type: long("a", 40), resource_id: "x", role: "viewer" }] },
      { name: long("a", 256) },
    ];
    for (const body of bodies) {
      const all = { name: "a", type: "client_credentials", ...body };
      assert.equal(
        (await call(server, "POST", "/v2/app_clients", { body: all })).status,
        400,
        JSON.stringify(body).slice(0, 60),
      );
    }
    const setup = { code: "x", email: `${long("a", 64)}@${long("b.", 95)}@` };
    assert.equal((await call(server, "POST", "/setup", { body: setup })).status, 400);
  });

  test("stay small for a body that is wrong in very many places (I3)", async () => {
    const fields = Object.fromEntries(Array.from({ length: 40_000 }, (_, n) => [`f${n}`, n]));
    const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
    const headers = { "content-type": "application/json", "x-api-key": server.apiKey };
    const bodies: [string, string][] = [
      ["app_clients", JSON.stringify(fields)],
      ["app_clients", `{"labels":${deep}}`],
      ["app_clients", `[${deep}]`],
      // Here any JSON is taken.
      ["datasources/import", `{"from":"appsmith","document":${deep}}`],
    ];
    for (const [path, body] of bodies) {
      const answer = await fetch(`${server.url}/v2/${path}`, { method: "POST", headers, body });
      assert.equal(answer.status, 400);
      assert.ok((await answer.text()).length < 10_000);
    }
  });

  test("remember a bounded number of unknown names, and no long ones (I6)", async () => {
    const cache = createCache<object>(server.app.feed, {
      load: () => Promise.resolve(undefined),
      affectedBy: () => undefined,
      entriesMax: 100,
    });
    for (let n = 0; n < 20_000; n += 1) await cache.find(`unknown-${n}`);
    assert.equal(cache.size, 100);

    const before = await knownClients();
    const ask = (client_id: string) => requestToken(server, { ...secretOf(client), client_id });
    for (let n = 0; n < 300; n += 1) await ask(`unknown-${n}`);
    assert.equal(await knownClients(), before + 300);
    assert.ok(before + 300 <= clientsAtMost);
    for (let n = 0; n < 50; n += 1) {
      checkRefused(await ask(`${n}${"x".repeat(60_000)}`), 401, "invalid_client");
    }
    assert.equal(await knownClients(), before + 300);
    assert.equal((await requestToken(server, secretOf(client))).status, 200);
  });

  test("are not held by page keys or API keys that nobody gave out (I6, I14)", async () => {
    const headers = (n: number) => ({ "x-api-key": `unknown-key-${n}-0123456789-0123456789` });
    for (let n = 0; n < 300; n += 1) {
      const { status } = await call(server, "GET", "/v2/app_clients", { headers: headers(n) });
      assert.ok(status === 401 || (n >= 100 && status === 429), `${n}: ${status}`);
      assert.equal((await list({ page_key: `unknown-${n}` })).status, 400);
    }
  });

  test("keep the details of parallel refusals apart (I13)", async () => {
    const numbers = Array.from({ length: 200 }, (_, n) => n);
    server.logLines.length = 0;
    const ids = await Promise.all(
      numbers.map(async (n) => {
        if (n % 4 === 0) {
          const { body } = await call(server, "GET", `/v2/app_clients/app_${n}`);
          assert.equal(body["id"], `app_${n}`);
          return body["request_id"];
        }
        if (n % 4 === 1) {
          const body = { name: "a", type: "client_credentials", [`field${n}`]: 1 };
          const answer = await call(server, "POST", "/v2/app_clients", { body });
          assert.deepEqual(Object.keys(answer.body["field_errors"] as object), [`field${n}`]);
          return answer.body["request_id"];
        }
        const parameters = n % 4 === 2 ? { scope: `"${n}` } : { resource: `https://${n}.example` };
        const answer = await requestToken(server, { ...secretOf(client), ...parameters });
        checkRefused(answer, 400, n % 4 === 2 ? "invalid_scope" : "invalid_target");
        return answer.body.request_id;
      }),
    );
    assert.equal(new Set(ids).size, numbers.length);
    const causes = new Map(
      server.logLines
        .map((line) => JSON.parse(line) as { requestId?: string; cause?: string })
        .map(({ requestId, cause }) => [requestId, cause]),
    );
    for (const n of numbers.filter((n) => n % 4 >= 2)) {
      assert.equal(
        causes.get(ids[n] as string),
        n % 4 === 2 ? "malformed_scope" : "unknown_resource",
      );
    }
  });

  test("refuse a limit that is none (I14)", async () => {
    for (const limit of [
      "0",
      "-1",
      "1e9",
      "101",
      "abc",
      "",
      "NaN",
      "Infinity",
      "10abc",
      "1.5",
      "0x10",
      "true",
      " 5",
      "1,2",
      "9".repeat(400),
    ]) {
      assert.equal((await list({ limit })).status, 400, limit);
    }
    assert.equal((await call(server, "GET", "/v2/app_clients?limit=5&limit=100")).status, 400);
    assert.equal((await list({ limit: "100" })).status, 200);
  });

  test("refuse a page key that was edited, or comes from another list or filter (I14)", async () => {
    const { body } = await list({ limit: "1" });
    const key = body.metadata.page_key!;
    assert.equal((await list({ limit: "1", page_key: key })).status, 200);
    const [payload = "", tag = ""] = key.split(".");
    const other = Buffer.from(JSON.stringify({ createdAtMs: 0, id: "" })).toString("base64url");
    const edited = [
      `${key}x`,
      `${key}.`,
      `${key}.x`,
      `${key}=`,
      `${key}!`,
      ` ${key}`,
      `${payload}!.${tag}`,
      `${payload}=.${tag}`,
      `${payload}.`,
      `.${tag}`,
      `${other}.${tag}`,
      `${payload}.${"A".repeat(tag.length)}`,
      payload,
      "e30.e30",
      "null",
      "x".repeat(2_001),
    ];
    for (const page_key of edited) {
      assert.equal((await list({ page_key })).status, 400, page_key.slice(0, 80));
    }
    for (const query of [{ filter: "a" }, { external_id: "a" }, { filter: " " }]) {
      assert.equal((await list({ ...query, page_key: key })).status, 400);
    }
    const corpora = await call(server, "GET", `/v2/corpora?page_key=${key}`);
    assert.ok(corpora.status >= 400 && corpora.status < 500);
  });

  test("refuse a condition or a key for repetitions that is none", async () => {
    const path = `/v2/app_clients/${client.id}`;
    const body = { name: "a", type: "client_credentials" };
    const onlyIf = (method: string, condition: string) => {
      const headers = { "x-api-key": server.apiKey, "if-match": condition };
      return call(server, method, path, {
        headers,
        ...(method === "PATCH" && { body: { name: "b" } }),
      });
    };
    for (const value of [
      'W/"1"',
      "1",
      '"a"',
      '"1", "2"',
      '"-1"',
      '"1e3"',
      `"${"9".repeat(40)}"`,
      "",
    ]) {
      assert.equal((await onlyIf("PATCH", value)).status, 400, value);
    }
    assert.equal((await onlyIf("DELETE", '"999"')).status, 412);

    const once = (key: string, name = "a") => {
      const headers = { "x-api-key": server.apiKey, "idempotency-key": key };
      return call(server, "POST", "/v2/app_clients", { headers, body: { ...body, name } });
    };
    for (const value of ["", "a b", "x".repeat(256), "\u{e9}"]) {
      assert.equal((await once(value)).status, 400, value);
    }
    assert.equal((await once("k")).status, 201);
    assert.equal((await once("k", "other")).status, 422);
  });

  test("serves as before after all of this", () => checkServes(server));
});
