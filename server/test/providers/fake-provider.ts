import type { IncomingHttpHeaders } from "node:http";
import type { TestContext } from "node:test";
import { createFetch, type GuardedFetch } from "../../src/fetch/fetch.ts";
import { serveHttp } from "../listening.ts";

/** A small provider on a loopback port that insists on what the real one insists on. */

export interface SeenRequest {
  method: string;
  /** The URL at the real provider. */
  url: string;
  query: Record<string, string>;
  /** Parameters of a form or members of a JSON object. */
  body: Record<string, unknown>;
  contentType: string;
  authorization: string | undefined;
  headers: IncomingHttpHeaders;
}

export interface FakeAnswer {
  status?: number;
  type?: string;
  body: unknown;
}

export interface FakeProvider {
  /** The guarded client; only the last step leads to the loopback port. */
  fetch: Pick<GuardedFetch, "request">;
  seen: SeenRequest[];
}

export async function startFakeProvider(
  test: TestContext,
  answer: (request: SeenRequest) => FakeAnswer,
): Promise<FakeProvider> {
  const seen: SeenRequest[] = [];
  const server = await serveHttp(test, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(`https:/${request.url}`);
      const contentType = request.headers["content-type"] ?? "";
      const text = Buffer.concat(chunks).toString();
      const one: SeenRequest = {
        method: request.method!,
        url: url.origin + url.pathname,
        query: Object.fromEntries(url.searchParams),
        body:
          contentType === "application/json" && text !== "" ? JSON.parse(text) : parseForm(text),
        contentType,
        authorization: request.headers.authorization,
        headers: request.headers,
      };
      seen.push(one);
      const { status = 200, type = "application/json", body } = answer(one);
      response.writeHead(status, { "content-type": type });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  const fetch = createFetch({ allow: ["127.0.0.0/8"] });
  test.after(() => fetch.close());
  const local = (url: string | URL): string => String(url).replace(/^https:\/\//, `${server.url}/`);
  return {
    seen,
    fetch: { request: (asked) => fetch.request({ ...asked, url: local(asked.url) }) },
  };
}

const parseForm = (text: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(text));
