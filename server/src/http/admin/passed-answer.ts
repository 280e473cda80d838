import type { Readable, Writable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { Answer } from "../../fetch/exchange.ts";

/** The answer of an API on its way to the caller. */

const usualSocketMs = 60_000;
/** Of a whole body, in bytes: copying more costs more than a second write. */
const oneWriteMax = 16 * 1024;

/** Written past the framework: the head leaves with the first of the body, and at once when that takes its time. */
export async function passOn(
  reply: FastifyReply,
  answer: Answer,
  headers: Record<string, string | string[]>,
): Promise<FastifyReply> {
  const own = reply.getHeaders() as Record<string, string>;
  reply.hijack();
  const { raw, request } = reply;
  const { socket } = request.raw;
  raw.writeHead(answer.status, {
    ...headers,
    ...own,
    // Nothing of it may run on our origin, whatever a browser is shown.
    "content-security-policy": `${own["content-security-policy"]}; sandbox`,
    "cache-control": "no-store",
  });
  const whole = answer.takeWhole();
  if (whole !== undefined) {
    // A text leaves in one piece with the head, and in this encoding its bytes are what they were.
    if (whole.length > oneWriteMax) raw.end(whole);
    else raw.end(whole.toString("latin1"), "latin1");
  } else {
    const { body } = answer;
    if (body.readableLength === 0) raw.flushHeaders();
    await pour(body, raw);
  }
  socket.setTimeout(usualSocketMs);
  return reply;
}

/**
 * Who has gone away, on either side, ends the other; the head has been sent already. `pipeline` would
 * abort a controller of its own at each end, and make an error with a stack for it.
 */
function pour(body: Readable, raw: Writable): Promise<void> {
  return new Promise((resolve) => {
    body.once("error", () => raw.destroy());
    raw.once("close", () => {
      if (!body.destroyed) body.on("error", () => undefined).destroy();
      resolve();
    });
    body.pipe(raw);
  });
}
