import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import type { Refusal } from "@countersign/protocol/admin/refusals.ts";
import { call } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** A table that is gone makes every statement on it a mistake of ours. */
const broken = [
  { path: "/v2/audit_events", table: "audit_events" },
  { path: "/v2/usage", table: "usage_counts" },
  { path: "/v2/usage/unused_clients", table: "credential_uses" },
  { path: "/v2/findings", table: "findings" },
  { path: "/v2/app_clients", table: "clients" },
];

describe("a mistake of the server", () => {
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

  for (const { path, table } of broken) {
    test(`shows at ${path} nothing but an id, under which it is explained (J4)`, async () => {
      database.exec(`alter table ${table} rename to gone`);
      const failed = await call(server, "GET", path);
      database.exec(`alter table gone rename to ${table}`);
      assert.deepEqual(
        { ...failed.body, request_id: "" },
        { messages: ["Something went wrong here. It is not your request."], request_id: "" },
      );
      assert.equal(failed.status, 500);
      assert.equal(failed.headers.get("x-request-id"), failed.body["request_id"]);
      const id = String(failed.body["request_id"]);
      const { body } = await call<Refusal>(server, "GET", `/v2/refusals/${id}`);
      assert.deepEqual(
        [body.cause, body.status, body.endpoint],
        ["internal_error", 500, `GET ${path}`],
      );
      assert.doesNotMatch(JSON.stringify([failed.body, body]), /sqlite|select|table|\.ts/i);
      assert.ok(
        server.logLines.some((line) => line.includes(id) && line.includes("no such table")),
      );
    });
  }
});
