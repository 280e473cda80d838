import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openFetch } from "../../test/guarded-fetch.ts";
import { serve, serveHttp } from "../../test/listening.ts";

const piece = Buffer.alloc(64 * 1024, "x");

function manyBytes(count: number): Readable {
  let left = count;
  return new Readable({
    read() {
      left -= piece.length;
      this.push(left >= 0 ? piece : null);
    },
  });
}

test("passes 256 MB through in both directions with flat memory", async (t) => {
  const echo = await serveHttp(t, (request, answer) => void request.pipe(answer));
  const bytes = 256 * 1024 * 1024;
  const { status, body } = await openFetch(t).stream({
    url: echo.url,
    method: "POST",
    body: manyBytes(bytes),
  });
  let received = 0;
  let residentMax = 0;
  const residentBefore = process.memoryUsage().rss;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    received += chunk.length;
    residentMax = Math.max(residentMax, process.memoryUsage().rss);
  }
  assert.deepEqual([status, received], [200, bytes]);
  assert.ok(residentMax - residentBefore < bytes / 2, `${residentMax - residentBefore} bytes more`);
});

test("waits for a slow reader instead of buffering", async (t) => {
  let written = 0;
  const server = await serveHttp(t, (_, answer) => {
    const body = manyBytes(64 * 1024 * 1024);
    body.on("data", (chunk: Buffer) => (written += chunk.length));
    void pipeline(body, answer).catch(() => {});
  });
  const { body } = await openFetch(t).stream({ url: server.url });
  await once(body, "readable");
  let before = -1;
  while (before !== written) {
    before = written;
    await sleep(100);
  }
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken`);
  body.on("error", () => {}).destroy();
});

test("hands on each event as it comes, and any status", async (t) => {
  let next = (): void => {};
  const server = await serveHttp(t, (_, answer) => {
    answer.writeHead(418, { "content-type": "text/event-stream" });
    answer.write("data: 1\n\n");
    next = () => answer.end("data: 2\n\n");
  });
  const { status, headers, body } = await openFetch(t).stream({ url: server.url, idleMs: 0 });
  assert.deepEqual([status, headers["content-type"]], [418, "text/event-stream"]);
  const events = body.setEncoding("utf8")[Symbol.asyncIterator]();
  assert.equal((await events.next()).value, "data: 1\n\n");
  next();
  assert.equal((await events.next()).value, "data: 2\n\n");
  assert.equal((await events.next()).done, true);
});

test("leaves the bytes of the answer as they came", async (t) => {
  const server = await serveHttp(t, (request, answer) => {
    answer.writeHead(200, { "content-encoding": "gzip" });
    answer.end(String(request.headers["accept-encoding"]));
  });
  const headers = { "accept-encoding": "gzip" };
  const answer = await openFetch(t).stream({ url: server.url, headers });
  assert.equal(answer.headers["content-encoding"], "gzip");
  assert.equal((await answer.body.toArray()).join(""), "gzip");
});

test("ends the request when the caller leaves, before and after the headers", async (t) => {
  const ended: string[] = [];
  const server = await serveHttp(t, (request, answer) => {
    answer.on("close", () => ended.push(request.url!));
    if (request.url !== "/silent") answer.write("first");
  });
  const fetch = openFetch(t);
  const early = new AbortController();
  const silent = fetch.stream({ url: `${server.url}/silent`, signal: early.signal });
  const late = new AbortController();
  const aborted = await fetch.stream({ url: `${server.url}/aborted`, signal: late.signal });
  const destroyed = await fetch.stream({ url: `${server.url}/destroyed` });
  early.abort();
  await assert.rejects(silent, { name: "FetchFailed", reason: "aborted" });
  late.abort();
  await assert.rejects(aborted.body.toArray(), { name: "FetchFailed", reason: "aborted" });
  destroyed.body.on("error", () => {}).destroy();
  while (ended.length < 3) await sleep(5);
  assert.deepEqual(ended.toSorted(), ["/aborted", "/destroyed", "/silent"]);
});

test("ends the upload when the other side breaks off, and the request when the upload does", async (t) => {
  const dropping = await serve(
    t,
    createServer((socket) => socket.once("data", () => setTimeout(() => socket.destroy(), 20))),
  );
  const fetch = openFetch(t);
  const upload = manyBytes(1024 * 1024 * 1024);
  const asked = fetch.stream({ url: dropping.url, method: "PUT", body: upload });
  await assert.rejects(asked, { name: "FetchFailed", phase: "after_sending" });
  assert.ok(upload.destroyed);

  const ended = Promise.withResolvers<void>();
  const reading = await serveHttp(t, (request) => {
    request.resume().on("error", () => ended.resolve());
  });
  const broken = manyBytes(1024 * 1024 * 1024);
  const sending = fetch.stream({ url: reading.url, method: "PUT", body: broken });
  setTimeout(() => broken.destroy(new Error("the client left")), 50);
  await assert.rejects(sending, { name: "FetchFailed", phase: "after_sending" });
  await ended.promise;
});

test("counts silence and not the length of an upload", async (t) => {
  const server = await serveHttp(t, (request, answer) => {
    request.resume().on("end", () => answer.end("done"));
  });
  const slow = Readable.from(
    (async function* () {
      for (let count = 0; count < 8; count += 1) {
        await sleep(100);
        yield "piece";
      }
    })(),
  );
  const body = { url: server.url, method: "POST", body: slow, headersMs: 500 };
  const answer = await openFetch(t).stream(body);
  assert.equal((await answer.body.toArray()).join(""), "done");
});

test("keeps connections for the next request, unless one is to be alone", async (t) => {
  const server = await serveHttp(t, (request, answer) => answer.end(request.headers.connection));
  const fetch = openFetch(t);
  for (let count = 0; count < 20; count += 1) await fetch.request({ url: server.url });
  const kept = server.connections();
  assert.ok(kept < 5, `${kept} connections`);
  const { body } = await fetch.request({ url: server.url, isAlone: true });
  assert.equal(String(body), "close");
  assert.equal(server.connections(), kept + 1);
});

test("loads the engine with the first request and not before", () => {
  const program = `
    import { createFetch } from ${JSON.stringify(new URL("fetch.ts", import.meta.url).href)};
    import { createRequire } from "node:module";
    const loaded = () => Object.keys(createRequire(import.meta.url).cache)
      .some((path) => /node_modules.undici./.test(path));
    const fetch = createFetch({ allow: [], resolve: async () => ["127.0.0.1"] });
    await fetch.request({ url: "https://127.0.0.1/" }).catch(() => {});
    console.log(loaded());
    await fetch.request({ url: "https://inside.example/" }).catch(() => {});
    console.log(loaded());
  `;
  const args = ["--input-type=module", "--eval", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(stdout, "false\ntrue\n", stderr);
});
