import type { IncomingHttpHeaders } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Bodies on their way through: passed on unread, but for what has to be known of them. */

/** Larger bodies are sent once: nobody keeps them for a second time. */
const replayedBytesMax = 64 * 1024;

/** A small body whole, so that it can be sent twice; any other as it comes. */
export async function bodyOf(
  stream: Readable,
  headers: IncomingHttpHeaders,
): Promise<Buffer | Readable> {
  const bytes = Number(headers["content-length"]);
  if (bytes === 0 || !(bytes <= replayedBytesMax)) return stream;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The beginning of a body, and the same body again from its beginning. */
export async function readStart(
  body: Readable,
  bytesMax: number,
): Promise<{ bodyStart: string; whole: Readable }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  while (bytes < bytesMax) {
    const { value, done } = await iterator.next();
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
