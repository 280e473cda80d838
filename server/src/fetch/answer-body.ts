import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Answer, AnswerHeaders } from "./exchange.ts";
import { FetchFailed } from "./fetch-error.ts";

/** Reading an answer whole, within bounds that hold after decoding. */

export interface WholeAnswer {
  status: number;
  /** Names in lower case; a header that came several times is a list. */
  headers: AnswerHeaders;
  body: Buffer;
  /** Where the answer came from: not the request's URL when redirects were followed. */
  url: string;
}

/** What `readWhole` can decode, as a request says it. */
export const acceptedEncodings = "gzip, deflate, br";

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads and decodes. Throws `FetchFailed` as soon as there is one byte too many, and destroys the
 * stream: a small body that unfolds into a large one is not unfolded.
 */
export async function readWhole({ body, headers }: Answer, bytesMax: number): Promise<Buffer> {
  const contentEncoding = String(headers["content-encoding"] ?? "");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of decode(body, contentEncoding) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new FetchFailed("body_too_large", "after_sending");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** Throws `FetchFailed`, without reading the body, unless the answer's media type is one of these. */
export function checkContentType(answer: Answer, types: readonly string[] | undefined): void {
  const [type = ""] = String(answer.headers["content-type"] ?? "").split(";");
  if (types === undefined || types.includes(type.trim().toLowerCase())) return;
  discard(answer.body);
  throw new FetchFailed("content_type", "after_sending");
}

/** More than one encoding is a bomb in a parcel; nobody sends that in earnest. */
function decode(body: Readable, contentEncoding: string): Readable {
  const encoding = contentEncoding.trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return body;
  const decoder = decoders[encoding];
  if (decoder === undefined || !Object.hasOwn(decoders, encoding)) {
    discard(body);
    throw new FetchFailed("content_encoding", "after_sending");
  }
  // An error goes to the reader of the last stream; the callback only says that it is expected.
  return pipeline(body, decoder(), () => {});
}

/** Ends the answer; that it is incomplete is no news. */
function discard(body: Readable): void {
  body.on("error", () => {}).destroy();
}
