import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { basic, bearer, call, createAppClient, type CreatedAppClient } from "../calls.ts";
import { nodeServerOf } from "../node-server.ts";
import { startServer, type InProcessServer } from "../server.ts";
import {
  checkRefused,
  checkServes,
  exchange,
  formType,
  goodForm,
  requestText,
  send,
  statusesOf,
} from "./attack.ts";

describe("HTTP itself", () => {
  let server: InProcessServer;
  let client: CreatedAppClient;
  let form: string;
  before(async () => {
    server = await startServer();
    client = await createAppClient(server);
    form = goodForm(client);
  });
  after(() => server.stop());

  const type = `Content-Type: ${formType}`;
  const post = (headers: string[], body: string): string =>
    `${["POST /oauth2/token HTTP/1.1", "Host: localhost", type, ...headers].join("\r\n")}\r\n\r\n${body}`;
  const good = () => requestText("POST /oauth2/token", { headers: [type], body: form });
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };

  test("takes no big body, and does not wait for the rest of it (I1)", async () => {
    const big = "x".repeat(4 * 1024 * 1024);
    const stream = () => new Response(big).body!;
    for (const path of ["/oauth2/token", "/oauth/token"]) {
      for (const body of [big, stream()]) {
        checkRefused(await send(server, { path, body }), 413, "invalid_request");
      }
    }
    const headers = { "content-type": "application/json", "x-api-key": server.apiKey };
    for (const path of ["/v2/app_clients", "/setup"]) {
      const answer = await fetch(server.url + path, { method: "POST", headers, body: `"${big}"` });
      assert.equal(answer.status, 413);
      assert.deepEqual(Object.keys((await answer.json()) as object), ["messages", "request_id"]);
    }
  });

  test("ends a body that does not end (I1)", async () => {
    const socket = await open();
    let [sent, text] = [0, ""];
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.write(post(["Transfer-Encoding: chunked"], ""));
    const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
    while (!socket.destroyed && sent < 500_000_000) {
      sent += chunk.length;
      if (!socket.write(chunk)) await drained(socket);
    }
    assert.ok(sent < 50_000_000, `took ${sent} bytes`);
    assert.ok(text === "" || text.startsWith("HTTP/1.1 413"), text);
  });

  test("is not fooled by a length that lies, nor by a compressed body (I1, I9)", async () => {
    const short = post([`Content-Length: ${form.length - 5}`], `${form}\r\n\r\n`);
    const answer = await exchange(server, short);
    assert.equal(statusesOf(answer).at(-1), 400);
    assert.doesNotMatch(answer, /access_token/);
    const socket = await open();
    socket.end(post([`Content-Length: ${form.length + 5}`], form));
    assert.doesNotMatch(await textOf(socket), /access_token/);
    for (const encoding of ["gzip", "deflate", "br", "identity", "gzip, gzip"]) {
      const headers = { "content-encoding": encoding };
      const body = gzipSync(Buffer.from(form));
      checkRefused(await send(server, { headers, body }), 415, "invalid_request");
    }
  });

  test("refuses floods of headers, and very long ones (I4)", async () => {
    const floods = [
      [`X-Long: ${"x".repeat(100_000)}`],
      Array.from({ length: 1_000 }, (_, n) => `Cookie: session${n}=${"x".repeat(10)}`),
      Array.from({ length: 5_000 }, (_, n) => `a${n}: b`),
      [`Authorization: Basic ${"A".repeat(100_000)}`],
      [`Authorization: Bearer ${"A".repeat(100_000)}`],
    ];
    for (const headers of floods) {
      const answer = await exchange(
        server,
        requestText("POST /oauth2/token", { headers, body: form }),
        1,
      );
      assert.ok(answer === "" || statusesOf(answer)[0] === 431, answer.slice(0, 100));
    }
    const address = requestText(`GET /${"x".repeat(100_000)}`);
    assert.doesNotMatch(await exchange(server, address, 1), /^HTTP\/1\.1 [235]/);
    checkRefused(
      await send(server, {
        headers: basic("a", "b".repeat(11_000)),
        body: "grant_type=client_credentials",
      }),
      401,
      "invalid_client",
    );
    const long = await call(server, "GET", "/v2/app_clients", {
      headers: bearer("a".repeat(15_000)),
    });
    assert.equal(long.status, 401);
  });

  test("refuses what two readers could read in two ways, and closes (I9)", async () => {
    const smuggled = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const length = `Content-Length: ${form.length}`;
    const attacks = {
      "length and chunks": post([length, "Transfer-Encoding: chunked"], `0\r\n\r\n${smuggled}`),
      "chunks and length": post(["Transfer-Encoding: chunked", length], `0\r\n\r\n${smuggled}`),
      "two lengths": post([length, "Content-Length: 0"], form),
      "two equal lengths": post([length, length], form),
      "a list of lengths": post([`${length}, ${form.length}`], form),
      "a signed length": post([`Content-Length: +${form.length}`], form),
      "a length in hex": post(["Content-Length: 0x10"], form),
      "space before the colon": post([length.replace(":", " :")], form),
      "chunked twice": post(["Transfer-Encoding: chunked, chunked"], "0\r\n\r\n"),
      "chunked not last": post(["Transfer-Encoding: chunked, identity"], "0\r\n\r\n"),
      "chunked misspelt": post(["Transfer-Encoding: xchunked"], `0\r\n\r\n${smuggled}`),
      "two encodings": post(
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        "0\r\n\r\n",
      ),
      "a bad chunk size": post(["Transfer-Encoding: chunked"], `zz\r\n${form}\r\n0\r\n\r\n`),
      "a chunk that is longer than it says": post(
        ["Transfer-Encoding: chunked"],
        `3\r\nabcdef\r\n0\r\n\r\n`,
      ),
      "bare line feeds": good().replaceAll("\r\n", "\n"),
      "a bare line feed between headers": good().replace("\r\nContent-Type", "\nContent-Type"),
      "a bare carriage return": good().replace("\r\nContent-Type", "\rContent-Type"),
      "a folded header": good().replace("localhost\r\n", "localhost\r\n folded\r\n"),
      "a header without a name": good().replace("Host", ""),
      "NUL in a header": good().replace("localhost", "local\0host"),
      "absolute form": good().replace(" /oauth2", " http://evil.example/oauth2"),
      "absolute form to ourselves": good().replace(" /oauth2", ` ${server.url}/oauth2`),
      "asterisk form": "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "no host": "GET /healthz HTTP/1.1\r\n\r\n",
      "two hosts": "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "HTTP/2 in clear": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "HTTP/0.9": "GET /healthz\r\n\r\n",
      "not HTTP": "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    };
    for (const [name, bytes] of Object.entries(attacks)) {
      const text = await exchange(server, bytes);
      assert.deepEqual(statusesOf(text), [400], `${name}: ${text}`);
      assert.match(text, /connection: close/i, name);
    }
  });

  test("opens no tunnel and changes no protocol (I9)", async () => {
    assert.equal(
      await exchange(server, "CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
      "",
    );
    for (const protocol of ["h2c", "websocket"]) {
      const headers = [
        type,
        "Connection: Upgrade, HTTP2-Settings",
        `Upgrade: ${protocol}`,
        "HTTP2-Settings: AAMAAABk",
      ];
      const text = await exchange(
        server,
        requestText("POST /oauth2/token", { headers, body: form }),
        1,
      );
      assert.deepEqual(statusesOf(text), [200], protocol);
    }
  });

  test("answers pipelined requests in their order, each for itself", async () => {
    const bad = good().replace("client_credentials", "client_credentialz");
    const health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const text = await exchange(server, good() + bad + health + good() + health, 5);
    assert.deepEqual(statusesOf(text), [200, 400, 200, 200, 200]);
    const ids = [...text.matchAll(/x-request-id: (\S+)/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, 5);
  });

  test("asks for an expected body, but not for one it will not take (I1)", async () => {
    const expecting = (length: number) =>
      post(["Expect: 100-continue", `Content-Length: ${length}`], "");
    const text = await exchange(server, expecting(form.length) + form, 1);
    assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
    assert.match(await exchange(server, expecting(99_999_999), 1), /HTTP\/1\.1 413/);
    const other = post(["Expect: something", `Content-Length: ${form.length}`], form);
    assert.deepEqual(statusesOf(await exchange(server, other, 1)), [417]);
  });

  test("lets nothing that was sent become a header (I10)", async () => {
    const evil = "x%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a<html>%00%1b[31m";
    const requests: [string, RequestInit][] = [
      [`/${evil}`, {}],
      [`/v2/app_clients/${evil}`, {}],
      [`/v2/app_clients?filter=${evil}`, {}],
      [`/v2/app_clients?page_key=${evil}`, {}],
      [`/v2/corpora/${evil}`, {}],
      [`/oauth2/token?${evil}`, { method: "POST", body: `grant_type=${evil}&client_id=${evil}` }],
      [
        "/oauth2/token",
        {
          method: "POST",
          headers: { "content-type": formType },
          body: `scope=${evil}&resource=${evil}`,
        },
      ],
    ];
    for (const [path, init] of requests) {
      const headers = {
        "x-api-key": server.apiKey,
        "x-request-id": "evil",
        "request-id": "evil",
        ...(init.headers as Record<string, string>),
      };
      const answer = await fetch(server.url + path, { ...init, headers });
      assert.ok(answer.status >= 200 && answer.status < 500, `${answer.status} ${path}`);
      assert.equal(answer.headers.get("set-cookie"), null);
      assert.doesNotMatch(JSON.stringify([...answer.headers]), /evil/);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
      JSON.parse(await answer.text());
    }
    for (const name of ["idempotency-key", "if-match"]) {
      const headers = { "x-api-key": server.apiKey, [name]: "ev\u{e9}l value" };
      const body = { name: "a", type: "client_credentials" };
      const path = name === "if-match" ? `/v2/app_clients/${client.id}` : "/v2/app_clients";
      const method = name === "if-match" ? "DELETE" : "POST";
      const answer = await call(server, method, path, {
        headers,
        ...(method === "POST" && { body }),
      });
      assert.equal(answer.status, 400, name);
    }
  });

  test("refuses a body that holds a member twice, at any depth and however it is spelt", async () => {
    const path = `/v2/app_clients/${client.id}`;
    const change = async (body: string) => {
      const headers = { "content-type": "application/json", "x-api-key": server.apiKey };
      const answer = await fetch(server.url + path, { method: "PATCH", headers, body });
      return { status: answer.status, text: await answer.text() };
    };
    for (const body of [
      '{"description":"a","description":"b"}',
      '{"description":"a","descripti\\u006fn":"a"}',
      '{"labels":{"a":"1","a":"2"}}',
      '{"api_roles":["viewer"],"api_roles":["owner"]}',
    ]) {
      const { status, text } = await change(body);
      assert.equal(status, 400, body);
      assert.match(text, /more than once/);
      assert.match(text, /"request_id":"req_/);
    }
    const { body } = await call<{ description: string }>(server, "GET", path);
    assert.equal(body.description, "");
    const similar = '{"description":"a: \\"b\\":","labels":{"description":"{\\"a\\":1}"}}';
    assert.equal((await change(similar)).status, 200);
  });

  test("answers an address that cannot be decoded in its own words (I10, J4)", async () => {
    for (const path of [
      "/%",
      "/v2/%zz",
      "/v2/app_clients/%e0%a4%a",
      "/v2/app_clients/%c0%af",
      `/v2/app_clients/${"x".repeat(3_000)}`,
    ]) {
      const answer = await call(server, "GET", path);
      assert.ok([400, 404, 414].includes(answer.status), `${answer.status} ${path.slice(0, 40)}`);
      assert.equal(answer.headers.get("x-request-id"), answer.body["request_id"]);
      assert.doesNotMatch(JSON.stringify(answer.body["messages"]), /%|xxx|FST/);
    }
  });

  test("takes an aborted request for what it is, not for a mistake of ours", async () => {
    server.logLines.length = 0;
    for (const bytes of [
      "POST /oauth",
      post(["Content-Length: 500"], "grant"),
      post(["Transfer-Encoding: chunked"], "5\r\ngra"),
    ]) {
      const sockets = await Promise.all(Array.from({ length: 50 }, open));
      for (const socket of sockets) socket.write(bytes);
      await sleep(50);
      for (const socket of sockets) socket.resetAndDestroy();
    }
    const answered = await Promise.all(Array.from({ length: 50 }, open));
    for (const socket of answered) socket.write(good(), () => socket.resetAndDestroy());
    await checkServes(server);
    assert.deepEqual(
      server.logLines.filter((line) => /"level":(50|60)/.test(line)),
      [],
    );
  });

  test("serves others while 300 are slow, and then lets go of the slow (I2)", async () => {
    const http = await nodeServerOf(server);
    Object.assign(http, { headersTimeout: 1_000, requestTimeout: 1_500, timeout: 1_500 });
    const beginnings = [
      "",
      "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nX-",
      post(["Content-Length: 500"], ""),
      post(["Content-Length: 500"], "grant"),
      post(["Transfer-Encoding: chunked"], "5\r\ngra"),
      "POST /setup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    ];
    const slow = await Promise.all(Array.from({ length: 300 }, open));
    const closed = slow.map((socket) => once(socket.resume(), "close"));
    for (const [n, socket] of slow.entries()) socket.write(beginnings[n % beginnings.length]!);
    await checkServes(server);
    await Promise.all(closed);

    const askers = await Promise.all(Array.from({ length: 12 }, open));
    const much = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(300);
    for (const socket of askers) socket.pause().write(much);
    await checkServes(server);
    const count = () =>
      new Promise<number>((resolve) => http.getConnections((_error, number) => resolve(number)));
    while ((await count()) > askers.length / 2) await sleep(100);
    for (const socket of askers) socket.destroy();
  });

  test("serves as before after all of this", () => checkServes(server));
});

/** Until there is room to write again, or nobody to write to. */
const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.once("drain", resolve).once("close", () => resolve()));

async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  await once(socket, "close");
  return text;
}
