import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import type { TestContext } from "node:test";
import type { TlsOptions } from "node:tls";

/** Small servers on loopback ports, each for one test and closed with it. */

export interface Listening {
  port: number;
  url: string;
  /** How many connections have been made to it so far. */
  connections(): number;
}

export function serveHttp(test: TestContext, listener: RequestListener): Promise<Listening> {
  return serve(test, createServer(listener), "http:");
}

export function serveHttps(
  test: TestContext,
  options: TlsOptions,
  listener: RequestListener,
): Promise<Listening> {
  return serve(test, createTlsServer(options, listener), "https:");
}

/** Any server: what is not even HTTP, too. */
export async function serve(
  test: TestContext,
  server: Server | NetServer,
  protocol = "http:",
): Promise<Listening> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `${protocol}//127.0.0.1:${port}`, connections: () => connections };
}
