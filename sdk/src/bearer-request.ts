/** The arguments of `fetch`, with the token added in the header [RFC 6750 §2.1]. */
export function withToken(
  accessToken: string,
  input: string | URL | Request,
  init: RequestInit | undefined,
): [string | URL | Request, RequestInit] {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : []));
  headers.set("authorization", `Bearer ${accessToken}`);
  return [input, { ...init, headers }];
}

/** What the caller of `fetch` ends the request with; an `init` wins over the request, as there. */
export function signalOf(
  input: string | URL | Request,
  init: RequestInit | undefined,
): AbortSignal | undefined {
  const ofRequest = input instanceof Request ? input.signal : undefined;
  return (init?.signal === undefined ? ofRequest : init.signal) ?? undefined;
}

/** Whether the API refused the token itself [RFC 6750 §3.1]; a new one may do better. */
export function isTokenRefused(response: Response): boolean {
  if (response.status !== 401) return false;
  const challenge = response.headers.get("www-authenticate") ?? "";
  return /\bbearer\b/i.test(challenge) && /\berror="?invalid_token\b/i.test(challenge);
}

/** Whether the request can be sent twice: a stream is gone after the first time. */
export function isReplayable(
  input: string | URL | Request,
  init: RequestInit | undefined,
): boolean {
  const body: unknown = init?.body ?? (input instanceof Request ? input.body : null);
  return (
    body === null ||
    typeof body === "string" ||
    body instanceof URLSearchParams ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof FormData
  );
}
