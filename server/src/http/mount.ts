import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { OAuthError } from "../errors/oauth-error.ts";
import type { Log } from "../log.ts";
import { noStore, type Endpoint, type HttpAnswer, type HttpRequest } from "./message.ts";
import { writeOAuthError } from "./oauth-error.ts";
import type { RefusalNotes } from "./refusal-notes.ts";
import { nextTurn } from "./turn.ts";

/**
 * Puts protocol endpoints before everything else on the bare HTTP server: a token costs a signature,
 * and the way to it should cost as little as can be (decision record 0006).
 */

export interface Route {
  endpoint: Endpoint;
  methods: readonly string[];
}

export interface MountOptions {
  routes: ReadonlyMap<string, Route>;
  sourceAddressOf(request: IncomingMessage): string;
  newRequestId(): string;
  log: Log;
  notes: Pick<RefusalNotes, "ofAnswer">;
}

const bodyBytesMax = 65_536;

/** A listener that answers the routes it knows and leaves the rest to `otherwise`. */
export function mountRoutes(options: MountOptions, otherwise: RequestListener): RequestListener {
  return (incoming, response) => {
    const url = incoming.url ?? "/";
    const mark = url.indexOf("?");
    const path = mark === -1 ? url : url.slice(0, mark);
    const route = options.routes.get(path);
    if (route === undefined) return otherwise(incoming, response);
    const request: HttpRequest = {
      method: incoming.method ?? "",
      query: mark === -1 ? "" : url.slice(mark + 1),
      headers: incoming.headers,
      rawHeaders: incoming.rawHeaders,
      body: "",
      sourceAddress: options.sourceAddressOf(incoming),
      requestId: options.newRequestId(),
    };
    void serve(options, route, { incoming, response, request, path });
  };
}

interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  request: HttpRequest;
  /** One that is in the table. */
  path: string;
}

async function serve(options: MountOptions, route: Route, exchange: Exchange): Promise<void> {
  const { incoming, response, request } = exchange;
  try {
    if (!route.methods.includes(request.method)) {
      return refuse(options, exchange, new OAuthError("method_not_allowed"), route.methods);
    }
    if (request.method === "POST") {
      request.body = await readBody(incoming);
      await nextTurn();
    }
    write(options, exchange, await route.endpoint(request));
  } catch (error) {
    if (!response.destroyed) refuse(options, exchange, error);
  }
}

// A byte order mark is a character like any other: it is not taken off, and so not overlooked.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The whole body as text. Throws when it is too large, compressed, or not UTF-8. */
function readBody(incoming: IncomingMessage): Promise<string> {
  if (incoming.headers["content-encoding"] !== undefined) {
    throw new OAuthError("wrong_content_type", "compressed");
  }
  if (Number(incoming.headers["content-length"] ?? 0) > bodyBytesMax) {
    throw new OAuthError("body_too_large");
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) return void chunks.push(chunk);
      reject(new OAuthError("body_too_large"));
      incoming.removeAllListeners("data").resume();
    });
    incoming.on("end", () => resolve(decode(chunks, reject)));
    incoming.on("error", reject);
  });
}

function decode(chunks: Buffer[], reject: (error: Error) => void): string {
  try {
    return utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  } catch {
    reject(new OAuthError("malformed_body", "not UTF-8"));
    return "";
  }
}

function write(
  { notes }: MountOptions,
  { response, request, path }: Exchange,
  { status, headers, body, refused }: HttpAnswer,
): void {
  if (refused !== undefined) notes.ofAnswer(request, path, { status, error: refused });
  headers["content-length"] = String(Buffer.byteLength(body));
  headers["x-request-id"] = request.requestId;
  headers["x-content-type-options"] = "nosniff";
  response.writeHead(status, headers);
  response.end(request.method === "HEAD" ? undefined : body);
}

function refuse(
  options: MountOptions,
  exchange: Exchange,
  error: unknown,
  allowed: readonly string[] = [],
): void {
  const { incoming, request } = exchange;
  const answer = writeOAuthError(request, error, options.log);
  if (answer.status === 405) answer.headers["allow"] = allowed.join(", ");
  // A body that nobody will read must not be waited for.
  if (!incoming.complete) answer.headers["connection"] = "close";
  write(options, exchange, { ...answer, headers: { ...answer.headers, ...noStore } });
}
