import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, before, describe, test, type TestContext } from "node:test";
import { isInCi } from "../../tools/npm.ts";
import { audience, nowSeconds } from "./forge.ts";
import { startIssuer, type TestIssuer } from "./issuer.ts";
import { answerJson } from "./local-server.ts";
import { installPacked, type PackedProject } from "./package/packed-project.ts";
import { checkProgram } from "./package/program-check.ts";
import { findRuntime, runtimes } from "./package/runtime.ts";
import { bundleWorker, startWorker, workerd } from "./package/workerd.ts";
import { startTokenServer } from "./token-server.ts";

/**
 * The program that `package.test.ts` runs on Node, on the other runtimes. npm brings them when this
 * test first runs. Without a network they are missing: then the run says so and goes on, but in CI
 * it fails.
 */
describe("the published package, beside Node", () => {
  let project: PackedProject;
  before(async () => {
    project = await installPacked();
  });
  after(() => project.remove());

  for (const runtime of runtimes) {
    test(`verifies tokens and asks for them on ${runtime.name}`, async (t) => {
      const found = await findRuntime(runtime);
      if ("why" in found) {
        t.diagnostic(`${runtime.name} DID NOT RUN: ${found.why}`);
        assert.equal(isInCi, false, found.why);
        return;
      }
      // Whatever it wants to remember goes with the project.
      const env = { HOME: project.folder, DENO_DIR: project.folder, DENO_NO_UPDATE_CHECK: "1" };
      const command = { file: found.file, args: runtime.args, env };
      const seen = await checkProgram(t, project.folder, command);
      assert.match(seen, new RegExp(`^${runtime.name}/`));
      t.diagnostic(`ran on ${seen}`);
    });
  }
});

const nowMs = nowSeconds * 1000;
/** Keys are fresh for 300 s, and renewed in the background when 240 s have passed. */
const renewalMs = nowMs + 250_000;
const staleMs = nowMs + 310_000;

/**
 * A worker is unlike the other runtimes in two ways: its `fetch` knows less, and what a request
 * began ends with that request.
 */
describe("the published package, on a worker", () => {
  let project: PackedProject;
  let file = "";
  let why: string | undefined;
  before(async () => {
    const found = await findRuntime(workerd);
    if ("why" in found) why = found.why;
    else file = found.file;
    project = await installPacked();
    await bundleWorker(project.folder);
  });
  after(() => project.remove());

  onWorker("verifies tokens and asks for them", async ({ issuer, ask, tokens }) => {
    assert.deepEqual(await ask(nowMs), [200, "app_1"]);
    const [status, body] = await ask(nowMs, { token: issuer.token({ claims: { aud: "x" } }) });
    assert.deepEqual([status, JSON.parse(body)], [401, notForThis]);
    assert.deepEqual(await ask(nowMs, { path: "/token" }), [200, "t1"]);
    assert.deepEqual(await ask(nowMs, { path: "/token" }), [200, "t1"]);
    assert.equal(tokens.asked.length, 1);
  });

  onWorker("follows no redirect", async ({ issuer, ask }) => {
    issuer.answerKeys = (response) => response.writeHead(302, { location: "/elsewhere" }).end();
    assert.equal((await ask(nowMs))[0], 503);
    assert.deepEqual(issuer.requests.slice(1), ["/oauth2/jwks"]);
  });

  onWorker("renews keys when the request that began it is answered", async ({ issuer, ask }) => {
    assert.deepEqual(await ask(nowMs), [200, "app_1"]);
    const release = holdKeys(issuer);
    assert.deepEqual(await ask(renewalMs), [200, "app_1"]);
    release();
    const other = issuer.token({ claims: { client_id: "app_2" } });
    assert.deepEqual(await ask(staleMs, { token: other }), [200, "app_2"]);
  });

  interface Situation {
    issuer: TestIssuer;
    tokens: Awaited<ReturnType<typeof startTokenServer>>;
    /** Asks the worker at that time, with a good token unless told otherwise. */
    ask(atMs: number, how?: Question): Promise<[status: number, body: string]>;
  }

  function onWorker(name: string, body: (situation: Situation) => Promise<void>): void {
    test(name, async (t) => {
      if (why === undefined) return body(await situate(t));
      t.diagnostic(`workerd DID NOT RUN: ${why}`);
      assert.equal(isInCi, false, why);
    });
  }

  async function situate(t: TestContext): Promise<Situation> {
    const issuer = await startIssuer(t);
    const tokens = await startTokenServer(t);
    const tokenEndpoint = `${tokens.origin}/oauth2/token`;
    const settings = { issuer: issuer.issuer, audience, tokenEndpoint };
    const origin = await startWorker(t, file, project.folder, settings);
    const ask = async (atMs: number, how: Question = {}): Promise<[number, string]> => {
      const { path = "/", token = issuer.token() } = how;
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${origin}${path}?now=${atMs}`, { headers });
      return [response.status, await response.text()];
    };
    return { issuer, tokens, ask };
  }
});

interface Question {
  path?: string;
  token?: string;
}

const notForThis = { messages: ["The access token is not for this API."] };

/** The key set is answered no sooner than it is released. */
function holdKeys(issuer: TestIssuer): () => void {
  const held: ServerResponse[] = [];
  issuer.answerKeys = (response) => held.push(response);
  return () => {
    issuer.answerKeys = undefined;
    for (const response of held) answerJson(response, 200, { keys: issuer.listed });
  };
}
