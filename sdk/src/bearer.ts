import { AuthorizationError } from "./authorization-error.ts";

/** Headers as Node and Fastify have them. */
export type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The part of a fetch `Headers` that is read. */
export interface HeaderReader {
  get(name: string): string | null;
}

/**
 * Where a token is looked for: headers, or a request that has them. Give the request when there is
 * one: Node keeps only the first of two `Authorization` headers in `headers`, both in `rawHeaders`.
 */
export type Credentials =
  | HeaderReader
  | HeaderRecord
  | { readonly headers: HeaderReader | HeaderRecord; readonly rawHeaders?: readonly string[] };

/**
 * Finds the bearer token in a request [RFC 6750 §2.1]. Only the `Authorization` header is looked
 * at: a token in a query or a form gets into logs and histories, and one sent in two ways has two
 * meanings. Throws `no_credentials` when there is none and `invalid_request` when there is no single
 * one.
 */
export function findBearerToken(credentials: Credentials, takesApiKeys = false): string {
  const authorization = findHeader(credentials, "authorization");
  if (authorization === undefined) throw noCredentials(credentials, takesApiKeys);
  if (authorization === several) throw invalidRequest();
  const token = tokenOf(authorization);
  if (token === "" || token.includes(",") || token.includes(" ")) throw invalidRequest();
  return token;
}

/**
 * Finds the API key in `x-api-key`. An `Authorization` header wins over it, without falling back: real
 * clients send both. Throws `invalid_request` when there are several.
 */
export function findPlainApiKey(credentials: Credentials): string | undefined {
  const plainKey = findHeader(credentials, "x-api-key");
  if (plainKey === undefined || findHeader(credentials, "authorization") !== undefined) {
    return undefined;
  }
  if (plainKey !== several) return plainKey === "" ? undefined : plainKey;
  throw new AuthorizationError("invalid_request", "The header x-api-key must stand once.");
}

const scheme = "bearer";

/** The scheme is compared without case and followed by one or more spaces [RFC 9110 §11.1]. */
function tokenOf(authorization: string): string {
  let start = scheme.length;
  if (authorization.slice(0, start).toLowerCase() !== scheme) throw otherScheme();
  if (authorization.length > start && authorization[start] !== " ") throw otherScheme();
  while (authorization[start] === " ") start += 1;
  return authorization.slice(start);
}

/** Two values of a header that may stand once. */
const several = Symbol("several");

function findHeader(credentials: Credentials, name: string): string | typeof several | undefined {
  // Before the reader: a request of Express has a `get`, which tells of one header only.
  if (isRequest(credentials)) {
    const { headers, rawHeaders } = credentials;
    if (rawHeaders !== undefined && isRepeated(rawHeaders, name)) return several;
    return findHeader(headers, name);
  }
  if (isReader(credentials)) return credentials.get(name) ?? undefined;
  return findInRecord(credentials as HeaderRecord, name);
}

function isReader(credentials: Credentials): credentials is HeaderReader {
  return typeof (credentials as HeaderReader).get === "function";
}

function isRequest(
  credentials: Credentials,
): credentials is { headers: HeaderReader | HeaderRecord; rawHeaders?: readonly string[] } {
  const { headers } = credentials as { headers?: unknown };
  return typeof headers === "object" && headers !== null && !Array.isArray(headers);
}

/** Names are compared without case: a record may come from elsewhere than Node. */
function findInRecord(record: HeaderRecord, name: string): string | typeof several | undefined {
  let found: string | undefined;
  for (const key in record) {
    if (key.length !== name.length || key.toLowerCase() !== name) continue;
    const value = record[key];
    const values = typeof value === "string" ? [value] : (value ?? []);
    if (values.length > 1 || (values.length === 1 && found !== undefined)) return several;
    found = values[0] ?? found;
  }
  return found;
}

function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const key = rawHeaders[index];
    if (key?.length === name.length && key.toLowerCase() === name) count += 1;
  }
  return count > 1;
}

function noCredentials(credentials: Credentials, takesApiKeys: boolean): AuthorizationError {
  if (takesApiKeys) {
    return new AuthorizationError(
      "no_credentials",
      "This API needs an access token or an API key. Send Authorization: Bearer, or x-api-key.",
    );
  }
  const hasApiKey = findHeader(credentials, "x-api-key") !== undefined;
  return new AuthorizationError(
    "no_credentials",
    hasApiKey
      ? "This API takes access tokens, not API keys. Send Authorization: Bearer with a token."
      : "This API needs an access token. Send Authorization: Bearer with a token.",
  );
}

/** A method that is not supported is answered as if nothing had been sent [RFC 6750 §3.1]. */
function otherScheme(): AuthorizationError {
  return new AuthorizationError(
    "no_credentials",
    "This API takes access tokens. Send Authorization: Bearer with a token.",
  );
}

function invalidRequest(): AuthorizationError {
  return new AuthorizationError(
    "invalid_request",
    "The Authorization header must stand once and hold Bearer, a space, and one access token.",
  );
}
