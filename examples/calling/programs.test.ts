import assert from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { call, createAppClient, type CreatedAppClient } from "../../server/test/calls.ts";
import { spawnServer, type ServerProcess } from "../../server/test/server.ts";
import { makeFolder, run, type Ran } from "../test/run.ts";
import { findWay, runtimes, type Way } from "../test/runtimes.ts";
import {
  callingPrograms,
  fillProgram,
  placeholders,
  type CallingProgram,
  type Placeholder,
} from "./programs.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const templateOf = ({ file }: CallingProgram): string => readFileSync(join(here, file), "utf8");

/** Each program as its reader would run it, where the machine has its language. */
describe("the programs that call an API", () => {
  let server: ServerProcess;
  before(async () => {
    server = await spawnServer();
    const body = { key: "books" };
    assert.equal((await call(server, "POST", "/v2/corpora", { body })).status, 201);
  });
  after(() => server.stop());

  const valuesOf = (client: CreatedAppClient): Record<Placeholder, string> => ({
    TOKEN_URL: `${server.url}/oauth2/token`,
    ISSUER: server.url,
    API_URL: server.url,
    CLIENT_ID: client.client_id,
    CLIENT_SECRET: client.client_secret,
    API_KEY: server.apiKey,
  });

  for (const program of callingPrograms) {
    const runtime = runtimes[dirname(program.file)]!;
    test(`lists corpora with ${program.title}, and tells a refusal`, async (t) => {
      const way = await findWay(runtime);
      if (way === undefined) {
        t.diagnostic(`${program.title} DID NOT RUN: ${runtime.name} is not installed`);
        assert.notEqual(runtime.isFromNpm, true, `${runtime.name} comes from npm`);
        return;
      }
      const client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
      const values = valuesOf(client);
      const good = await runFilled(program, way, values);
      assert.equal(good.code, 0, good.stderr);
      assert.match(good.stdout, /"key":\s*"books"/);

      const wrong = { CLIENT_SECRET: `${client.client_secret}x`, API_KEY: `${server.apiKey}x` };
      const refused = await runFilled(program, way, { ...values, ...wrong });
      assert.notEqual(refused.code, 0);
      const said = refused.stdout + refused.stderr;
      const requestId = /req_[0-9a-z]+/.exec(said)?.[0];
      assert.ok(requestId !== undefined, said);
      if (program.credential === "API key") return;
      assert.match(refused.stderr, /invalid_client/);
      const cause = await call(server, "GET", `/v2/refusals/${requestId}`);
      assert.equal(cause.body["cause"], "wrong_secret");
    });
  }
});

async function runFilled(
  program: CallingProgram,
  { commands, adapt = (text) => text }: Way,
  values: Record<Placeholder, string>,
): Promise<Ran> {
  const folder = makeFolder();
  try {
    const file = basename(program.file);
    writeFileSync(join(folder.path, file), adapt(fillProgram(templateOf(program), values)));
    let ran: Ran | undefined;
    for (const command of commands(file)) {
      ran = await run(command, folder.path);
      if (ran.code !== 0) return ran;
    }
    return ran!;
  } finally {
    folder.remove();
  }
}

describe("the list of programs", () => {
  test("has every file of this folder once, under an id of its own", () => {
    const files = globSync("*/*", { cwd: here }).map((file) => file.replaceAll("\\", "/"));
    assert.deepEqual(files.toSorted(), callingPrograms.map(({ file }) => file).toSorted());
    assert.equal(new Set(callingPrograms.map(({ id }) => id)).size, callingPrograms.length);
  });

  test("has programs that are read at a glance, and placeholders that are known", () => {
    for (const program of callingPrograms) {
      const template = templateOf(program);
      assert.ok(template.trimEnd().split("\n").length <= 40, program.file);
      const found = [...template.matchAll(/\{\{([^}]*)\}\}/g)].map(([, name]) => name!);
      const unknown = found.filter((name) => !placeholders.some((known) => known === name));
      assert.deepEqual(unknown, [], program.file);
      const credential = program.credential === "API key" ? "API_KEY" : "CLIENT_SECRET";
      assert.ok(found.includes(credential) && found.includes("API_URL"), program.file);
    }
  });
});

describe("fillProgram", () => {
  test("puts values in once, and leaves what it has no value for", () => {
    const template = `"{{CLIENT_ID}}" "{{CLIENT_SECRET}}" "{{CLIENT_ID}}" {{braces}}`;
    const filled = fillProgram(template, { CLIENT_ID: "{{CLIENT_SECRET}}" });
    assert.equal(filled, `"{{CLIENT_SECRET}}" "{{CLIENT_SECRET}}" "{{CLIENT_SECRET}}" {{braces}}`);
  });

  test("refuses a value that would not stay inside its string, without repeating it", () => {
    for (const value of ['a"b', "a'b", "a\\", "a$(id)", "a`id`", "a\nb", "a\u2028b"]) {
      assert.throws(
        () => fillProgram("'{{CLIENT_SECRET}}'", { CLIENT_SECRET: value }),
        (error) =>
          error instanceof TypeError &&
          error.message.includes("CLIENT_SECRET") &&
          !error.message.includes(value),
      );
    }
  });
});
