import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { call } from "../calls.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import {
  bringAlong,
  makeConnection,
  makeDatasource,
  readConnection,
  throughProxy,
} from "../outbound/calls.ts";
import { startServer } from "../server.ts";

/** Requests through a connection: what goes in, what comes out, and where it goes. */

describe("the proxy of a connection", () => {
  const { server, provider } = besideProvider();

  const machine = { grant_type: "client_credentials" };
  const connect = async (own: object = {}): Promise<string> =>
    (await makeConnection(server, await makeDatasource(server, provider, { ...machine, ...own })))
      .id;

  /** A request whose path is sent as it is: clients tidy theirs up. */
  async function sendRaw(path: string, headers: Record<string, string> = {}) {
    const { hostname, port } = new URL(server.url);
    const outgoing = httpRequest({
      hostname,
      port,
      path,
      headers: { "x-api-key": server.apiKey, ...headers },
    });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [Readable & { statusCode: number }];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, text: Buffer.concat(chunks).toString() };
  }

  test("puts the token into the header, behind the prefix, or into the query", async () => {
    const cases: [object, (request: { url: string; authorization: string }) => void][] = [
      [{}, ({ authorization }) => assert.match(authorization, /^Bearer at-\d+$/)],
      [
        { header_prefix: "Token" },
        ({ authorization }) => assert.match(authorization, /^Token at-/),
      ],
      [{ header_prefix: "" }, ({ authorization }) => assert.match(authorization, /^at-\d+$/)],
      [
        { add_access_token_to: "query", query_parameter_name: "access_token" },
        ({ url, authorization }) => {
          assert.match(url, /^\/api\/things\?a=1&access_token=at-\d+$/);
          assert.equal(authorization, undefined);
        },
      ],
    ];
    for (const [own, check] of cases) {
      const id = await connect(own);
      await throughProxy(server, id, "/things?a=1");
      const { url, headers } = provider.apiRequests.at(-1)!;
      check({ url, authorization: headers.authorization! });
    }
  });

  test("leaves the rest of a query as it is written where the token goes into it", async () => {
    const id = await connect({ add_access_token_to: "query", query_parameter_name: "key" });
    const theirs = "q=%20+&flag&empty=&b=%ff&list[]=1&a=%2F/";
    await throughProxy(server, id, `/things?${theirs}&key=mine&k%65y=mine`);
    assert.match(
      provider.apiRequests.at(-1)!.url.replace(theirs, "…"),
      /^\/api\/things\?…&key=at-\d+$/,
    );
  });

  test("passes on the body of a GET: some APIs search by it", async () => {
    const id = await connect();
    const { hostname, port } = new URL(server.url);
    for (const path of ["/search", "/%73earch/.a"]) {
      const headers = { "x-api-key": server.apiKey, "content-type": "application/json" };
      const asked = httpRequest({
        hostname,
        port,
        path: `/v2/connections/${id}/proxy${path}`,
        headers: { ...headers, "content-length": 9 },
      });
      asked.end('{"size":1'.padEnd(9));
      const [{ statusCode }] = (await once(asked, "response")) as [{ statusCode: number }];
      const { body, method } = provider.apiRequests.at(-1)!;
      assert.deepEqual([statusCode, method, body], [200, "GET", '{"size":1']);
    }
  });

  test("passes method, path, query, body and type on as they are", async () => {
    const id = await connect();
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const body = '{"a": 1}';
      const headers = { "content-type": "application/vnd.api+json; x=y", "x-own": "kept" };
      const path = "/a%2Fb/c d?q=%20+&q=2".replace(" ", "%20");
      const { status } = await throughProxy(server, id, path, { method, headers, body });
      assert.equal(status, 200);
      const seen = provider.apiRequests.at(-1)!;
      assert.deepEqual([seen.method, seen.url, seen.body], [method, `/api${path}`, body]);
      assert.equal(seen.headers["content-type"], headers["content-type"]);
      assert.equal(seen.headers["x-own"], "kept");
    }
  });

  test("G6, G19: forwards neither our credentials nor cookies, nor what is of one hop", async () => {
    const id = await connect();
    await throughProxy(server, id, "/things", {
      headers: {
        cookie: "countersign_session=x",
        origin: server.url,
        referer: `${server.url}/console`,
        forwarded: "for=192.0.2.1",
        "x-forwarded-for": "192.0.2.1",
        "x-countersign-host": new URL(provider.url).host,
        te: "trailers",
      },
    });
    const { headers } = provider.apiRequests.at(-1)!;
    for (const name of ["x-api-key", "cookie", "origin", "referer", "forwarded", "te"]) {
      assert.equal(headers[name], undefined, name);
    }
    assert.ok(!JSON.stringify(headers).includes("192.0.2.1"));
    assert.equal(headers.host, new URL(provider.url).host);
    assert.match(headers.authorization!, /^Bearer at-/);
    assert.ok(!JSON.stringify(headers).includes(server.apiKey));
  });

  test("G5: nothing in a path leads to another host or out of the base URL", async () => {
    const id = await connect();
    const before = provider.apiRequests.length;
    const proxy = `/v2/connections/${id}/proxy`;
    for (const rest of [
      "/../../admin",
      "/%2e%2e/admin",
      "/..%2f../admin",
      "/a/../../../admin",
      "/\\..\\..\\admin",
      "@attacker.example/",
      ":80@attacker.example/",
      ".attacker.example/",
    ]) {
      const { status } = await sendRaw(proxy + rest);
      assert.ok(status >= 400 || provider.apiRequests.at(-1)!.url.startsWith("/api/"), rest);
    }
    for (const rest of [
      "//attacker.example/x",
      "/@attacker.example",
      "/http://attacker.example/",
    ]) {
      assert.equal((await sendRaw(proxy + rest)).status, 200, rest);
      assert.ok(provider.apiRequests.at(-1)!.url.startsWith("/api/"), rest);
    }
    assert.ok(provider.apiRequests.length > before);
  });

  test("G5: sends the token to declared hosts alone, whichever a caller names", async () => {
    const id = await connect({ allowed_hosts: ["files.example.com"] });
    const proxy = `/v2/connections/${id}/proxy/things`;
    for (const host of [
      "attacker.example",
      "files.example.com.attacker.example",
      "files.example.com@attacker.example",
      "files.example.com:8080@x",
      "0.0.0.0",
      "127.0.0.1",
      "a/b",
    ]) {
      const { status, text } = await sendRaw(proxy, { "x-countersign-host": host });
      assert.deepEqual([status, JSON.parse(text).code], [403, "api_not_permitted"], host);
    }
  });

  test("G1: reaches no private network that was not permitted, and says nothing of it", async () => {
    const closed = await startServer();
    try {
      const own = { base_url: "https://10.0.0.1", access_token_url: "https://169.254.169.254/t" };
      const datasource = await makeDatasource(closed, provider, { ...machine, ...own });
      const { id } = await makeConnection(closed, datasource);
      const { status, text } = await throughProxy(closed, id);
      assert.equal(status, 409, text);
      assert.equal((await readConnection(closed, id)).reason?.code, "address_refused");
    } finally {
      await closed.stop();
    }
  });

  test("G3: answers a redirect, follows none, and says that it leads from the API", async () => {
    const id = await connect({ add_access_token_to: "query", query_parameter_name: "key" });
    for (const [location, expected] of [
      ["http://169.254.169.254/latest", "http://169.254.169.254/latest"],
      ["/v2/app_clients", `${provider.url}/v2/app_clients`],
      ["things/", `${provider.url}/api/things/`],
      ["//other.example/x", "http://other.example/x"],
      ["?page=2", `${provider.url}/api/things?page=2`],
      ["#there", `${provider.url}/api/things#there`],
    ] as const) {
      provider.onApi = (_request, response) => {
        response.writeHead(302, { location }).end();
        return true;
      };
      const { status, headers } = await throughProxy(server, id);
      assert.deepEqual([status, headers.get("location")], [302, expected]);
    }
    provider.onApi = undefined;
  });

  test("keeps what an API says to browsers about its origin off ours", async () => {
    const id = await connect();
    provider.onApi = (request, response) => {
      response.writeHead(200, {
        "content-type": "text/html",
        "set-cookie": "countersign_session=planted",
        "access-control-allow-origin": "*",
        "clear-site-data": '"cookies"',
        "x-own": "kept",
        "x-echo": request.headers.authorization,
        "content-security-policy": "default-src *",
      });
      response.end("<script>alert(1)</script>");
      return true;
    };
    const { headers, text } = await throughProxy(server, id);
    provider.onApi = undefined;
    assert.equal(text, "<script>alert(1)</script>");
    for (const name of ["set-cookie", "access-control-allow-origin", "clear-site-data", "x-echo"]) {
      assert.equal(headers.get(name), null, name);
    }
    assert.equal(headers.get("x-own"), "kept");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-security-policy")!, /default-src 'none'.*; sandbox$/);
  });

  test("passes events on as they come, and ends the API's request with the caller's", async () => {
    const id = await connect();
    let ended: Promise<unknown> | undefined;
    provider.onApi = (_request, response) => {
      ended = once(response, "close");
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      setTimeout(() => response.write("data: 1\n\n"), 50);
      return true;
    };
    const end = new AbortController();
    const answer = await fetch(`${server.url}/v2/connections/${id}/proxy/events`, {
      headers: { "x-api-key": server.apiKey },
      signal: end.signal,
    });
    const reader = answer.body!.getReader();
    const { value } = await reader.read();
    assert.equal(Buffer.from(value).toString(), "data: 1\n\n");
    end.abort();
    await ended;
    provider.onApi = undefined;
  });

  test("streams a body while it is still being sent", async () => {
    const id = await connect();
    let arrived: (() => void) | undefined;
    const first = new Promise<void>((resolve) => (arrived = resolve));
    let bytes = 0;
    provider.onApi = (request, response) => {
      request.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        arrived?.();
      });
      request.on("end", () => response.end("done"));
      return true;
    };
    async function* parts() {
      yield Buffer.alloc(100_000, "a");
      await first;
      yield Buffer.alloc(100_000, "b");
    }
    const { status, text } = await throughProxy(server, id, "/upload", {
      method: "POST",
      body: Readable.toWeb(Readable.from(parts())),
      duplex: "half",
    });
    provider.onApi = undefined;
    assert.deepEqual([status, text, bytes], [200, "done", 200_000]);
  });

  test("renews a token that the API refuses, and sends the request once more", async () => {
    const id = await connect();
    for (const init of [{}, { method: "POST", body: "again" }]) {
      await throughProxy(server, id);
      provider.accessTokens.clear();
      const [asked, sent] = [provider.tokenRequests.length, provider.apiRequests.length];
      const { status, text } = await throughProxy(server, id, "/things", init);
      assert.equal(status, 200, text);
      assert.equal(JSON.parse(text).body, init.body ?? "");
      assert.equal(provider.tokenRequests.length, asked + 1);
      assert.equal(provider.apiRequests.length, sent + 2);
    }
  });

  test("knows an expired token by status, header or body", async () => {
    const matchers = [
      { status: 403 },
      { header: { name: "x-error", contains: "expired" } },
      { status: 200, body: '"errcode":42001' },
    ];
    const answers = [
      { status: 403, headers: {}, body: "" },
      { status: 400, headers: { "x-error": "Token Expired" }, body: "" },
      { status: 200, headers: {}, body: `{"errcode":42001}${" ".repeat(50_000)}` },
    ];
    for (const [index, matcher] of matchers.entries()) {
      const id = await connect({ expiry_matchers: [matcher] });
      await throughProxy(server, id);
      const { status, headers, body } = answers[index]!;
      provider.onApi = (_request, response) => {
        provider.onApi = undefined;
        response.writeHead(status, headers).end(body);
        return true;
      };
      const asked = provider.tokenRequests.length;
      assert.equal((await throughProxy(server, id)).status, 200);
      assert.equal(provider.tokenRequests.length, asked + 1);
    }
  });

  test("passes on whole what it looked into and what was no expiry", async () => {
    const id = await connect({ expiry_matchers: [{ body: "no-such-text" }] });
    const large = "x".repeat(300_000);
    provider.onApi = (_request, response) => {
      response.writeHead(200).end(large);
      return true;
    };
    const { text } = await throughProxy(server, id);
    provider.onApi = undefined;
    assert.equal(text, large);
  });

  test("does not send a body twice that it did not keep, but renews for the next", async () => {
    const id = await connect();
    await throughProxy(server, id);
    provider.accessTokens.clear();
    const body = "x".repeat(200_000);
    assert.equal((await throughProxy(server, id, "/up", { method: "POST", body })).status, 401);
    assert.equal((await throughProxy(server, id)).status, 200);
  });

  test("S33: an API that refuses every token causes one renewal, never a loop", async () => {
    const id = await connect();
    await throughProxy(server, id);
    provider.onApi = (_request, response) => {
      response.writeHead(401).end("no");
      return true;
    };
    const asked = provider.tokenRequests.length;
    for (let count = 0; count < 5; count += 1) {
      assert.equal((await throughProxy(server, id)).status, 401);
    }
    provider.onApi = undefined;
    assert.equal(provider.tokenRequests.length, asked + 1);
  });

  test("says that the API cannot be reached, or was too broken to answer", async () => {
    const id = await connect({ base_url: "http://127.0.0.1:1/" });
    const { status, text } = await throughProxy(server, id);
    assert.deepEqual([status, JSON.parse(text).code], [502, "api_unreachable"]);
    const other = await bringAlong(server, provider);
    provider.onApi = (_request, response) => {
      response.destroy();
      return true;
    };
    const broken = await throughProxy(server, other.id);
    provider.onApi = undefined;
    assert.equal(broken.status, 502);
  });

  test("answers HEAD and a connection without a base URL", async () => {
    const id = await connect();
    assert.equal((await throughProxy(server, id, "/things", { method: "HEAD" })).status, 200);
    const nowhere = await connect({ base_url: undefined });
    const { status } = await throughProxy(server, nowhere);
    assert.equal(status, 409);
    const refused = await call(server, "GET", `/v2/connections/${nowhere}/proxy`, { headers: {} });
    assert.equal(refused.status, 401);
  });
});
