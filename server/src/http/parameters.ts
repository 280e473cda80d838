import { hasRepeatedMember } from "../access/repeated-member.ts";
import { OAuthError } from "../errors/oauth-error.ts";
import type { TokenParameters } from "../grants/grant.ts";
import type { HttpRequest } from "./message.ts";

/**
 * The parameters of a protocol request. A parameter that occurs twice refuses the request, one
 * without a value counts as absent, and an unknown one is ignored [RFC 6749 §3.1, §3.2].
 */

const parametersMax = 100;
const formType = /^application\/x-www-form-urlencoded *(; *charset="?utf-8"?)?$/i;
const jsonType = /^application\/json *(; *charset="?utf-8"?)?$/i;

/** What we know and must never stand in a URL, where proxies and logs keep it [RFC 6749 §2.3.1]. */
const bodyOnly = new Set([
  "grant_type",
  "client_id",
  "client_secret",
  "scope",
  "resource",
  "authorization_details",
  "code",
  "code_verifier",
  "refresh_token",
  "token",
  "subject_token",
  "actor_token",
  "client_assertion",
]);

export function parseForm(request: HttpRequest): TokenParameters {
  checkQuery(request.query);
  if (!formType.test(request.headers["content-type"] ?? "")) {
    throw new OAuthError("wrong_content_type");
  }
  return collect(formPairs(request.body));
}

/** A form, or a JSON object whose missing `grant_type` means client credentials. */
export function parseFormOrJson(request: HttpRequest): TokenParameters {
  if (!jsonType.test(request.headers["content-type"] ?? "")) return parseForm(request);
  checkQuery(request.query);
  const parameters = collect(jsonPairs(request.body));
  return parameters.has("grant_type")
    ? parameters
    : new Map([...parameters, ["grant_type", "client_credentials"]]);
}

function checkQuery(query: string): void {
  if (query === "") return;
  for (const [name] of formPairs(query)) {
    if (bodyOnly.has(name)) throw new OAuthError("parameter_in_query", name);
  }
}

function collect(pairs: Iterable<[string, string]>): Map<string, string> {
  const parameters = new Map<string, string>();
  const seen = new Set<string>();
  for (const [name, value] of pairs) {
    if (seen.has(name)) {
      throw new OAuthError(name === "resource" ? "several_resources" : "duplicate_parameter");
    }
    if (seen.size === parametersMax) throw new OAuthError("too_many_parameters");
    seen.add(name);
    if (value !== "") parameters.set(name, value);
  }
  return parameters;
}

function* formPairs(text: string): Generator<[string, string]> {
  const pairs = text.split("&", parametersMax + 1);
  // Empty ones count too: a second value must not hide where nobody looks.
  if (pairs.length > parametersMax) throw new OAuthError("too_many_parameters");
  for (const pair of pairs) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = equals === -1 ? pair : pair.slice(0, equals);
    yield [decodeFormText(name), equals === -1 ? "" : decodeFormText(pair.slice(equals + 1))];
  }
}

/** Strict: a broken escape, bytes that are not UTF-8, or NUL refuse the request. */
export function decodeFormText(text: string): string {
  if (!/[%+\0]/.test(text)) return text;
  try {
    const decoded = decodeURIComponent(text.replaceAll("+", " "));
    if (!decoded.includes("\0")) return decoded;
  } catch {
    // Falls through to the same refusal as NUL.
  }
  throw new OAuthError("malformed_body", "a value cannot be decoded");
}

function jsonPairs(text: string): [string, string][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OAuthError("malformed_body", "not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new OAuthError("malformed_body", "not a JSON object");
  }
  if (hasRepeatedMember(text, value)) throw new OAuthError("duplicate_parameter");
  return Object.entries(value).flatMap(([name, member]) => jsonMember(name, member));
}

/**
 * Nested values stand for the text they would be in a form; `null` counts as absent. What we know has
 * to be text; what we do not know is ignored, whatever it is [RFC 6749 §3.2].
 */
function jsonMember(name: string, member: unknown): [string, string][] {
  if (member === null) return [];
  if (typeof member === "string") {
    if (member.includes("\0")) throw new OAuthError("malformed_body", "a value holds NUL");
    return [[name, member]];
  }
  if (name === "resource" && Array.isArray(member) && member.every(isText)) {
    return member.flatMap((resource) => jsonMember(name, resource));
  }
  if (name === "authorization_details") return [[name, JSON.stringify(member)]];
  if (!bodyOnly.has(name)) return [];
  throw new OAuthError("malformed_body", "a member is not a string");
}

const isText = (value: unknown): value is string => typeof value === "string";
