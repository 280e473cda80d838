import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { createAppServer, type AppServer } from "./server.ts";

/** What callers meet on connections that they keep, while the process is told to stop. */

const plentyMs = 60_000;

describe("a server that is told to stop", () => {
  let appServer: AppServer;
  let agent: Agent;
  /** Of requests to `/slow`. */
  let answerSlowly: () => void;
  let slowArrived: Promise<void>;

  beforeEach(async () => {
    appServer = createAppServer();
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const arrived = Promise.withResolvers<void>();
    slowArrived = arrived.promise;
    appServer.serve(({ url }, response) => {
      if (url !== "/slow") return void response.end(url);
      answerSlowly = () => response.end(url);
      arrived.resolve();
    });
    await new Promise<void>((resolve) => appServer.server.listen(0, "127.0.0.1", () => resolve()));
  });
  afterEach(() => {
    agent.destroy();
    appServer.server.closeAllConnections();
    appServer.server.close();
  });

  async function ask(path: string): Promise<{ response: IncomingMessage; text: string }> {
    const { port } = appServer.server.address() as AddressInfo;
    const sent = request({ host: "127.0.0.1", port, path, agent }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const text = (await response.setEncoding("utf8").toArray()).join("");
    return { response, text };
  }

  test("answers a request that was on its way on a kept connection, and ends that", async () => {
    assert.equal((await ask("/first")).response.headers.connection, "keep-alive");
    const onItsWay = ask("/second");
    const drained = appServer.drain(plentyMs);
    const { response, text } = await onItsWay;
    assert.equal(text, "/second");
    assert.equal(response.headers.connection, "close");
    await drained;
  });

  test("waits for a request under way, and for nobody who is silent", async () => {
    const underWay = ask("/slow");
    await slowArrived;
    const drained = appServer.drain(plentyMs);
    answerSlowly();
    assert.equal((await underWay).text, "/slow");
    await drained;
  });

  test("takes no new connection", async () => {
    const { port } = appServer.server.address() as AddressInfo;
    await appServer.drain(plentyMs);
    const late = request({ host: "127.0.0.1", port }).end();
    const [error] = (await once(late, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNREFUSED");
  });

  test("cuts off what takes longer than it may", async () => {
    const underWay = ask("/slow");
    await slowArrived;
    const refused = assert.rejects(underWay, { code: "ECONNRESET" });
    await appServer.drain(1);
    await refused;
  });
});
