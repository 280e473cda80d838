import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { getRequestListener } from "@hono/node-server";
import type { Api } from "@countersign/protocol/admin/apis.ts";
import { bearer, call, createAppClient, tokenFor } from "../../server/test/calls.ts";
import { freePort, spawnServer, type ServerProcess } from "../../server/test/server.ts";
import { startServer } from "../../sdk/test/local-server.ts";
import { makeFolder } from "../test/run.ts";
import { isThere } from "../test/runtimes.ts";

/**
 * Each small API as its reader would start it, for an audience of its own that was registered with
 * Countersign, and called with tokens from there.
 */

const audience = "https://notes.example";
const programs = ["node-http", "express", "fastify", "hono", "koa"];
const pythonPrograms = [
  { name: "python-jwks", needs: "import jwt, cryptography" },
  { name: "python-introspection", needs: "import requests" },
];
const tellsWhere = (name: string): boolean => !name.startsWith("python");

describe("the programs that protect an API", () => {
  let server: ServerProcess;
  let api: Api;
  let tokens: Record<"reader" | "stranger" | "elsewhere", string>;
  let readerId: string;

  before(async () => {
    server = await spawnServer();
    const permissions = [{ name: "notes:read", description: "Read notes" }];
    const body = { name: "Notes", audience, permissions };
    api = (await call<Api>(server, "POST", "/v2/apis", { body })).body;
    const role = { name: "note_reader", permissions: ["notes:read"] };
    assert.equal((await call(server, "POST", "/v2/roles", { body: role })).status, 201);
    const reader = await createAppClient(server, { api_roles: ["note_reader"] });
    const stranger = await createAppClient(server);
    readerId = reader.client_id;
    tokens = {
      reader: await tokenFor(server, reader, { resource: audience }),
      stranger: await tokenFor(server, stranger, { resource: audience }),
      elsewhere: await tokenFor(server, reader),
    };
    environment = {
      ISSUER: server.url,
      AUDIENCE: audience,
      API_ID: api.id,
      API_SECRET: api.verifier_credential!.secret!,
    };
  });
  after(() => server.stop());

  let environment: Record<string, string>;

  const ask = (url: string, token?: string): Promise<Response> =>
    fetch(url, token === undefined ? {} : { headers: bearer(token) });

  async function checkProtected(name: string, url: string): Promise<void> {
    const good = await ask(url, tokens.reader);
    assert.equal(good.status, 200);
    assert.deepEqual(await good.json(), { client: readerId, notes: ["Tokens expire."] });
    const [header, claims, signature] = tokens.reader.split(".");
    const forged = `${header}.${claims}.${signature!.split("").toReversed().join("")}`;
    for (const [what, status, token] of [
      ["no token", 401, undefined],
      ["one of another audience", 401, tokens.elsewhere],
      ["a forged one", 401, forged],
      ["no token at all, but something", 401, "x"],
      ["one without the permission", 403, tokens.stranger],
    ] as const) {
      const refused = await ask(url, token);
      assert.equal(refused.status, status, what);
      const challenge = refused.headers.get("www-authenticate") ?? "";
      assert.match(challenge, /^Bearer/, what);
      if (status === 403) assert.match(challenge, /insufficient_scope.*notes:read/, what);
      if (tellsWhere(name)) assert.match(challenge, /resource_metadata=/, what);
    }
  }

  /** Answers where it listens. */
  async function start(t: TestContext, name: string, command: string): Promise<number> {
    const port = await freePort();
    const file = name.startsWith("python") ? "api.py" : "api.ts";
    const program = fileURLToPath(new URL(`${name}/${file}`, import.meta.url));
    const child = spawn(command, [program], {
      env: { PATH: process.env["PATH"], PORT: String(port), ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    t.after(() => end(child));
    await listening(`http://127.0.0.1:${port}/notes`, child);
    return port;
  }

  async function checkProgram(t: TestContext, name: string, command: string): Promise<void> {
    const url = `http://127.0.0.1:${await start(t, name, command)}/notes`;
    await checkProtected(name, url);
    if (name === "python-introspection") await checkRevoked(url);
  }

  /** Where each token is asked about, a revocation is obeyed at once. */
  async function checkRevoked(url: string): Promise<void> {
    const client = await createAppClient(server, { api_roles: ["note_reader"] });
    const token = await tokenFor(server, client, { resource: audience });
    assert.equal((await ask(url, token)).status, 200);
    const body = { enabled: false };
    const path = `/v2/app_clients/${client.id}`;
    assert.equal((await call(server, "PATCH", path, { body })).status, 200);
    assert.equal((await ask(url, token)).status, 401);
  }

  for (const name of programs) {
    test(`takes good tokens and refuses others: ${name}`, (t) =>
      checkProgram(t, name, process.execPath));
  }

  for (const { name, needs } of pythonPrograms) {
    test(`takes good tokens and refuses others: ${name}`, async (t) => {
      for (const command of ["python3", "/usr/bin/python3"]) {
        if (!(await isThere({ file: command, args: ["-c", needs] }))) continue;
        return checkProgram(t, name, command);
      }
      t.diagnostic(`${name} DID NOT RUN: no Python that can "${needs}" is installed`);
    });
  }

  test("takes good tokens and refuses others: nginx, before an API that checks nothing", async (t) => {
    const folder = makeFolder();
    t.after(() => folder.remove());
    const port = await freePort();
    const [gate, behind] = await Promise.all([start(t, "node-http", process.execPath), notes(t)]);
    const ports: Record<string, number> = { 8000: port, 3000: gate, 4000: behind };
    const template = readFileSync(new URL("nginx/nginx.conf", import.meta.url), "utf8");
    const settings = template.replace(/(?<=127\.0\.0\.1:)\d+/g, (found) => String(ports[found]));
    writeFileSync(join(folder.path, "nginx.conf"), settings);
    const child = spawn("nginx", ["-p", folder.path, "-c", "nginx.conf", "-e", "stderr"], {
      env: { PATH: `${process.env["PATH"]}:/usr/sbin` },
      stdio: ["ignore", "ignore", "pipe"],
    });
    if (!(await isStarted(child))) return t.diagnostic("DID NOT RUN: nginx is not installed");
    t.after(() => end(child));
    const url = `http://127.0.0.1:${port}/notes`;
    await listening(url, child);
    const statuses = [tokens.reader, undefined, tokens.elsewhere, tokens.stranger].map(
      async (token) => (await ask(url, token)).status,
    );
    assert.deepEqual(await Promise.all(statuses), [200, 401, 401, 403]);
    assert.match((await ask(url)).headers.get("www-authenticate") ?? "", /resource_metadata=/);
  });

  /** Knows nothing of tokens. */
  const notes = async (t: TestContext): Promise<number> =>
    Number(new URL(await startServer(t, (_request, response) => response.end("notes"))).port);

  test("takes good tokens and refuses others: fetch", async (t) => {
    Object.assign(process.env, environment);
    const { default: handler } = await import("./fetch/api.ts");
    const listener = getRequestListener((request) => handler.fetch(request));
    const url = await startServer(t, (request, response) => void listener(request, response));
    await checkProtected("fetch", `${url}/notes`);
  });

  test("takes good tokens and refuses others: next", async (t) => {
    Object.assign(process.env, environment);
    const { GET } = await import("./next/app/notes/route.ts");
    // As Next calls it.
    const listener = getRequestListener((request) => GET(request, { params: Promise.resolve({}) }));
    const url = await startServer(t, (request, response) => void listener(request, response));
    await checkProtected("next", `${url}/notes`);
  });
});

const isStarted = (child: ChildProcess): Promise<boolean> =>
  once(child, "spawn").then(
    () => true,
    () => false,
  );

async function listening(url: string, child: ChildProcess): Promise<void> {
  let said = "";
  child.stderr!.on("data", (chunk: Buffer) => (said += chunk.toString()));
  for (let tries = 0; tries < 600; tries += 1) {
    assert.equal(child.exitCode, null, `the program ended: ${said}`);
    if ((await fetch(url).catch(() => undefined)) !== undefined) return;
    await sleep(50);
  }
  throw new Error(`the program does not listen: ${said}`);
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill();
  await ended;
}
