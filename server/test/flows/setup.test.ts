import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { call } from "../calls.ts";
import { spawnServer, startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

const email = "owner@example.com";

for (const { name, emptySettings: settings } of stores) {
  describe(`the first start on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer({ ...(await settings()), COUNTERSIGN_BOOTSTRAP_API_KEY: "" });
    });
    after(() => server.stop());

    const setup = (code: string) =>
      call<{ secret_key: string }>(server, "POST", "/setup", { body: { code, email } });

    test("refuses a wrong code", async () => {
      assert.equal((await setup("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA")).status, 403);
    });

    test("makes one owner of two who bring the code at once (H12)", async () => {
      const code = server.app.setupCode!;
      const answers = await Promise.all([setup(code), setup(code.toLowerCase()), setup(code)]);
      const statuses = answers.map(({ status }) => status).toSorted((one, other) => one - other);
      assert.deepEqual(statuses, [201, 403, 403]);
      const { secret_key } = answers.find(({ status }) => status === 201)!.body;
      assert.match(secret_key, /^cspk_[0-9A-Za-z]{49}$/);
      const list = await call(server, "GET", "/v2/app_clients", {
        headers: { "x-api-key": secret_key },
      });
      assert.equal(list.status, 200);
    });

    test("refuses the code once it is spent", async () => {
      assert.equal((await setup(server.app.setupCode!)).status, 403);
    });
  });
}

describe("the bootstrap key", () => {
  test("becomes the owner's personal key, and may create an owner client", async () => {
    const server = await startServer();
    try {
      const body = { name: "root", type: "client_credentials", api_roles: ["owner"] };
      assert.equal((await call(server, "POST", "/v2/app_clients", { body })).status, 201);
      assert.equal(server.app.setupCode, undefined);
    } finally {
      await server.stop();
    }
  });

  test("is ignored with a log line once there is an owner", async () => {
    const first = await spawnServer();
    const { dataDir } = first;
    await first.kill();
    const other = "another-bootstrap-key-9876543210-98765";
    const second = await spawnServer({
      COUNTERSIGN_DATA_DIR: dataDir,
      COUNTERSIGN_BOOTSTRAP_API_KEY: other,
    });
    try {
      const list = (key: string) =>
        call(second, "GET", "/v2/app_clients", { headers: { "x-api-key": key } });
      assert.equal((await list(other)).status, 401);
      assert.equal((await list(first.apiKey)).status, 200);
      assert.match(second.logLines.join("\n"), /COUNTERSIGN_BOOTSTRAP_API_KEY is ignored/);
    } finally {
      await second.stop();
    }
  });
});

describe("a fresh data directory", () => {
  test("keeps the master key from other users", async () => {
    const server = await spawnServer();
    try {
      assert.equal(statSync(`${server.dataDir}/master.key`).mode & 0o777, 0o600);
    } finally {
      await server.stop();
    }
  });

  test("prints the setup code and three lines that work as they are", async () => {
    const server = await spawnServer({ COUNTERSIGN_BOOTSTRAP_API_KEY: "" });
    try {
      const printed = await eventuallyPrinted(server.logLines);
      const lines = printed.split("\n").filter((line) => line.startsWith("  "));
      const { status, stdout } = await shell(lines.join("\n"));
      assert.equal(status, 0);
      assert.match(stdout, /cspk_/);
      assert.match(stdout, /\{"corpora":\[\],"metadata":\{\}\}\s*$/);
    } finally {
      await server.stop();
    }
  });
});

async function eventuallyPrinted(logLines: string[]): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (logLines.some((line) => line.includes("/v2/corpora"))) return logLines.join("\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing to try was printed: ${logLines.join("\n")}`);
}

function shell(script: string): Promise<{ status: number | null; stdout: string }> {
  const child = spawn("bash", ["-c", script]);
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, stdout })));
}
