import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AuditEvent, AuditEventPage } from "@countersign/protocol/admin/audit-events.ts";
import type { Jwk } from "@countersign/protocol/audit-head.ts";
import { verifyAuditExport } from "@countersign/protocol/audit-verification.ts";
import { createLocalJWKSet, jwtVerify } from "jose";
import { bearer, call, createAppClient, requestToken, secretOf, tokenFor } from "../calls.ts";
import { startTwoTenants } from "../refusals/tenants.ts";
import { spawnServer, startServer, type InProcessServer, type TestServer } from "../server.ts";
import { stores } from "../stores.ts";

const list = async (server: Pick<TestServer, "url" | "apiKey">, query = "") =>
  (await call<AuditEventPage>(server, "GET", `/v2/audit_events?limit=100${query}`)).body
    .audit_events;

/** Until everything that has happened is sealed. */
async function allSealed(server: Pick<TestServer, "url" | "apiKey">): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await list(server)).every(({ sequence }) => sequence !== undefined)) return;
    await sleep(50);
  }
  throw new Error("the audit log was not sealed");
}

async function exportLog({ url, apiKey }: Pick<TestServer, "url" | "apiKey">): Promise<string[]> {
  const response = await fetch(`${url}/v2/audit_events/export`, {
    headers: { "x-api-key": apiKey },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");
  assert.equal(response.headers.get("cache-control"), "no-store");
  return (await response.text()).trimEnd().split("\n");
}

const keysOf = async ({ url }: Pick<TestServer, "url">) =>
  ((await (await fetch(`${url}/oauth2/jwks`)).json()) as { keys: Jwk[] }).keys;

for (const { name, settings } of stores) {
  describe(`/v2/audit_events on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    test("tells who did what to what, before and after, without secrets (J3)", async () => {
      const client = await createAppClient(server, { name: "audited" });
      const path = `/v2/app_clients/${client.id}`;
      const changed = await call(server, "PATCH", path, { body: { description: "new" } });
      assert.equal(changed.status, 200);
      await call(server, "DELETE", path);
      const [deleted, updated, created] = (await list(server, `&subject_id=${client.id}`)) as [
        AuditEvent,
        AuditEvent,
        AuditEvent,
      ];
      assert.deepEqual(
        [created, updated, deleted].map(({ action }) => action),
        ["app_client.created", "app_client.updated", "app_client.deleted"],
      );
      for (const event of [created, updated, deleted]) {
        assert.match(event.id, /^aud_/);
        assert.equal(event.actor.type, "user");
        assert.match(event.actor.id, /^usr_/);
        assert.equal(event.source_address, "127.0.0.1");
        assert.ok(!JSON.stringify(event).includes(client.client_secret));
      }
      assert.equal(created.before, undefined);
      assert.equal(updated.request_id, changed.headers.get("x-request-id"));
      assert.match(JSON.stringify(updated.after), /"new"/);
      assert.doesNotMatch(JSON.stringify(updated.before), /"new"/);
    });

    test("tells which client acted when it was a client (J3)", async () => {
      const actor = await createAppClient(server, { api_roles: ["administrator"] });
      const headers = bearer(await tokenFor(server, actor));
      const made = await call(server, "POST", "/v2/app_clients", {
        body: { name: "made by a client", type: "client_credentials" },
        headers,
      });
      const [event] = await list(server, `&actor_id=${actor.client_id}`);
      assert.deepEqual(event?.actor, { type: "client", id: actor.client_id });
      assert.equal(event.subject.id, made.body["id"]);
    });

    test("counts issued and refused tokens, so that neither grows the log (J3)", async () => {
      const client = await createAppClient(server);
      await requestToken(server, secretOf(client));
      await requestToken(server, { ...secretOf(client), client_secret: "wrong" });
      assert.deepEqual(
        (await list(server, `&subject_id=${client.id}`)).map(({ action }) => action),
        ["app_client.created"],
      );
    });

    test("filters and pages without losing one", async () => {
      const since = new Date(server.clock.now()).toISOString();
      for (let count = 0; count < 5; count += 1) await createAppClient(server);
      const query = `&action=app_client.*&subject_type=app_client&since=${since}`;
      const all = (await list(server, query)).map(({ id }) => id);
      assert.equal(all.length, 5);
      const seen: string[] = [];
      let pageKey: string | undefined;
      do {
        const next = pageKey === undefined ? "" : `&page_key=${encodeURIComponent(pageKey)}`;
        const page = await call<AuditEventPage>(
          server,
          "GET",
          `/v2/audit_events?limit=2${query}${next}`,
        );
        seen.push(...page.body.audit_events.map(({ id }) => id));
        pageKey = page.body.metadata.page_key;
      } while (pageKey !== undefined);
      assert.deepEqual(seen, all);
      assert.deepEqual(await list(server, `&until=${since}&since=${since}`), []);
      const wrong = await call(server, "GET", "/v2/audit_events?action=%25");
      assert.equal(wrong.status, 400);
      const other = await call<AuditEventPage>(server, "GET", "/v2/audit_events?limit=1");
      const key = encodeURIComponent(other.body.metadata.page_key!);
      const moved = await call(server, "GET", `/v2/audit_events?actor_id=x&page_key=${key}`);
      assert.equal(moved.status, 400);
    });

    test("exports a log that verifies offline, with our program and with jose", async () => {
      await createAppClient(server);
      await allSealed(server);
      const lines = await exportLog(server);
      const keys = await keysOf(server);
      const verdict = await verifyAuditExport(lines, keys);
      assert.deepEqual(verdict.problems, []);
      assert.equal(verdict.events, lines.length - 1);
      assert.equal(verdict.head?.iss, server.url);
      const { head } = JSON.parse(lines.at(-1)!) as { head: string };
      const { payload, protectedHeader } = await jwtVerify(head, createLocalJWKSet({ keys }), {
        typ: "audit-head+jwt",
        issuer: server.url,
      });
      assert.equal(payload["sequence"], verdict.events);
      assert.ok(protectedHeader.kid);
      await allSealed(server);
      const [newest] = await list(server);
      assert.equal(newest?.action, "audit_log.exported");
    });

    test("finds a row that was altered, removed, moved, added, or cut off at the end", async () => {
      await createAppClient(server);
      await createAppClient(server);
      await allSealed(server);
      const lines = await exportLog(server);
      const keys = await keysOf(server);
      const head = lines.at(-1)!;
      const rows = lines.slice(0, -1);
      const swapped = [...rows.slice(0, -2), rows.at(-1)!, rows.at(-2)!];
      const change = (row: string, own: object): string =>
        JSON.stringify({ ...(JSON.parse(row) as object), ...own });
      const spoiled: Record<string, string[]> = {
        "the first altered": [
          change(rows[0]!, { action: "nothing.happened" }),
          ...rows.slice(1),
          head,
        ],
        "one altered": [...rows.slice(0, -1), change(rows.at(-1)!, { at: "2001-01-01" }), head],
        "a member added": [...rows.slice(0, -1), change(rows.at(-1)!, { note: "x" }), head],
        "the first removed": [...rows.slice(1), head],
        "one removed": [...rows.slice(0, 1), ...rows.slice(2), head],
        "the last removed": [...rows.slice(0, -1), head],
        "all removed": [head],
        "two exchanged": [...swapped, head],
        "one twice": [...rows, rows.at(-1)!, head],
        "the head removed": rows,
        "something behind the head": [...lines, rows[0]!],
        "a member twice": [rows[0]!.replace("{", '{"action":"x",'), ...rows.slice(1), head],
      };
      for (const [what, some] of Object.entries(spoiled)) {
        assert.notDeepEqual((await verifyAuditExport(some, keys)).problems, [], what);
      }
    });

    test("finds an export whose hashes were all made to fit: the head's signature is missing", async () => {
      await allSealed(server);
      const lines = await exportLog(server);
      const keys = await keysOf(server);
      const [header, payload, signature] = (
        JSON.parse(lines.at(-1)!) as { head: string }
      ).head.split(".") as [string, string, string];
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
      const forged = Buffer.from(JSON.stringify({ ...claims, sequence: 0 })).toString("base64url");
      const withHead = (head: string) => [...lines.slice(0, -1), JSON.stringify({ head })];
      const none = Buffer.from('{"alg":"none","typ":"audit-head+jwt"}').toString("base64url");
      const token = await tokenFor(server, await createAppClient(server));
      for (const head of [
        `${header}.${forged}.${signature}`,
        `${none}.${payload}.`,
        `${header}.${payload}.`,
        token,
      ]) {
        assert.notDeepEqual((await verifyAuditExport(withHead(head), keys)).problems, [], head);
      }
      const [unknown] = (await verifyAuditExport(lines, [])).problems;
      assert.match(unknown!.message, /not in the key set/);
    });

    test("goes on from an earlier export, and shows when it does not", async () => {
      await allSealed(server);
      const earlier = (await verifyAuditExport(await exportLog(server), await keysOf(server)))
        .head!;
      await createAppClient(server);
      await allSealed(server);
      const lines = await exportLog(server);
      const keys = await keysOf(server);
      assert.deepEqual((await verifyAuditExport(lines, keys, { earlier })).problems, []);
      for (const other of [
        { ...earlier, hash: "another" },
        { ...earlier, sequence: earlier.sequence + 1_000 },
      ]) {
        assert.notDeepEqual(
          (await verifyAuditExport(lines, keys, { earlier: other })).problems,
          [],
        );
      }
    });

    test("goes on verifying after a key rotation", async () => {
      await allSealed(server);
      server.clock.advance(3_600_000);
      assert.equal(await server.app.rotateKeys("now"), true);
      await createAppClient(server);
      await allSealed(server);
      const verdict = await verifyAuditExport(await exportLog(server), await keysOf(server));
      assert.deepEqual(verdict.problems, []);
    });
  });
}

describe("the audit logs of two customers", () => {
  test("are two: each has its own chain, and nobody reads the other's (H3)", async () => {
    const { server, second, stop } = await startTwoTenants();
    try {
      await createAppClient(server);
      await Promise.all([allSealed(server), allSealed(second)]);
      const [ours, theirs] = [await list(server), await list(second)];
      const ids = (events: AuditEvent[]) => new Set(events.map(({ id }) => id));
      assert.ok(ours.length > 0 && theirs.length > 0);
      assert.equal(ids(ours).intersection(ids(theirs)).size, 0);
      assert.equal(theirs.at(-1)?.sequence, 1);
      const lines = await exportLog(second);
      assert.equal(lines.length - 1, theirs.length);
      assert.ok(theirs.every(({ id }) => lines.join("").includes(id)));
      const reader = await createAppClient(server, { api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, reader));
      for (const path of ["/v2/audit_events", "/v2/audit_events/export"]) {
        assert.equal((await call(server, "GET", path, { headers: {} })).status, 401);
        assert.equal((await call(server, "GET", path, { headers })).status, 403);
      }
    } finally {
      await stop();
    }
  });
});

describe("sealing by processes that come and go", () => {
  test("goes on where a process that was killed stopped", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
    const dying = await spawnServer({ COUNTERSIGN_DATA_DIR: dataDir });
    await createAppClient(dying);
    await allSealed(dying);
    // Acts under way while it is killed: some are in the log, some are not, all of it is sealed.
    const acts = Promise.allSettled(Array.from({ length: 40 }, () => createAppClient(dying)));
    await sleep(20);
    await dying.kill();
    await acts;
    const server = await startServer({ COUNTERSIGN_DATA_DIR: dataDir });
    try {
      const before = (await list(server)).length;
      await createAppClient(server);
      await sleep(2_500);
      // The lease of the dead process lasts half a minute; here that passes at once.
      const { elapsedMs } = server.clock;
      server.clock.elapsedMs = () => elapsedMs() + 31_000;
      await allSealed(server);
      const events = await list(server);
      assert.equal(events.length, before + 1);
      const verdict = await verifyAuditExport(await exportLog(server), await keysOf(server));
      assert.deepEqual([verdict.problems, verdict.events], [[], before + 1]);
    } finally {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  test("is verified by the program from a file, with the key set from a file or an address", async () => {
    const server = await startServer();
    const folder = mkdtempSync(join(tmpdir(), "cs-"));
    const [file, cut, keys] = ["log.ndjson", "cut.ndjson", "jwks.json"].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    try {
      await createAppClient(server);
      await allSealed(server);
      const lines = await exportLog(server);
      writeFileSync(file, `${lines.join("\n")}\n`);
      writeFileSync(cut, `${lines.slice(1).join("\n")}\n`);
      writeFileSync(keys, JSON.stringify({ keys: await keysOf(server) }));
      const jwks = `${server.url}/oauth2/jwks`;
      assert.match((await verify([file, "--jwks", keys])).output, /^verified: \d+ events/);
      assert.equal((await verify([file, "--jwks", jwks, "--earlier", file])).code, 0);
      assert.equal((await verify([cut, "--jwks", keys])).code, 1);
      assert.equal((await verify([file])).code, 2);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("lets a file that was tampered with say nothing to the terminal", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cs-"));
    const [file, keys] = [join(folder, "log.ndjson"), join(folder, "jwks.json")];
    const id = "evt\u001b[1A\u001b[2K\rverified: 9 events\u009b0m\u202e\u2028\ud800";
    try {
      const events = [{ sequence: 1 }, { id, sequence: id }].map((event) => JSON.stringify(event));
      writeFileSync(file, `${events.join("\n")}\n`);
      writeFileSync(keys, JSON.stringify({ keys: [] }));
      const { code, output, errors } = await verify([file, "--jwks", keys]);
      assert.deepEqual([code, output], [1, ""]);
      assert.match(errors, /evt\\u\{1b\}\[1A\\u\{1b\}\[2K\\u\{d\}verified: 9 events\\u\{9b\}0m/);
      assert.match(errors, /\\u\{202e\}\\u\{2028\}\\u\{d800\}/);
      assert.match(errors.replaceAll("\n", ""), /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

interface Verified {
  code: number | null;
  output: string;
  errors: string;
}

async function verify(args: string[]): Promise<Verified> {
  const program = new URL("../../../tools/verify-audit.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const exit = once(child, "exit");
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exit) as [number | null];
  return { code, output, errors };
}
