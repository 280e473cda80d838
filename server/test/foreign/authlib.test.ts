import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { after, before, describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { createAppClient, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** What `authlib-client.py` saw, by the method with which it proved itself. */
interface Seen {
  token: { token_type: string; expires_in: number; scope: string };
  corpora: number;
  typ: string;
  claims: { iss: string; aud: string; client_id: string; scope: string };
  wrong_audience: string | null;
  active: Record<string, unknown>;
  revocation: number;
  after_revocation: Record<string, unknown>;
  wrong_secret: string | null;
  wrong_scope: string | null;
}

/** A client library of another language; it runs where the machine has it. */
describe("Authlib", () => {
  let server: InProcessServer;
  let client: CreatedAppClient;
  before(async () => {
    server = await startServer();
    client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
  });
  after(() => server.stop());

  const python = ["python3", "/usr/bin/python3"].find(
    (command) => spawnSync(command, ["-c", "import authlib, requests"]).status === 0,
  );

  let seen: Promise<Record<string, Seen>> | undefined;
  /** Runs it once for all tests; `undefined` where it is not installed, and the test says so. */
  async function see(t: TestContext): Promise<Seen[] | undefined> {
    if (python === undefined) {
      t.diagnostic("DID NOT RUN: python3-authlib and python3-requests are not installed");
      return undefined;
    }
    seen ??= drive(python, server.url, client);
    const byMethod = await seen;
    assert.deepEqual(Object.keys(byMethod), ["client_secret_basic", "client_secret_post"]);
    return Object.values(byMethod);
  }

  test("gets a token by Basic and by post, and uses it", async (t) => {
    for (const { token, corpora } of (await see(t)) ?? []) {
      const expected = { token_type: "Bearer", expires_in: 1_800, scope: "corpora:read" };
      assert.deepEqual([token, corpora], [expected, 200]);
    }
  });

  test("verifies our tokens with the key set that the metadata names (D8, D17)", async (t) => {
    for (const { claims, typ, wrong_audience } of (await see(t)) ?? []) {
      const { client_id } = client;
      const expected = { iss: server.url, aud: server.url, client_id, scope: "corpora:read" };
      assert.deepEqual([claims, typ], [expected, "at+jwt"]);
      assert.equal(wrong_audience, "invalid_claim");
    }
  });

  test("introspects and revokes its own token, which is void then", async (t) => {
    for (const { active, revocation, after_revocation } of (await see(t)) ?? []) {
      const { client_id } = client;
      assert.deepEqual(
        [active["active"], active["client_id"], active["scope"]],
        [true, client_id, "corpora:read"],
      );
      assert.deepEqual([revocation, after_revocation], [200, { active: false }]);
    }
  });

  test("reads our refusals by their codes", async (t) => {
    for (const { wrong_secret, wrong_scope } of (await see(t)) ?? []) {
      assert.deepEqual([wrong_secret, wrong_scope], ["invalid_client", "invalid_scope"]);
    }
  });
});

async function drive(
  python: string,
  url: string,
  { client_id, client_secret }: CreatedAppClient,
): Promise<Record<string, Seen>> {
  const script = fileURLToPath(new URL("authlib-client.py", import.meta.url));
  const child = spawn(python, [script, url, client_id], { timeout: 60_000 });
  child.stdin.end(client_secret);
  const [answer, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.notEqual(answer, "", said);
  return JSON.parse(answer) as Record<string, Seen>;
}
