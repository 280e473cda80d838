import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { Server as ConnectionServer } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { isLongUpload } from "./long-uploads.ts";

/**
 * The bare HTTP server: what it waits for, how much it takes, and how it refuses what is not HTTP.
 * Until the application is ready it answers that it is starting.
 */

export interface AppServer {
  server: Server;
  /** From now on requests go there. */
  serve(listener: RequestListener): void;
  /**
   * Takes no new connections, and ends each of the others behind an answer. Resolves when all have
   * ended; what is still under way when the time is over is cut off.
   */
  drain(withinMs: number): Promise<void>;
}

const headerBytesMax = 16_384;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;
const keepAliveTimeoutMs = 75_000;
/** Who asks and then does not read: nothing has moved for so long. */
const stuckTimeoutMs = 60_000;
/** On a connection that seems idle a request may be on its way. */
const onItsWayMs = 250;

export function createAppServer(): AppServer {
  let listener: RequestListener = answerStarting;
  let isDraining = false;
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: 2_000,
      requireHostHeader: true,
    },
    (request, response) => {
      if (isDraining) response.shouldKeepAlive = false;
      if (isPlain(request)) listener(request, response);
      else refuseAmbiguous(response);
    },
  );
  server.setTimeout(stuckTimeoutMs);
  server.on("clientError", refuseNonsense);
  return {
    server,
    serve: (next) => {
      listener = next;
    },
    async drain(withinMs) {
      isDraining = true;
      const ended = stopListening(server);
      const idleOnes = setInterval(() => server.closeIdleConnections(), onItsWayMs);
      await Promise.race([ended, sleep(withinMs, undefined, { ref: false })]);
      clearInterval(idleOnes);
      server.closeAllConnections();
      await ended;
    },
  };
}

/** Node's own `close` of an HTTP server would cut what seems idle at once, and a request with it. */
const stopListening = (server: Server): Promise<void> =>
  new Promise((resolve) => ConnectionServer.prototype.close.call(server, () => resolve()));

function answerStarting({ url }: { url?: string | undefined }, response: ServerResponse): void {
  const isAlive = url === "/healthz";
  response.writeHead(isAlive ? 200 : 503, {
    "content-type": "application/json",
    "cache-control": "no-store",
    ...(isAlive ? {} : { "retry-after": "2" }),
  });
  response.end(JSON.stringify({ status: "starting" }));
}

/** We are no proxy: the target is a path, and one host is named, so that all read it alike [RFC 9112 §3.2]. */
function isPlain({ url, httpVersionMajor, rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts <= 1 && httpVersionMajor === 1 && url?.startsWith("/") === true;
}

function refuseAmbiguous(response: ServerResponse): void {
  response.writeHead(400, { connection: "close", "content-length": "0" });
  response.end();
}

const timeIsUp = "ERR_HTTP_REQUEST_TIMEOUT";
const statusLines: Record<string, string> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  [timeIsUp]: "408 Request Timeout",
};

/** What is not well-formed HTTP gets a status and a closed connection [RFC 9112 §11.2]. */
function refuseNonsense(error: NodeJS.ErrnoException, socket: Duplex) {
  if (error.code === timeIsUp && isLongUpload(socket)) return;
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const status = statusLines[error.code ?? ""] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
