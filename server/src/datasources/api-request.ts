import type { Fields } from "../fetch/outgoing-request.ts";
import { fillUrl } from "./describe-provider.ts";
import type { UsableConnection } from "./known-connections.ts";
import { ProviderError } from "./protocol/provider-error.ts";
import { addAccessToken } from "./protocol/token-use.ts";

/** From a caller's request to the one that the API gets: where it goes, and what goes along. */

export interface AskedRequest {
  /** Path and query as they came, from the first slash on. */
  rest: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Another host than the base URL's, if the caller names one. */
  host: string | undefined;
}

type Field = Fields[number];

export interface ApiRequest {
  origin: string;
  /** With its query. */
  path: string;
  fields: Fields;
}

/** Throws `ProviderError` where there is no such place, or it may not have the token. */
export function buildApiRequest(usable: UsableConnection, asked: AskedRequest): ApiRequest {
  const plan = planOf(usable);
  if (plan !== undefined && asked.host === undefined && plainRest.test(asked.rest)) {
    const { origin, path, token } = plan;
    return { origin, path: path + asked.rest, fields: forwarded(asked.headers, token) };
  }
  const { provider, accessToken } = usable;
  const { baseUrl, base } = baseOf(usable);
  const target = asked.host === undefined ? below(base, asked.rest) : atHost(base, asked);
  const own = { ...provider.settings, ...(baseUrl === undefined ? {} : { baseUrl }) };
  const { profile } = provider;
  const { url, headers } = addAccessToken({ settings: own, profile }, target, accessToken);
  const { origin, pathname, search } = url;
  const token = Object.entries(headers).flat();
  return { origin, path: pathname + search, fields: forwarded(asked.headers, token) };
}

function baseOf({ provider, connection }: UsableConnection) {
  const { settings } = provider;
  const template = connection.apiBaseUrl ?? settings.baseUrl;
  const values = { ...settings.variables, ...connection.captured };
  const baseUrl = template === undefined ? undefined : fillUrl(template, values);
  return { baseUrl, base: baseUrl === undefined ? null : URL.parse(baseUrl) };
}

/** What is the same for every request below the base URL, with the token in a header. */
interface Plan extends Omit<ApiRequest, "fields"> {
  token: Fields;
}

const plans = new WeakMap<UsableConnection, Plan>();

/** As long as nothing about the connection changes: then there is another object for it. */
function planOf(usable: UsableConnection): Plan | undefined {
  const known = plans.get(usable);
  const { settings, profile } = usable.provider;
  if (known !== undefined || settings.addAccessTokenTo === "query") return known;
  const { base } = baseOf(usable);
  if (base === null || !/^https?:$/.test(base.protocol)) return undefined;
  const own = { settings: { ...settings, baseUrl: base.href }, profile };
  const { headers } = addAccessToken(own, base, usable.accessToken);
  const token = Object.entries(headers).flat();
  const plan = { origin: base.origin, path: pathOf(base), token };
  plans.set(usable, plan);
  return plan;
}

/** What the parser of URLs leaves as it is, and what leads nowhere but below: no segment begins with a dot. */
const plainRest = /^(?:\/[\w~:@+,=!$&*;-][\w.~:@+,=!$&*;-]*)+\/?(?:\?[\w.~&=%+,:;@/-]+)?$/;

const pathOf = (base: URL): string => base.pathname.replace(/\/+$/, "");

/** The host is never part of what is appended: dots, slashes and `@` stay within the path. */
function below(base: URL | null, rest: string): URL {
  if (base === null) throw new ProviderError("url_missing", { detail: "base_url" });
  const path = pathOf(base);
  const url = URL.parse(`${base.origin}${path}${rest}`);
  const isBelow = url?.pathname === path || url?.pathname.startsWith(`${path}/`) === true;
  if (url === null || url.origin !== base.origin || !isBelow) {
    throw new ProviderError("address_refused", { detail: "not below the base URL" });
  }
  return url;
}

function atHost(base: URL | null, { host = "", rest }: AskedRequest): URL {
  if (host === base?.host) return new URL(`${base.origin}${rest === "" ? "/" : rest}`);
  const url = /^[A-Za-z0-9.-]{1,253}$/.test(host) ? URL.parse(`https://${host}${rest}`) : null;
  if (url === null) throw new ProviderError("address_refused", { detail: "not a host name" });
  return url;
}

/**
 * What is about the caller and us, and nothing that the API should see: the credentials that came are
 * for us, and the browser's cookies and origin are ours.
 */
const isOurs = remembering(
  /^(authorization|cookie2?|set-cookie2?|x-api-key|host|content-length|forwarded|via|origin|referer|x-real-ip|x-forwarded-.*|sec-.*|x-countersign-.*|cf-.*|true-client-ip)$/,
);

function forwarded(headers: AskedRequest["headers"], token: Fields): Fields {
  const kept: (string | readonly string[])[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !isOurs(name)) kept.push(name, value);
  }
  kept.push(...token);
  return kept;
}

/**
 * What an API may say to a browser is about its own origin, and this answer comes from ours; its
 * cookies belong to nobody here.
 */
const isTheirs = remembering(
  /^(set-cookie2?|clear-site-data|service-worker-allowed|strict-transport-security|content-security-policy.*|x-frame-options|x-content-type-options|referrer-policy|cross-origin-.*|access-control-.*|origin-agent-cluster|alt-svc|report(ing-endpoints|-to)|nel|public-key-pins.*|refresh|x-request-id|x-countersign-.*|cache-control)$/,
);

/** Also without any header that repeats the token. */
export function returnedFields(fields: Fields, accessToken: string): Field[] {
  const kept: Field[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    const value = fields[index + 1]!;
    if (!isTheirs(name) && !repeats(value, accessToken)) kept.push(name, value);
  }
  return kept;
}

const repeats = (value: Field, accessToken: string): boolean =>
  typeof value === "string"
    ? value.includes(accessToken)
    : value.some((one) => one.includes(accessToken));

/**
 * Where a redirect leads is written in relation to the API [RFC 9110 §10.2.2]. Whoever follows it from here
 * would take it for a place of ours, and call that with their credentials for us. The query is left out of
 * where it leads from: the token may be in it.
 */
export function leadFromApi(fields: Field[], { origin, path }: Omit<ApiRequest, "fields">): void {
  const base = `${origin}${path.split("?", 1)[0]}`;
  for (let index = 0; index < fields.length; index += 2) {
    const place = fields[index + 1]!;
    if (fields[index] !== "location" || typeof place !== "string") continue;
    const url = URL.parse(place, base);
    if (url !== null) fields[index + 1] = url.href;
  }
}

const namesMax = 1_000;
const nameCharactersMax = 64;

/** Whether a name is one of these: the same few come again and again. */
function remembering(names: RegExp): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const answer = known.get(name);
    if (answer !== undefined) return answer;
    const isOne = names.test(name);
    if (known.size >= namesMax) known.clear();
    if (name.length <= nameCharactersMax) known.set(name, isOne);
    return isOne;
  };
}
