import assert from "node:assert/strict";
import { once } from "node:events";
import {
  Agent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { serve, serveHttp } from "../listening.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import { makeConnection, makeDatasource } from "../outbound/calls.ts";

/** What becomes of a request through a connection when either side leaves, waits or is odd. */

describe("an exchange through a connection", () => {
  const { server, provider } = besideProvider();

  async function connect(apiUrl: string, settings: object = {}): Promise<string> {
    const own = { grant_type: "client_credentials", base_url: `${apiUrl}/api`, ...settings };
    const { id } = await makeConnection(server, await makeDatasource(server, provider, own));
    return `/v2/connections/${id}/proxy/x`;
  }

  function ask(path: string, { headers, ...options }: RequestOptions = {}) {
    const { hostname, port } = new URL(server.url);
    const own = { "x-api-key": server.apiKey, ...(headers as Record<string, string>) };
    return httpRequest({ hostname, port, path, ...options, headers: own });
  }

  async function get(path: string, options?: RequestOptions) {
    const asked = ask(path, options);
    asked.end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return { answer, body: await buffer(answer) };
  }

  /** An API that answers every request with these bytes. */
  const answering = (t: TestContext, text: string, isOver = false) =>
    serve(
      t,
      createServer((socket) =>
        socket.on("data", () => void (isOver ? socket.end(text) : socket.write(text))),
      ),
    );

  test("ends the API's request when the caller leaves in the middle of an upload", async (t) => {
    const ended = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const api = await serveHttp(t, (request) => {
      request.once("data", () => begun.resolve()).resume();
      request.once("error", () => ended.resolve());
    });
    const asked = ask(await connect(api.url), { method: "POST" });
    asked.on("error", () => {}).write(Buffer.alloc(200_000));
    await begun.promise;
    asked.destroy();
    await ended.promise;
  });

  test("ends the API's answer when the caller leaves in the middle of it", async (t) => {
    const ended = Promise.withResolvers<void>();
    const api = await serveHttp(t, (_, response) => {
      response.once("close", () => ended.resolve()).write("first");
    });
    const asked = ask(await connect(api.url));
    asked.end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.on("error", () => {});
    await once(answer, "data");
    asked.destroy();
    await ended.promise;
  });

  test("breaks the answer off when the API does, so that half is not taken for the whole", async (t) => {
    const head = "HTTP/1.1 200 OK\r\n";
    for (const text of [
      `${head}content-length: 100\r\n\r\nhalf`,
      `${head}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`,
    ]) {
      const api = await answering(t, text, true);
      const path = await connect(api.url);
      await assert.rejects(get(path), { code: "ECONNRESET" }, text);
    }
  });

  test("keeps no event back to look for an expired token in it", async (t) => {
    for (const type of ["text/event-stream; charset=utf-8", "application/x-ndjson"]) {
      const received = Promise.withResolvers<void>();
      const api = await serveHttp(t, (_, response) => {
        response.writeHead(200, { "content-type": type }).write("one\n");
        void received.promise.then(() => response.end("two\n"));
      });
      const asked = ask(await connect(api.url, { expiry_matchers: [{ body: "expired" }] }));
      asked.end();
      const [answer] = (await once(asked, "response")) as [IncomingMessage];
      const [first] = (await once(answer, "data")) as [Buffer];
      assert.equal(String(first), "one\n");
      received.resolve();
      assert.equal(String(await buffer(answer)), "two\n");
    }
  });

  test("says that the API broke off where nothing was passed on yet", async (t) => {
    const api = await answering(t, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", true);
    const path = await connect(api.url, { expiry_matchers: [{ status: 200, body: "expired" }] });
    const { answer, body } = await get(path);
    assert.deepEqual([answer.statusCode, JSON.parse(String(body)).code], [502, "api_unreachable"]);
  });

  test("holds the API up while the caller does not read", async (t) => {
    const piece = Buffer.alloc(64 * 1024);
    let written = 0;
    const api = await serveHttp(t, (_, response) => {
      const more = (): void => {
        while (written < 256 * 1024 * 1024) {
          written += piece.length;
          if (!response.write(piece)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    const asked = ask(await connect(api.url));
    asked.end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.on("error", () => {});
    for (let seen = -1; seen !== written; await sleep(100)) seen = written;
    assert.ok(written < 64 * 1024 * 1024, `${written} bytes were taken`);
    asked.destroy();
  });

  test("changes no byte of a body, whole or in parts, of known length or not", async (t) => {
    const bodies = [0, 1, 256, 16 * 1024, 16 * 1024 + 1, 300_000].map((length) =>
      Buffer.from(Array.from({ length }, (_, index) => index % 256)),
    );
    let next = Buffer.alloc(0);
    let isLengthKnown = true;
    const api = await serveHttp(t, (_, response) => {
      if (isLengthKnown) response.setHeader("content-length", next.length);
      response.end(next);
    });
    const path = await connect(api.url);
    for (const body of bodies) {
      for (const known of [true, false]) {
        [next, isLengthKnown] = [body, known];
        const got = await get(path);
        assert.ok(got.body.equals(body), `${body.length} bytes, length known: ${known}`);
        if (known) assert.equal(got.answer.headers["content-length"], String(body.length));
      }
    }
  });

  test("answers HEAD, 204 and 304 without a body on a connection that goes on", async (t) => {
    const api = await serveHttp(t, ({ url, method }, response) => {
      const status = Number(new URL(url!, "http://x").searchParams.get("status") ?? 200);
      if (method === "HEAD") response.setHeader("content-length", 1_000);
      response.writeHead(status).end();
    });
    const path = await connect(api.url);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const head = await get(path, { method: "HEAD", agent });
    assert.equal(head.answer.headers["content-length"], "1000");
    for (const status of [204, 304, 200]) {
      const { answer, body } = await get(`${path}?status=${status}`, { agent });
      assert.deepEqual([answer.statusCode, body.length], [status, 0]);
    }
  });

  test("passes on what comes before trailers, and no answer that only informs", async (t) => {
    const api = await answering(
      t,
      "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" +
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-end\r\n\r\n" +
        "4\r\nbody\r\n0\r\nx-end: 1\r\n\r\n",
    );
    const { answer, body } = await get(await connect(api.url));
    assert.deepEqual([answer.statusCode, String(body)], [200, "body"]);
    assert.equal(answer.headers["link"], undefined);
    assert.deepEqual(answer.trailers, {});
  });

  test("lets a caller go on who waits for 100, and passes nothing of one hop", async (t) => {
    let seen: IncomingMessage["headers"] = {};
    const api = await serveHttp(t, (request, response) => {
      seen = request.headers;
      response.setHeader("connection", "x-gone");
      response.setHeader("x-gone", "1");
      response.setHeader("link", ["</a>", "</b>"]);
      request.pipe(response);
    });
    const asked = ask(await connect(api.url), {
      method: "POST",
      headers: {
        expect: "100-continue",
        connection: "x-hop",
        "x-hop": "1",
        "keep-alive": "1",
        "content-length": "4",
      },
    });
    asked.flushHeaders();
    await once(asked, "continue");
    asked.end("body");
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    assert.equal(String(await buffer(answer)), "body");
    for (const name of ["expect", "x-hop", "keep-alive"]) assert.equal(seen[name], undefined, name);
    assert.equal(answer.headers["x-gone"], undefined);
    assert.deepEqual(answer.headersDistinct["link"], ["</a>", "</b>"]);
  });

  test("makes no tunnel, whichever side asks for one", async (t) => {
    let seen: IncomingMessage["headers"] = {};
    const api = await serveHttp(t, (request, response) => {
      seen = request.headers;
      response.end("plain");
    });
    const headers = { connection: "upgrade", upgrade: "websocket" };
    const { body } = await get(await connect(api.url), { headers });
    assert.deepEqual([String(body), seen.upgrade], ["plain", undefined]);
    const switching = await answering(
      t,
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    );
    assert.equal((await get(await connect(switching.url))).answer.statusCode, 502);
  });

  test("refuses an answer whose header would end where it likes", async (t) => {
    for (const text of ["x-a: 1\rset-cookie: a=b", "x-a: 1\0", "x a: 1"]) {
      const api = await answering(t, `HTTP/1.1 200 OK\r\n${text}\r\ncontent-length: 0\r\n\r\n`);
      const { answer } = await get(await connect(api.url));
      assert.equal(answer.statusCode, 502, text);
    }
  });
});
