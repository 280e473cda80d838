import {
  TransportError,
  UnexpectedResponseError,
  type UnexpectedResponseErrorCode,
} from "./errors.ts";
import { type JsonObject, parseStrictJsonObject } from "./strict-json.ts";

/** The `fetch` to use: the platform's, or one of your own. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface JsonRequest {
  fetch: Fetch;
  url: string;
  init?: RequestInit;
  timeoutMs: number;
  bodyBytesMax: number;
}

export interface JsonDocument {
  response: Response;
  /** `undefined` when the body is not a JSON object. */
  body: JsonObject | undefined;
}

/**
 * Sends a request and reads a small JSON document, bounded in time and in bytes, and without
 * following redirects: whom we ask is whom we believe. A redirect is then an answer like any other
 * that is not 200; `redirect: "error"` would say so as well, but workers do not have it. Throws
 * `TransportError` when there is no answer and `UnexpectedResponseError` when it is too large.
 */
export async function requestJson(request: JsonRequest): Promise<JsonDocument> {
  const signal = AbortSignal.timeout(request.timeoutMs);
  try {
    const response = await request.fetch(request.url, {
      ...request.init,
      redirect: "manual",
      signal,
    });
    const bytes = await readBounded(response, request);
    return { response, body: parseStrictJsonObject(bytes) };
  } catch (error) {
    if (error instanceof UnexpectedResponseError) throw error;
    const { host } = new URL(request.url);
    if (signal.aborted) {
      throw new TransportError("timeout", `${host} did not answer in time`, error);
    }
    throw new TransportError("unreachable", `${host} could not be reached`, error);
  }
}

/** A document that must be there. Throws `UnexpectedResponseError` when it is not. */
export async function loadJson(request: JsonRequest): Promise<JsonDocument & { body: JsonObject }> {
  const { response, body } = await requestJson(request);
  const { status } = response;
  if (status !== 200 || response.redirected) {
    throw unexpected("unexpected_status", request, String(status), status);
  }
  if (body === undefined) {
    throw unexpected("not_json", request, "no JSON object", status);
  }
  return { response, body };
}

/** Counts while reading: `Content-Length` may be missing, or say less than what comes. */
async function readBounded(response: Response, request: JsonRequest): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body !== null) {
    for await (const chunk of response.body) {
      length += chunk.byteLength;
      if (length > request.bodyBytesMax) {
        throw unexpected("too_large", request, "too much", response.status);
      }
      chunks.push(chunk);
    }
  }
  return concatenate(chunks, length);
}

/** Says who it was, for whoever reads the log; a query may hold what is nobody's business. */
function unexpected(
  code: UnexpectedResponseErrorCode,
  { url }: JsonRequest,
  what: string,
  status: number,
): UnexpectedResponseError {
  const { origin, pathname } = new URL(url);
  return new UnexpectedResponseError(code, `${origin}${pathname} answered ${what}`, { status });
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
