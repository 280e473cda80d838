/** How requests of the API reference go out, and what a refusal means. */

export interface Refusal {
  status: number;
  /** In the words of the API. */
  message: string;
  /** The permission that is missing, when the answer names one [RFC 6750 §3]. */
  missing: string | undefined;
  requestId: string | undefined;
}

/**
 * A `fetch` that sends `token()` where the request brings none, and no cookie: whoever is signed in
 * must not be mistaken for the app client. Tells of refusals.
 */
export function createSending(
  token: () => Promise<string | undefined>,
  onRefusal: (refusal: Refusal | undefined) => void,
): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
  return async (input, init) => {
    const asked = new Request(input, init);
    const headers = new Headers(asked.headers);
    if (isEmptyBearer(headers.get("authorization"))) headers.delete("authorization");
    if (!headers.has("authorization")) {
      const own = await token();
      if (own !== undefined) headers.set("authorization", `Bearer ${own}`);
    }
    const response = await fetch(new Request(asked, { headers, credentials: "omit" }));
    onRefusal(
      response.status === 401 || response.status === 403
        ? await refusalOf(response.clone())
        : undefined,
    );
    return response;
  };
}

/** What an empty field makes. */
const isEmptyBearer = (header: string | null): boolean =>
  header !== null && /^bearer\s*$/i.test(header);

async function refusalOf(response: Response): Promise<Refusal> {
  const challenge = response.headers.get("www-authenticate") ?? "";
  const [, error] = /\berror="([^"]*)"/.exec(challenge) ?? [];
  const [, scope] = /\bscope="([^"]*)"/.exec(challenge) ?? [];
  const body = (await response.json().catch(() => ({}))) as {
    messages?: string[];
    message?: string;
    error_description?: string;
    request_id?: string;
  };
  const said = body.messages?.join(" ") ?? body.message ?? body.error_description;
  return {
    status: response.status,
    message: said ?? challenge,
    missing: error === "insufficient_scope" ? scope : undefined,
    requestId: body.request_id ?? response.headers.get("x-request-id") ?? undefined,
  };
}
