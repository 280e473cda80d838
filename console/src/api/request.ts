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
}

/** Throws `ApiProblem`; goes to the sign-in page when the session is over. */
export async function request<Answer>(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  { query = {}, ...options }: Sent & { query?: Query } = {},
): Promise<Answer> {
  const response = await send(method, path + searchOf(query), options);
  const answer: unknown = response.status === 204 ? undefined : await bodyOf(response);
  if (response.ok) return answer as Answer;
  if (response.status === 401) signIn();
  throw new ApiProblem(response.status, answer ?? {});
}

/** The bytes of a long answer as they come. Throws as `request` does, and when it breaks off. */
export async function* stream(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const response = await send("GET", path, { signal });
  if (response.status === 401) signIn();
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

async function send(
  method: string,
  path: string,
  { body, signal, idempotencyKey }: Sent,
): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
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

/** Where one is now, for a page that comes back to it. */
export const here = (): string => location.pathname + location.search;

function signIn(): void {
  location.assign(`/login?return_to=${encodeURIComponent(here())}`);
}

function wordsFor(status: number): string {
  if (status === 0) return "The server cannot be reached. Is the network there?";
  if (status === 503) return "Not available for the moment. Try again in a few seconds.";
  return `The server answered ${status}.`;
}
