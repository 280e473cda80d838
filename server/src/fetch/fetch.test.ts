import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { createAuthority } from "../../test/certificates.ts";
import { failed, openFetch, refused } from "../../test/guarded-fetch.ts";
import { serve, serveHttp, serveHttps } from "../../test/listening.ts";
import type { FetchFailed } from "./fetch-error.ts";

describe("redirects", () => {
  test("G3 are answers, unless somebody wants them followed", async (t) => {
    const server = await serveHttp(t, (_, answer) =>
      answer.writeHead(302, { location: "http://10.0.0.1/" }).end(),
    );
    const { status, headers } = await openFetch(t).request({ url: server.url });
    assert.deepEqual([status, headers["location"]], [302, "http://10.0.0.1/"]);
  });

  test("G3 are checked at every step and counted", async (t) => {
    const server = await serveHttp(t, (request, answer) => {
      const to = new URL(request.url!, "http://x").searchParams.get("to") ?? "/loop";
      answer.writeHead(307, { location: to }).end();
    });
    const fetch = openFetch(t);
    const follow = (to: string) =>
      fetch.request({ url: `${server.url}/?to=${encodeURIComponent(to)}`, redirectsMax: 3 });
    await assert.rejects(follow("http://10.0.0.1/"), refused("address"));
    await assert.rejects(follow("https://[::1]/"), refused("address"));
    await assert.rejects(follow("file:///etc/passwd"), refused("scheme"));
    await assert.rejects(follow("http://["), refused("redirect"));
    await assert.rejects(follow("/?to=/loop"), failed("too_many_redirects", "after_sending"));
    const posted = await fetch.request({ url: server.url, method: "POST", redirectsMax: 3 });
    assert.equal(posted.status, 307);
  });

  test("G3 carry credentials within one origin only", async (t) => {
    const other = await serveHttp(t, (request, answer) =>
      answer.end(JSON.stringify(request.headers)),
    );
    const first = await serveHttp(t, (request, answer) => {
      if (request.url === "/here") return answer.end(JSON.stringify(request.headers));
      const location = request.url === "/own" ? "/here" : `${other.url}/`;
      answer.writeHead(302, { location }).end();
    });
    const secrets = { authorization: "Bearer s", cookie: "a=b", "x-api-key": "k" };
    const seen = async (path: string) => {
      const headers = { ...secrets, accept: "text/x" };
      const url = first.url + path;
      const { body } = await openFetch(t).request({ url, headers, redirectsMax: 1 });
      const { host, connection, ...rest } = JSON.parse(String(body));
      assert.ok(host && connection);
      return rest;
    };
    const always = { accept: "text/x", "accept-encoding": "gzip, deflate, br" };
    assert.deepEqual(await seen("/own"), { ...secrets, ...always });
    assert.deepEqual(await seen("/other"), always);
  });

  test("G3 never lead from TLS to none", async (t) => {
    const authority = createAuthority();
    const { certificate, key } = authority.issue(["127.0.0.1"]);
    const plain = await serveHttp(t, (_, answer) => answer.end());
    const secure = await serveHttps(t, { cert: certificate, key }, (_, answer) =>
      answer.writeHead(302, { location: plain.url }).end(),
    );
    const asked = openFetch(t).request({
      url: secure.url,
      certificateAuthority: authority.certificate,
      redirectsMax: 1,
    });
    await assert.rejects(asked, refused("redirect"));
    assert.equal(plain.connections(), 0);
  });
});

describe("limits", () => {
  test("G4 end an answer that is too large, also after decoding", async (t) => {
    const zeros = Buffer.alloc(20_000_000);
    const bodies: Record<string, [string, Buffer]> = {
      "/plain": ["identity", zeros],
      "/gzip": ["gzip", gzipSync(zeros)],
      "/deflate": ["deflate", deflateSync(zeros)],
      "/br": ["br", brotliCompressSync(zeros)],
    };
    const server = await serveHttp(t, (request, answer) => {
      const [encoding, body] = bodies[request.url!]!;
      answer.writeHead(200, { "content-encoding": encoding }).end(body);
    });
    for (const path of Object.keys(bodies)) {
      const asked = openFetch(t).request({ url: server.url + path, bodyBytesMax: 100_000 });
      await assert.rejects(asked, failed("body_too_large", "after_sending"), path);
    }
  });

  test("decode what they ask for, and nothing twice", async (t) => {
    const server = await serveHttp(t, (request, answer) => {
      const encoding = request.url!.slice(1);
      const body = encoding === "br" ? brotliCompressSync("text") : gzipSync("text");
      answer.writeHead(200, { "content-encoding": encoding }).end(body);
    });
    const read = (encoding: string) => openFetch(t).request({ url: `${server.url}/${encoding}` });
    assert.equal(String((await read("br")).body), "text");
    assert.equal(String((await read("gzip")).body), "text");
    for (const encoding of ["gzip,gzip", "zip", "constructor", "deflate"]) {
      await assert.rejects(read(encoding), failed("content_encoding", "after_sending"), encoding);
    }
  });

  test("G4 end a slow drip, endless headers, large headers and silence", async (t) => {
    const drip = await serveHttp(t, (_, answer) => {
      answer.writeHead(200);
      const timer = setInterval(() => answer.write("x"), 20);
      answer.on("close", () => clearInterval(timer));
    });
    const endless = await serve(
      t,
      createServer((socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const timer = setInterval(() => socket.write("x: y\r\n"), 20);
        socket.on("close", () => clearInterval(timer));
      }),
    );
    const large = await serve(
      t,
      createServer((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(40_000)}\r\n\r\n`);
      }),
    );
    const silent = await serve(t, createServer());
    const fetch = openFetch(t);
    for (const { url } of [drip, endless, silent]) {
      const asked = fetch.request({ url, totalMs: 300 });
      await assert.rejects(asked, failed("timeout", "after_sending"));
    }
    for (const { url } of [endless, silent]) {
      const asked = fetch.stream({ url, headersMs: 200 });
      await assert.rejects(asked, failed("timeout", "after_sending"));
    }
    const asked = fetch.request({ url: large.url });
    await assert.rejects(asked, failed("headers_too_large", "after_sending"));
  });

  test("G4 refuse another type than was asked for", async (t) => {
    const server = await serveHttp(t, (_, answer) =>
      answer.writeHead(200, { "content-type": "Text/HTML; charset=utf-8" }).end("<html>"),
    );
    const ask = (contentTypes: string[]) => openFetch(t).request({ url: server.url, contentTypes });
    await assert.rejects(ask(["application/json"]), failed("content_type", "after_sending"));
    assert.equal((await ask(["text/html"])).status, 200);
  });

  test("bound the time for connecting", async (t) => {
    const stuck = openFetch(t, { resolve: () => new Promise(() => {}), connectMs: 100 });
    const asked = stuck.request({ url: "https://stuck.example/" });
    await assert.rejects(asked, failed("timeout", "before_sending"));
  });
});

describe("headers", () => {
  test("G6 refuses what would end a header, and a host of one's own", async (t) => {
    const server = await serveHttp(t, (_, answer) => answer.end());
    const fetch = openFetch(t);
    for (const headers of [
      { "x-a": "1\r\nx-b: 2" },
      { "x-a": "1\n2" },
      { "x-a": ["ok", "\0"] },
      { "x-a": "smile ☺" },
      { "x-a\r\nx-b": "1" },
      { "x a": "1" },
      { "": "1" },
      { Host: "other.example" },
      { host: "127.0.0.1" },
      { "X-Twice": "1", "x-twice": "2" },
    ]) {
      for (const send of [fetch.request, fetch.stream]) {
        const asked = send({ url: server.url, headers });
        await assert.rejects(asked, refused("header"), JSON.stringify(headers));
      }
    }
    assert.equal(server.connections(), 0);
  });

  test("G6 keeps what belongs to one connection there, both ways", async (t) => {
    const server = await serveHttp(t, (request, answer) =>
      answer
        .writeHead(200, {
          connection: "x-inner, close",
          "x-inner": "1",
          "keep-alive": "1",
          "x-a": "b",
        })
        .end(JSON.stringify(request.headers)),
    );
    const headers = {
      connection: "x-secret",
      "x-secret": "1",
      "proxy-authorization": "Basic x",
      te: "trailers",
      upgrade: "websocket",
      "transfer-encoding": "chunked",
      "x-kept": ["1", "2"],
    };
    const answer = await openFetch(t).request({ url: server.url, headers });
    const seen = Object.keys(JSON.parse(String(answer.body)));
    assert.deepEqual(seen.toSorted(), ["accept-encoding", "connection", "host", "x-kept"]);
    const names = Object.keys(answer.headers).filter(
      (name) => !["date", "content-length"].includes(name),
    );
    assert.deepEqual(names.toSorted(), ["x-a"]);
  });

  test("G6 keeps line ends of a path inside the path", async (t) => {
    const server = await serveHttp(t, (request, answer) => answer.end(request.url));
    const { body } = await openFetch(t).request({ url: `${server.url}/a\r\nx: y/%0d%0a/ b` });
    assert.equal(String(body), "/ax:%20y/%0d%0a/%20b");
  });
});

describe("failures", () => {
  test("say whether the other side may have seen the request", async (t) => {
    const dropping = await serve(
      t,
      createServer((socket) => socket.once("data", () => socket.destroy())),
    );
    const half = await serve(
      t,
      createServer((socket) =>
        socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")),
      ),
    );
    const nonsense = await serve(
      t,
      createServer((socket) => socket.once("data", () => socket.end("SSH-2.0\r\n\r\n"))),
    );
    const fetch = openFetch(t);
    const post = (url: string) =>
      fetch.request({ url, method: "POST", body: "a=b", isAlone: true });
    await assert.rejects(post("http://127.0.0.1:1/"), failed("unreachable", "before_sending"));
    await assert.rejects(post(dropping.url), failed("connection_lost", "after_sending"));
    await assert.rejects(post(half.url), failed("connection_lost", "after_sending"));
    await assert.rejects(post(nonsense.url), failed("malformed_answer", "after_sending"));
  });

  test("tell a caller's own end from a timeout", async (t) => {
    const silent = await serveHttp(t, () => {});
    const controller = new AbortController();
    const asked = openFetch(t).request({ url: silent.url, signal: controller.signal });
    while (silent.connections() === 0) await sleep(5);
    controller.abort();
    await assert.rejects(asked, (error: FetchFailed) => error.reason === "aborted");
    const late = openFetch(t).request({ url: silent.url, signal: AbortSignal.abort() });
    await assert.rejects(late, failed("aborted", "before_sending"));
  });
});
