import type { Readable } from "node:stream";
import { isIP } from "node:net";
import type { AddressRules } from "./address.ts";
import type { Departure } from "./departure.ts";
import { FetchRefused } from "./fetch-error.ts";

/** What a caller may ask for, and what of it goes out. */

export type OutgoingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Outgoing {
  url: string | URL;
  /** GET unless said. */
  method?: string;
  headers?: OutgoingHeaders;
  /** Certificates in PEM form that count in addition to the usual ones, for this request only. */
  certificateAuthority?: string | undefined;
  /** Ends the request wherever it is, in both directions. */
  signal?: AbortSignal | undefined;
}

/** A request whose answer is read whole. */
export interface WholeRequest extends Outgoing {
  body?: string | Uint8Array | undefined;
  /** Of the whole exchange, redirects included. */
  totalMs?: number;
  /** Of the answer after decoding. */
  bodyBytesMax?: number;
  /** Media types without parameters, in lower case; another type is `FetchFailed`. All unless said. */
  contentTypes?: readonly string[];
  /** How many redirects of a GET or HEAD are followed. None unless said: a redirect is the answer. */
  redirectsMax?: number;
  /**
   * A connection of its own that is closed afterwards: no request is lost to a kept connection that
   * the other side was just about to close.
   */
  isAlone?: boolean;
}

/** A request that passes through: bodies are streams in both directions, and bytes stay as they are. */
export interface StreamRequest extends Outgoing, Passing {}

interface Passing {
  body?: string | Uint8Array | Readable | undefined;
  /** Until the answer's headers are there, counted from the call. */
  headersMs?: number;
  /** The longest silence within the answer's body; 0 for none, as events may be hours apart. */
  idleMs?: number;
}

/** The same, by somebody who sends many and has done once what would be done for each. */
export interface PassedRequest extends Passing, Omit<Outgoing, "url" | "headers" | "signal"> {
  /** As the parser of URLs writes it. */
  origin: string;
  /** With its query, as the parser of URLs writes them. */
  path: string;
  fields: Fields;
  departure: Departure;
}

/** Names in lower case and values in turn; a header that came several times has a list. */
export type Fields = readonly Field[];
export type Field = string | readonly string[];

/**
 * The URL that is called, and whether it may be: the parser of URLs has made one form of the many
 * in which an address can be written. A host name is judged when it is resolved.
 * Throws `FetchRefused`.
 */
export function checkUrl(input: string | URL, rules: AddressRules): URL {
  const url = URL.parse(String(input));
  if (url === null || url.username !== "" || url.password !== "") throw new FetchRefused("url");
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new FetchRefused("scheme");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0) checkAddress(host, url.protocol, rules);
  url.hash = "";
  return url;
}

/** Throws `FetchRefused` unless this very address may be called in that scheme. */
export function checkAddress(address: string, protocol: string, rules: AddressRules): void {
  const verdict = rules.judge(address);
  if (verdict === "forbidden") throw new FetchRefused("address");
  if (verdict === "public" && protocol !== "https:") throw new FetchRefused("scheme");
}

/** Headers that are of one connection and never passed on [RFC 9110 §7.6.1]. */
const hopByHop = new Set([
  "connection",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const token = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
/** Visible characters, spaces, tabs and bytes above ASCII; no other control [RFC 9110 §5.5]. */
const fieldValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * The headers that go out, names in lower case. The host is the URL's, so one that a caller brings
 * is refused. Throws `FetchRefused`.
 */
export function checkHeaders(headers: OutgoingHeaders): Record<string, string | string[]> {
  const checked: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const key = name.toLowerCase();
    if (!isSendable(key, value) || key in checked) throw new FetchRefused("header");
    checked[key] = typeof value === "string" ? value : [...value];
  }
  return withoutHopByHop(checked);
}

/** The same for fields, whose names are in lower case already. Throws `FetchRefused`. */
export function checkFields(fields: Fields): Fields {
  let named = none;
  let hasHopByHop = false;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    const value = fields[index + 1]!;
    if (!isSendable(name, value)) throw new FetchRefused("header");
    if (name === "connection") named = namedIn(String(value));
    hasHopByHop ||= hopByHop.has(name);
  }
  if (!hasHopByHop) return fields;
  const kept: Field[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (!hopByHop.has(name) && !named.includes(name)) kept.push(name, fields[index + 1]!);
  }
  return kept;
}

function isSendable(name: string, value: string | readonly string[]): boolean {
  if (name === "host" || !token.test(name)) return false;
  return typeof value === "string"
    ? fieldValue.test(value)
    : value.every((one) => fieldValue.test(one));
}

/** What of an answer's headers goes on beyond this hop. */
export function keptFields(headers: Record<string, string | string[] | undefined>): Field[] {
  const named = namedIn(headers["connection"]);
  const kept: Field[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !hopByHop.has(name) && !named.includes(name)) kept.push(name, value);
  }
  return kept;
}

/** Also drops what the `Connection` header names. */
export function withoutHopByHop<Value extends string | string[] | undefined>(
  headers: Record<string, Value>,
): Record<string, Value> {
  const named = namedIn(headers["connection"]);
  const kept: Record<string, Value> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (!hopByHop.has(name) && !named.includes(name)) kept[name] = value;
  }
  return kept;
}

const none: readonly string[] = [];

function namedIn(connection: string | string[] | undefined): readonly string[] {
  // What nearly all say names nothing.
  if (connection === undefined || connection === "keep-alive" || connection === "close")
    return none;
  const names = String(connection).toLowerCase().split(",");
  return names.map((name) => name.trim());
}
