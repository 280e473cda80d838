import { noteAnswer } from "./signed-out.ts";

/** Calls of our own API, with the cookie of who is signed in, and what its refusals mean here. */

/** A refusal, in the words of the API. */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  readonly status: number;
  readonly code: string | undefined;
  readonly fieldErrors: Readonly<Record<string, string>>;
  /** Under which an administrator looks the refusal up. */
  readonly requestId: string | undefined;

  constructor(status: number, body: ProblemBody) {
    const { messages = [], code, field_errors: fieldErrors = {}, request_id: requestId } = body;
    super(messages.join(" ") || wordsFor(status));
    this.status = status;
    this.code = code;
    this.fieldErrors = fieldErrors;
    this.requestId = requestId;
  }
}

/** What was wrong with single fields of what was sent, by their names. */
export const fieldErrorsOf = (error: unknown): Readonly<Record<string, string>> =>
  error instanceof ApiProblem ? error.fieldErrors : {};

interface ProblemBody {
  messages?: string[];
  code?: string;
  field_errors?: Record<string, string>;
  request_id?: string;
}

type Query = Readonly<Record<string, string | number | undefined>>;

interface Sent {
  body?: unknown;
  signal?: AbortSignal;
  /** The same request under the same key is done once. */
  idempotencyKey?: string;
  /** Only if this is the version that is stored. */
  ifMatch?: string;
}

/** Throws `ApiProblem`, also when the session is over. */
export async function request<Answer>(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  { query = {}, ...options }: Sent & { query?: Query } = {},
): Promise<Answer> {
  const response = await send(method, path + searchOf(query), options);
  const answer: unknown = response.status === 204 ? undefined : await bodyOf(response);
  if (response.ok) return answer as Answer;
  throw new ApiProblem(response.status, answer ?? {});
}

/** The bytes of a long answer as they come. Throws as `request` does, and when it breaks off. */
export async function* stream(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const response = await send("GET", path, { signal });
  if (!response.ok) throw new ApiProblem(response.status, (await bodyOf(response)) ?? {});
  const reader = response.body!.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    // Nobody waits for the rest.
    await reader.cancel().catch(() => undefined);
  }
}

/** For queries: a GET that ends when nobody waits for it any more. */
export const read =
  <Answer>(path: string, query: Query = {}) =>
  ({ signal }: { signal: AbortSignal }): Promise<Answer> =>
    request<Answer>("GET", path, { query, signal });

/** What is there with its version, which a change names as the one that it is for. */
export type Versioned<Thing> = Thing & { etag: string };

export const readVersioned =
  <Thing>(path: string) =>
  async ({ signal }: { signal: AbortSignal }): Promise<Versioned<Thing>> => {
    const response = await send("GET", path, { signal });
    const answer: unknown = await bodyOf(response);
    if (!response.ok) throw new ApiProblem(response.status, answer ?? {});
    return { ...(answer as Thing), etag: response.headers.get("etag") ?? "*" };
  };

async function send(
  method: string,
  path: string,
  { body, signal, idempotencyKey, ifMatch }: Sent,
): Promise<Response> {
  try {
    const response = await fetch(path, {
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    noteAnswer(response.status);
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiProblem(0, {});
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  return search.size === 0 ? "" : `?${search}`;
}

function wordsFor(status: number): string {
  if (status === 0) return "The server cannot be reached. Is the network there?";
  if (status === 401) return "You are signed out.";
  if (status === 503) return "Not available for the moment. Try again in a few seconds.";
  return `The server answered ${status}.`;
}
