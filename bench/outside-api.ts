import type { IncomingMessage, ServerResponse } from "node:http";
import { serve } from "./servers/served.ts";

/** Somebody else's API, with a token endpoint: small answers, and one of as many bytes as are asked for. */

const body = JSON.stringify({ things: [] });
const small = { "content-type": "application/json", "content-length": body.length };
const chunk = Buffer.alloc(256 * 1024, "x");

serve((_setup: { port: number }) => (request: IncomingMessage, response: ServerResponse): void => {
  const url = new URL(request.url!, "http://localhost");
  request.resume();
  if (url.pathname === "/token") {
    const token = JSON.stringify({ access_token: "at", token_type: "Bearer", expires_in: 86_400 });
    response.writeHead(200, { "content-type": "application/json" }).end(token);
  } else if (url.pathname === "/api/bytes") {
    sendBytes(response, Number(url.searchParams.get("count")));
  } else response.writeHead(200, small).end(body);
});

function sendBytes(response: ServerResponse, count: number): void {
  response.writeHead(200, { "content-length": count });
  let left = count;
  const more = (): void => {
    while (left > 0) {
      const part = chunk.subarray(0, Math.min(left, chunk.length));
      left -= part.length;
      if (!response.write(part)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}
