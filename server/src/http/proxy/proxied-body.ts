import type { IncomingHttpHeaders } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describeFailure } from "../../fetch/fetch-error.ts";

/** Bodies on their way through: passed on unread, but for what has to be known of them. */

/** Larger bodies are sent once: nobody keeps them for a second time. */
const replayedBytesMax = 64 * 1024;

/** A small body whole, so that it can be sent twice; any other as it comes. */
export async function bodyOf(
  stream: Readable,
  headers: IncomingHttpHeaders,
): Promise<Buffer | Readable> {
  const bytes = Number(headers["content-length"]);
  if (bytes === 0 || !(bytes <= replayedBytesMax)) return lent(stream);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const lentBytesMax = 64 * 1024;

/**
 * The same body for somebody who may give it up. What is left of it is then read and forgotten: to end it
 * would close the caller's connection before the answer that says what went wrong, and to leave it there
 * would hold up whatever comes on that connection next.
 */
function lent(body: Readable): Readable {
  const copy = new Readable({
    highWaterMark: lentBytesMax,
    read: () => void body.resume(),
    destroy(error, destroyed) {
      body.off("data", pass).resume();
      destroyed(error);
    },
  });
  const pass = (chunk: Buffer): void => {
    if (!copy.push(chunk)) body.pause();
  };
  body.on("data", pass).pause();
  body.once("end", () => copy.push(null));
  body.on("error", (error) => copy.destroy(error));
  // Whoever sends may not be there yet when the caller leaves.
  return copy.on("error", () => undefined);
}

/** The beginning of a body, and the same body again from its beginning. Throws `FetchFailed`. */
export async function readStart(
  body: Readable,
  bytesMax: number,
): Promise<{ bodyStart: string; whole: Readable }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  while (bytes < bytesMax) {
    const { value, done } = await iterator.next().catch((error: unknown) => {
      throw describeFailure(error, "after_sending");
    });
    if (done === true) break;
    chunks.push(value);
    bytes += value.length;
  }
  const whole = new PassThrough();
  const start = Buffer.concat(chunks);
  pipeline(async function* () {
    yield start;
    for (;;) {
      const { value, done } = await iterator.next();
      if (done === true) return;
      yield value;
    }
  }, whole).catch(() => body.destroy());
  return { bodyStart: start.subarray(0, bytesMax).toString("utf8"), whole };
}
