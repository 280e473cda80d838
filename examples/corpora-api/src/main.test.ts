import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { audience, startIssuer } from "../test/issuer.ts";

test("runs alone beside an issuer, by four settings", async (t) => {
  const issuer = await startIssuer(t);
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { COUNTERSIGN_ISSUER: issuer.url, AUDIENCE: audience, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill());
  const url = await listeningAt(child.stdout);
  const token = await issuer.token({ scope: "corpora:read" });
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/v2/corpora`, { headers });
  assert.deepEqual(await answer.json(), { corpora: [], metadata: {} });
  for (const path of ["/", "/v2/absent", "/v2/corpora/%ff"]) {
    const refused = await fetch(url + path, { headers });
    assert.ok(refused.status === 404 || refused.status === 400, path);
    const body = (await refused.json()) as { messages: string[]; request_id: string };
    assert.ok(body.messages.length === 1 && body.request_id !== "");
  }
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

async function listeningAt(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url !== undefined && line.includes("listening")) return url;
  }
  throw new Error("it ended without listening");
}
