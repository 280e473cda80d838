import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  basic,
  bearer,
  call,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type Answer,
} from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { checkServes, exchange, requestText } from "./attack.ts";

type Row = Record<string, string | number | null>;

describe("what the server writes down", () => {
  let server: InProcessServer;
  let database: DatabaseSync;
  before(async () => {
    server = await startServer();
    database = new DatabaseSync(join(server.dataDir, "countersign.sqlite"), { timeout: 5_000 });
  });
  after(async () => {
    database.close();
    await server.stop();
  });

  const rows = (sql: string): Row[] => database.prepare(sql).all() as Row[];
  const auditOf = (subjectId: string): Row[] =>
    rows(`select * from audit_events where subject_id = '${subjectId}' order by at_ms, id`);

  test("holds no secret, wherever somebody put one (J1, A2, A19)", async () => {
    const client = await createAppClient(server, { api_roles: ["administrator"] });
    const added = await call<{ id: string; client_secret: string }>(
      server,
      "POST",
      `/v2/app_clients/${client.id}/credentials`,
      { body: {} },
    );
    const token = await tokenFor(server, client);
    const { authorization } = basic(client.client_id, client.client_secret);
    const secrets = {
      "client secret": client.client_secret,
      "second client secret": added.body.client_secret,
      "API key": server.apiKey,
      "access token": token,
      "Basic header": authorization!.slice("Basic ".length),
      "master key": readFileSync(join(server.dataDir, "master.key"), "utf8").trim(),
      "setup code": "ABCDE-FGHJK-MNPQR-STVWX-23456",
    };
    const answers: Answer[] = [];
    for (const secret of Object.values(secrets)) answers.push(...(await misplace(secret)));
    await call(server, "GET", `/v2/app_clients/${client.id}/credentials/${added.body.id}`);
    await call(server, "DELETE", `/v2/app_clients/${client.id}/credentials/${added.body.id}`);
    await call(server, "DELETE", `/v2/app_clients/${client.id}`);
    while (rows("select 1 from credential_uses").length === 0) await sleep(50);

    // A field is named to who sent it, but nowhere else.
    for (const secret of Object.values(secrets)) {
      const body = { name: "a", type: "client_credentials", [secret]: secret };
      assert.equal((await call(server, "POST", "/v2/app_clients", { body })).status, 400);
      await call(server, "GET", `/v2/app_clients/${encodeURIComponent(secret)}`);
      await call(server, "GET", `/${encodeURIComponent(secret)}`);
    }

    const places = {
      log: server.logLines.join("\n"),
      metrics: await (await fetch(`${server.url}/metrics`)).text(),
      "error bodies": JSON.stringify(answers.map(({ body }) => body)),
      "headers of errors": JSON.stringify(answers.map(({ headers }) => [...headers])),
      ...everyColumn(),
    };
    assert.ok(Object.keys(places).includes("audit_events.after"));
    for (const [place, text] of Object.entries(places)) {
      for (const [name, secret] of Object.entries(secrets)) {
        assert.ok(!text.includes(secret), `${place} holds the ${name}`);
        assert.ok(
          !text.includes(encodeURIComponent(secret)),
          `${place} holds the ${name}, encoded`,
        );
      }
    }
  });

  /** The secret in every place where it does not belong; what came back. */
  async function misplace(secret: string): Promise<Answer[]> {
    const good = { grant_type: "client_credentials", client_id: "x", client_secret: "y" };
    const names = [
      "grant_type",
      "client_id",
      "client_secret",
      "scope",
      "resource",
      "authorization_details",
      "code",
      "refresh_token",
      "token",
      "anything",
      secret,
    ];
    const answers: Answer[] = [];
    for (const name of names) {
      answers.push((await requestToken(server, { ...good, [name]: secret })) as unknown as Answer);
      const body = { client_id: "x", client_secret: "y", [name]: secret };
      answers.push(await call(server, "POST", "/oauth/token", { body, headers: {} }));
      const query = new URLSearchParams({ [name]: secret }).toString();
      for (const path of [
        "/oauth2/token",
        "/v2/app_clients",
        "/v2/corpora",
        "/setup",
        "/healthz",
      ]) {
        answers.push(await call(server, "POST", `${path}?${query}`, { body: {}, headers: {} }));
      }
    }
    const headers = [
      "authorization",
      "x-api-key",
      "cookie",
      "referer",
      "x-request-id",
      "x-forwarded-for",
      "user-agent",
      "origin",
      "if-match",
      "idempotency-key",
      "content-type",
      "accept",
      "x-other",
    ];
    for (const name of headers) {
      for (const value of [secret, `Bearer ${secret}`, `Basic ${secret}`]) {
        if (name === "x-api-key" && value === server.apiKey) continue;
        for (const path of ["/oauth2/token", "/v2/app_clients?limit=0", "/v2/corpora?limit=0"]) {
          const method = path.startsWith("/v2") ? "GET" : "POST";
          const answer = await call(server, method, path, {
            headers: { "x-api-key": server.apiKey, [name]: value },
          });
          answers.push(answer);
        }
      }
    }
    answers.push(await call(server, "POST", "/setup", { body: { code: secret, email: "a@b" } }));
    answers.push(await call(server, "POST", "/setup", { body: { code: "x", email: secret } }));
    answers.push(
      await call(server, "GET", `/v2/app_clients?filter=${encodeURIComponent(secret)}(`),
    );
    answers.push(
      await call(server, "GET", `/v2/app_clients?page_key=${encodeURIComponent(secret)}`),
    );
    answers.push(
      await call(server, "POST", "/v2/app_clients", { body: { name: "a", type: secret } }),
    );
    return answers.filter(({ status }) => status >= 400);
  }

  /** By table and column, but those that are meant to hold a secret's digest or sealed copy. */
  function everyColumn(): Record<string, string> {
    const places: Record<string, string> = {};
    for (const { name } of rows("select name from sqlite_master where type = 'table'")) {
      for (const row of rows(`select * from ${name}`)) {
        for (const [column, value] of Object.entries(row)) {
          if (/^sealed_|digest$|^wrapped_key$/.test(column)) continue;
          places[`${name}.${column}`] = `${places[`${name}.${column}`] ?? ""}\n${value}`;
        }
      }
    }
    return places;
  }

  test("is one record per line and event, whatever a stranger sends (J2)", async () => {
    server.logLines.length = 0;
    const evil = 'x\r\n{"level":60,"msg":"forged"}\u001b[31m","msg":"forged';
    const inUrl = encodeURIComponent(evil);
    const sent = [
      await requestToken(server, { grant_type: evil, client_id: evil, client_secret: evil }),
      await requestToken(server, {
        grant_type: "client_credentials",
        client_id: evil,
        client_secret: evil,
        scope: evil,
      }),
      await call(server, "GET", `/v2/app_clients/${inUrl}`),
      await call(server, "GET", `/${inUrl}`),
      await call(server, "GET", `/v2/app_clients?filter=${inUrl}`),
      await call(server, "POST", "/v2/app_clients", { body: { [evil]: evil } }),
      await call(server, "POST", "/v2/app_clients", { body: { name: evil, type: evil } }),
    ];
    const agent = 'User-Agent: \x1b[31m{"msg":"forged"}';
    for (const path of ["/oauth2/token", "/v2/app_clients", "/nowhere"]) {
      await exchange(server, requestText(`POST ${path}`, { headers: [agent] }), 1);
    }
    const records = server.logLines.map((line) => {
      assert.match(line, /^\{[^\n\r]*\}\n$/);
      assert.ok(!line.includes("\u001b"));
      return JSON.parse(line) as { requestId: string; level: number; msg: string };
    });
    assert.ok(!records.some(({ msg, level }) => msg.includes("forged") || level === 60));
    const refused = sent.filter(({ status }) => status >= 400);
    assert.ok(refused.length >= 6);
    for (const { headers } of refused) {
      const id = headers.get("x-request-id");
      assert.equal(records.filter(({ requestId }) => requestId === id).length, 1, String(id));
    }
  });

  test("has a row for each administrative act: who, what, and how it was before (J3)", async () => {
    const made = await call<{ id: string; client_secret: string }>(
      server,
      "POST",
      "/v2/app_clients",
      {
        body: { name: "first", type: "client_credentials", api_roles: ["viewer"] },
      },
    );
    const path = `/v2/app_clients/${made.body.id}`;
    const changed = await call(server, "PATCH", path, { body: { name: "second", api_roles: [] } });
    const added = await call<{ id: string }>(server, "POST", `${path}/credentials`, { body: {} });
    const one = `${path}/credentials/${added.body.id}`;
    const acts: [Answer<object>, string, string][] = [
      [made, made.body.id, "app_client.created"],
      [changed, made.body.id, "app_client.updated"],
      [added, added.body.id, "credential.created"],
      [
        await call(server, "PATCH", one, { body: { enabled: false } }),
        added.body.id,
        "credential.disabled",
      ],
      [
        await call(server, "PATCH", one, { body: { enabled: true } }),
        added.body.id,
        "credential.enabled",
      ],
      [await call(server, "GET", one), added.body.id, "credential.secret_revealed"],
      [await call(server, "DELETE", one), added.body.id, "credential.revoked"],
      [await call(server, "DELETE", path), made.body.id, "app_client.deleted"],
    ];
    const tenant = (await server.app.store.findFirstTenant())!;
    const owner = (await server.app.store.findOwner(tenant.id))!;
    for (const [answer, subjectId, action] of acts) {
      assert.ok(answer.status < 300, action);
      const found = auditOf(subjectId).filter((row) => row["action"] === action);
      assert.equal(found.length, 1, action);
      const [row] = found as [Row];
      assert.deepEqual(
        [row["tenant_id"], row["actor_type"], row["actor_id"], row["source_address"]],
        [tenant.id, "user", owner.id, "127.0.0.1"],
      );
      assert.equal(row["request_id"], answer.headers.get("x-request-id"));
      assert.doesNotMatch(`${row["before"]}${row["after"]}`, /cssk_|"digest"|sealed/i);
    }
    const [row] = auditOf(made.body.id).filter(({ action }) => action === "app_client.updated");
    assert.match(String(row!["before"]), /"name":"first".*"role":"viewer"/);
    assert.match(String(row!["after"]), /"name":"second".*"bindings":\[\]/);
  });

  test("has no row for what was refused, and names a client as the actor it is (J3)", async () => {
    const actor = await createAppClient(server, { api_roles: ["administrator"] });
    const target = await createAppClient(server);
    const count = (): unknown => rows("select count(*) as n from audit_events")[0]!["n"];
    const headers = bearer(await tokenFor(server, actor));
    const body = { api_roles: ["owner"] };
    const before = count();
    const refused = [
      await call(server, "PATCH", `/v2/app_clients/${target.id}`, { body, headers }),
      await call(server, "PATCH", `/v2/app_clients/${target.id}`, { body: { name: "" } }),
      await call(server, "POST", "/v2/app_clients", {
        body: { name: "x", type: "client_credentials", ...body },
        headers,
      }),
      await call(server, "DELETE", "/v2/app_clients/none"),
      await call(server, "DELETE", `/v2/app_clients/${target.id}`, { headers: {} }),
      await call(server, "DELETE", `/v2/app_clients/${target.id}`, {
        headers: { "x-api-key": server.apiKey, "if-match": '"99"' },
      }),
    ];
    assert.deepEqual(
      refused.map(({ status }) => status),
      [403, 400, 403, 404, 401, 412],
    );
    assert.equal(count(), before);
    await call(server, "DELETE", `/v2/app_clients/${target.id}`, { headers });
    const deleted = auditOf(target.id).find(({ action }) => action === "app_client.deleted")!;
    assert.deepEqual([deleted["actor_type"], deleted["actor_id"]], ["client", actor.client_id]);
  });

  test("goes back with its act when the row cannot be written (J3)", async () => {
    const client = await createAppClient(server, { name: "before" });
    database.exec("alter table audit_events rename to audit_events_away");
    const answer = await call(server, "PATCH", `/v2/app_clients/${client.id}`, {
      body: { name: "after" },
    });
    const reveal = await call(server, "GET", `/v2/app_clients/${client.id}`);
    database.exec("alter table audit_events_away rename to audit_events");
    assert.deepEqual([answer.status, reveal.status], [500, 500]);
    assert.doesNotMatch(JSON.stringify(reveal.body), /cssk_/);
    assert.equal(
      (await call(server, "GET", `/v2/app_clients/${client.id}`)).body["name"],
      "before",
    );
  });

  test("keeps its own mistakes out of the answer, but for a reference (J4)", async () => {
    server.logLines.length = 0;
    const client = await createAppClient(server);
    database.exec("alter table clients rename to clients_away");
    const answers = [
      (await requestToken(server, {
        ...secretOf(client),
        client_id: "not-yet-known",
      })) as unknown as Answer,
      await call(server, "GET", "/v2/app_clients"),
      await call(server, "GET", `/v2/app_clients/${client.id}`),
      await call(server, "POST", "/v2/app_clients", {
        body: { name: "a", type: "client_credentials" },
      }),
    ];
    database.exec("alter table clients_away rename to clients");
    for (const { status, headers, body } of answers) {
      assert.equal(status, 500);
      const id = headers.get("x-request-id")!;
      assert.equal(body["request_id"], id);
      assert.doesNotMatch(
        JSON.stringify(body),
        /sqlite|select|table|clients|\.ts|node:|Error:|at /i,
      );
      assert.ok(server.logLines.some((line) => line.includes(id) && /"level":50/.test(line)));
    }
  });

  test("serves as before after all of this", () => checkServes(server));
});
