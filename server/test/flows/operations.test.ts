import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, test } from "node:test";
import { bearer, call, createAppClient, requestToken, secretOf, tokenFor } from "../calls.ts";
import { freePort, spawnServer, type ServerProcess } from "../server.ts";
import { createVisitor } from "../visitor.ts";
import { startArguments } from "../../../tools/start-command.ts";

/** What an operator meets: a lost key, a wrong key, a newer database, a restored backup. */

describe("an operator", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "cs-"));
    await (await spawnServer({ COUNTERSIGN_DATA_DIR: dataDir })).stop();
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const run = (...words: string[]) => runMain({ COUNTERSIGN_DATA_DIR: dataDir }, words);
  const masterKeyFile = () => join(dataDir, "master.key");

  test("is told that the master key is missing, and no other one is made", async () => {
    rmSync(masterKeyFile());
    const { status, output } = await run();
    assert.equal(status, 1);
    assert.match(output, /master key file .* is missing/);
    assert.equal(existsSync(masterKeyFile()), false);
  });

  test("is told which master key the database wants", async () => {
    writeFileSync(masterKeyFile(), `csmk_${"A".repeat(43)}\n`);
    const { status, output } = await run();
    assert.equal(status, 1);
    assert.match(
      output,
      /sealed with master key [0-9a-f]{16}, but the key file holds [0-9a-f]{16}/,
    );
  });

  test("is told that the database is from a newer version, and it is left alone", async () => {
    const database = new DatabaseSync(join(dataDir, "countersign.sqlite"));
    database.exec("insert into schema_migrations values (9999, '9999-future.sql', 'x')");
    database.close();
    const { status, output } = await run();
    assert.equal(status, 1);
    assert.match(output, /newer version of Countersign \(it has 9999-future\.sql\)/);
  });

  test("is told what a setting should be", async () => {
    const { status, output } = await runMain({ COUNTERSIGN_WORKERS: "4" }, []);
    assert.equal(status, 1);
    assert.match(output, /COUNTERSIGN_WORKERS can only be 1 in this version/);
  });

  test("is told which folder or address cannot be used, without a stack", async () => {
    const folder = await runMain({ COUNTERSIGN_DATA_DIR: masterKeyFile() }, []);
    assert.equal(folder.status, 1);
    assert.match(folder.output, /master\.key cannot be used: EEXIST\. COUNTERSIGN_DATA_DIR/);
    const address = { COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_HOST: "192.0.2.1" };
    const host = await runMain(address, []);
    assert.equal(host.status, 1);
    assert.match(host.output, /address that COUNTERSIGN_HOST names/);
    const unknown = await runMain({ ...address, COUNTERSIGN_HOST: "http://127.0.0.1" }, []);
    assert.equal(unknown.status, 1);
    assert.match(unknown.output, /COUNTERSIGN_HOST names no address/);
    assert.doesNotMatch(folder.output + host.output + unknown.output, /\n +at /);
  });

  test("is told which file is no database, without a stack, and it is left alone", async () => {
    const file = join(dataDir, "countersign.sqlite");
    const text = "no database at all. ".repeat(500);
    writeFileSync(file, text);
    const { status, output } = await run();
    assert.equal(status, 1);
    assert.match(
      output,
      /SQLite file .*countersign\.sqlite cannot be used: file is not a database/,
    );
    assert.doesNotMatch(output, /\n +at /);
    assert.equal(readFileSync(file, "utf8"), text);
  });

  test("is told what the database said while it does not answer, without a stack", async () => {
    const environment = { COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_DATABASE_URL: nobodyListens };
    const { status, output } = await runMain(environment, ["after-restore"]);
    assert.equal(status, 1);
    assert.match(output, /The database does not answer: .*ECONNREFUSED/);
    assert.doesNotMatch(output, /\n +at /);
  });

  test("stops one that still waits for its database", async () => {
    const waiting = runMain(
      { COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_DATABASE_URL: nobodyListens },
      [],
      (output, child) => {
        if (output.includes("tried again") && !child.killed) child.kill("SIGTERM");
      },
    );
    const { status, output } = await waiting;
    assert.equal(status, 0);
    assert.match(output, /stopping/);
  });

  test("keeps what is stored from other users of the machine, whatever the folder says", async () => {
    const open = mkdtempSync(join(tmpdir(), "cs-"));
    chmodSync(open, 0o755);
    const server = await spawnServer({ COUNTERSIGN_DATA_DIR: open });
    const files = readdirSync(open);
    const readable = files.filter((file) => (statSync(join(open, file)).mode & 0o007) !== 0);
    await server.stop();
    rmSync(open, { recursive: true });
    assert.ok(files.length >= 3);
    assert.deepEqual(readable, []);
  });

  test("is told of a name in the environment that is no setting", async () => {
    const misspelt = { COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_OUTAGE_GRACE: "0" };
    const { output } = await runMain(misspelt, ["rotate-signing-keys"]);
    assert.match(output, /"setting":"COUNTERSIGN_OUTAGE_GRACE".*there is no such setting/);
  });

  test("changes no audience from a shell in which the public URL is not set", async () => {
    const audience = () => {
      const database = new DatabaseSync(join(dataDir, "countersign.sqlite"), { readOnly: true });
      const rows = database.prepare("select audience from apis").all();
      database.close();
      return rows.map((row) => row["audience"]);
    };
    const before = audience();
    await run("rotate-signing-keys");
    assert.deepEqual(audience(), before);
    const server = await spawnServer({
      COUNTERSIGN_DATA_DIR: dataDir,
      COUNTERSIGN_PUBLIC_URL: "https://moved.example.com",
    });
    await server.stop();
    assert.deepEqual(audience(), ["https://moved.example.com"]);
    assert.match(server.logLines.join("\n"), /moved\.example\.com.*the public URL is another one/);
  });

  test("is told that the public URL is the audience of another API", async () => {
    const audience = "https://taken.example.com";
    const server = await spawnServer({ COUNTERSIGN_DATA_DIR: dataDir });
    const body = { name: "Taken", audience, permissions: [] };
    assert.equal((await call(server, "POST", "/v2/apis", { body })).status, 201);
    await server.stop();
    const taken = { COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_PUBLIC_URL: audience };
    const { status, output } = await runMain(taken, []);
    assert.equal(status, 1);
    assert.match(output, /COUNTERSIGN_PUBLIC_URL is the audience of another API/);
    assert.doesNotMatch(output, /\n +at /);
  });

  test("rotates signing keys by hand, but not before the next one is known everywhere", async () => {
    const { status, output } = await run("rotate-signing-keys");
    assert.equal(status, 1);
    assert.match(output, /^Nothing was changed/);
  });

  test("helps an owner who has lost everything, with a link that works once (H7)", async () => {
    const { status, output } = await run("reset-owner-sign-in");
    assert.equal(status, 0, output);
    assert.match(output, /For owner@localhost: password, second factors and sessions are void/);
    const [, code = ""] = /\/invitation\?code=([\w-]+)/.exec(output) ?? [];
    const server = await spawnServer({ COUNTERSIGN_DATA_DIR: dataDir });
    try {
      const password = "purple elephants dance slowly";
      const visitor = createVisitor(server);
      const answer = await visitor.submit(`/invitation?code=${code}`, { password });
      assert.equal(answer.status, 303);
      assert.equal((await createVisitor(server).get(`/invitation?code=${code}`)).status, 403);
      const { body } = await call(server, "GET", "/v2/audit_events?limit=100");
      assert.match(
        JSON.stringify(body),
        /"operator".*user\.password_reset|user\.password_reset.*"operator"/,
      );
      const guest = { body: { email: "guest@example.com" } };
      await call(server, "POST", "/v2/users", guest);
    } finally {
      await server.stop();
    }
    const refused = await run("reset-owner-sign-in", "guest@example.com");
    assert.equal(refused.status, 1);
    assert.match(refused.output, /^This user is no owner/);
    assert.match((await run("reset-owner-sign-in", "nobody")).output, /^There is no such user/);
  });

  test("restores a backup, and what had a secret then has it again", async () => {
    const before = await spawnServer({ COUNTERSIGN_DATA_DIR: dataDir });
    const kept = await createAppClient(before);
    await before.stop();
    const file = join(dataDir, "countersign.sqlite");
    new DatabaseSync(file).exec(`vacuum into '${file}.backup'`);

    const later = await spawnServer({ COUNTERSIGN_DATA_DIR: dataDir });
    const lost = await createAppClient(later);
    await later.stop();
    putBack(dataDir);
    assert.equal((await run("after-restore")).status, 0);

    const restored = await spawnServer({ COUNTERSIGN_DATA_DIR: dataDir });
    try {
      assert.equal((await requestToken(restored, secretOf(kept))).status, 200);
      assert.equal((await requestToken(restored, secretOf(lost))).status, 401);
      const read = await call(restored, "GET", `/v2/app_clients/${kept.id}`);
      assert.equal(read.body["client_secret"], kept.client_secret);
    } finally {
      await restored.stop();
    }
  });

  test("restores a backup, and what was ended or spent since does not come back (J5)", async () => {
    const owner = { email: "owner@example.com", password: "a long walk before breakfast" };
    const settings = {
      COUNTERSIGN_DATA_DIR: dataDir,
      COUNTERSIGN_PORT: String(await freePort()),
      COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: owner.email,
      COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: owner.password,
    };
    rmSync(dataDir, { recursive: true });
    const before = await spawnServer(settings);
    const client = await createAppClient(before, { api_roles: ["administrator"] });
    const visitor = createVisitor(before);
    assert.equal((await visitor.signIn(owner.email, owner.password)).status, 303);
    const cookies = new Map(visitor.cookies);
    const invited = await call<Invited>(before, "POST", "/v2/users", {
      body: { email: "invited@example.com" },
    });
    const { pathname, search } = new URL(invited.body.sign_in_url);
    const guest = { path: pathname + search, password: "another walk, after supper" };
    await before.stop();
    const file = join(dataDir, "countersign.sqlite");
    new DatabaseSync(file).exec(`vacuum into '${file}.backup'`);

    const later = await spawnServer(settings);
    const token = await tokenFor(later, client);
    assert.equal((await visitor.submit("/logout", {})).status, 303);
    const redeem = (server: ServerProcess) =>
      createVisitor(server).submit(guest.path, { password: guest.password });
    assert.equal((await redeem(later)).status, 303);
    await later.stop();
    putBack(dataDir);
    const { status, output } = await run("after-restore");
    assert.equal(status, 0, output);

    const restored = await spawnServer(settings);
    try {
      const ask = (bearerToken: string) =>
        call(restored, "GET", "/v2/app_clients", { headers: bearer(bearerToken) });
      assert.equal((await ask(token)).status, 401);
      assert.equal((await ask(await tokenFor(restored, client))).status, 200);
      for (const [name, value] of cookies) visitor.cookies.set(name, value);
      assert.equal((await visitor.get("/account")).status, 303, "the session has ended");
      assert.equal((await createVisitor(restored).get(guest.path)).status, 403);
      assert.equal((await createVisitor(restored).signIn(owner.email, owner.password)).status, 303);
    } finally {
      await restored.stop();
    }
  });

  test("leaves no files of the write-ahead log behind when it stops cleanly", () => {
    assert.deepEqual(readdirSync(dataDir).toSorted(), [
      "corpora.sqlite",
      "countersign.sqlite",
      "master.key",
    ]);
  });
});

type Invited = { sign_in_url: string };

/** The backup beside the database takes its place. */
function putBack(dataDir: string): void {
  const file = join(dataDir, "countersign.sqlite");
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith("countersign.sqlite") && !name.endsWith(".backup")) {
      rmSync(join(dataDir, name));
    }
  }
  renameSync(`${file}.backup`, file);
}

/** Port 1 of this machine: refused at once. */
const nobodyListens = "postgres://nobody@127.0.0.1:1/none";

function runMain(
  environment: Record<string, string>,
  words: string[],
  onOutput?: (output: string, child: ChildProcess) => void,
): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [...startArguments(), ...words], {
    env: { PATH: process.env["PATH"], COUNTERSIGN_PORT: "0", ...environment },
  });
  let output = "";
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
    onOutput?.(output, child);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, output })));
}
