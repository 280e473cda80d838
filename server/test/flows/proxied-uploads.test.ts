import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { serveHttp } from "../listening.ts";
import { nodeServerOf } from "../node-server.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import { makeConnection, makeDatasource } from "../outbound/calls.ts";

/** What becomes of a large body on its way to an API that is slow, refuses it or is not there. */

describe("an upload through a connection", () => {
  const { server, provider } = besideProvider();

  async function connectTo(baseUrl: string): Promise<string> {
    const own = { grant_type: "client_credentials", base_url: baseUrl };
    const { id } = await makeConnection(server, await makeDatasource(server, provider, own));
    return `/v2/connections/${id}/proxy/x`;
  }

  function upload(path: string, bytes: number): ClientRequest {
    const { hostname, port } = new URL(server.url);
    const headers = { "x-api-key": server.apiKey, "content-length": bytes };
    return httpRequest({ hostname, port, path, method: "PUT", headers });
  }

  /** All at once, however early it is answered; the caller reads the answer when all is sent. */
  async function send(path: string, bytes: number) {
    const asked = upload(path, bytes);
    asked.end(Buffer.alloc(bytes));
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return { status: answer.statusCode, body: await text(answer) };
  }

  /** Lets a request take half a second to arrive. */
  async function hurry(t: TestContext): Promise<void> {
    const limits = await nodeServerOf(server);
    const { headersTimeout, requestTimeout } = limits;
    t.after(() => Object.assign(limits, { headersTimeout, requestTimeout }));
    Object.assign(limits, { headersTimeout: 500, requestTimeout: 500 });
  }

  test("may take longer than a request of any other kind", async (t) => {
    const api = await serveHttp(t, (request, response) => void request.pipe(response));
    const path = await connectTo(api.url);
    await hurry(t);

    const asked = upload(path, 100_004);
    const response = once(asked, "response");
    asked.write(Buffer.alloc(100_000, "a"));
    // What begins later and is not let go on has used up more than its time, and so has the upload.
    const late = connect(Number(new URL(server.url).port), "127.0.0.1");
    const refused = text(late);
    late.write("POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\ngrant");
    assert.match(await refused, /^HTTP\/1\.1 408 /);
    asked.end("last");

    const [answer] = (await response) as [IncomingMessage];
    assert.equal(answer.statusCode, 200);
    assert.match(await text(answer), /^a{100000}last$/);
  });

  test("is hurried as any other where nobody has said who they are", async (t) => {
    await hurry(t);
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    const ended = text(socket);
    socket.write(
      "PUT /v2/connections/con_x/proxy/x HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nx",
    );
    await ended;
  });

  test("may end before there is a token for it", async (t) => {
    const api = await serveHttp(t, (request, response) => void request.pipe(response));
    const path = await connectTo(api.url);
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    provider.onToken = async () => {
      asked.resolve();
      await left.promise;
      return false;
    };
    const leaving = upload(path, 200_000).on("error", () => left.resolve());
    leaving.write(Buffer.alloc(100_000));
    await asked.promise;
    leaving.destroy(new Error("enough"));
    await left.promise;
    assert.equal((await send(path, 100_000)).status, 200);
  });

  test("is answered in words where the API is not there, however large it is", async (t) => {
    const gone = await serveHttp(t, () => {});
    const path = await connectTo(gone.url.replace("127.0.0.1", "127.0.0.9"));
    for (const bytes of [1_000, 100_000, 3_000_000]) {
      const { status, body } = await send(path, bytes);
      assert.deepEqual([status, JSON.parse(body).code], [502, "api_unreachable"], `${bytes}`);
    }
  });

  test("is answered where the API refuses it unread and hangs up", async (t) => {
    const api = await serveHttp(t, (_, response) => {
      response.writeHead(413, { connection: "close" }).end("too large");
    });
    const path = await connectTo(api.url);
    for (let round = 0; round < 20; round += 1) {
      const { status, body } = await send(path, 3_000_000);
      // Whether the API's answer gets here before its hanging up does is for the network to say.
      if (status !== 413)
        assert.deepEqual([status, JSON.parse(body).code], [502, "api_unreachable"]);
    }
  });
});
