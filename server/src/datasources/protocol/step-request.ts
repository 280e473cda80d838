import { createHmac } from "node:crypto";
import { fillUrl } from "../describe-provider.ts";
import type { BodyFormat, NamedValue, Provider, Step, StepRules } from "../provider.ts";
import { ProviderError } from "./provider-error.ts";

/** From named parameters to the bytes of a request, by the rules of one step. */

export type Parameter = readonly [name: string, value: string];

/** A request that is ready to be sent, and its parts, from which a trace can be made. */
export interface ProviderRequest {
  step: Step;
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body?: string;
  certificateAuthority?: string | undefined;
  parts: RequestParts;
}

export interface RequestParts {
  /** Without what `query` adds to it. */
  url: string;
  query: readonly Parameter[];
  body: readonly Parameter[];
  format: BodyFormat;
  basic?: BasicParts | undefined;
  /** Those that came from the settings or the profile: their values may be secret. */
  headers: Readonly<Record<string, string>>;
}

/** What stands in Basic, encoded as it is sent. */
export interface BasicParts {
  username: string;
  password: string;
  /** The password is not the secret as it was given. */
  isEncoded: boolean;
}

/** What the credentials of the client add to a request. */
export interface Credentials {
  parameters: readonly Parameter[];
  basic?: BasicParts & { header: string };
}

export interface StepInput {
  step: Step;
  url: string;
  rules: StepRules | undefined;
  parameters: readonly (Parameter | undefined)[];
  credentials: Credentials;
  customParameters: readonly NamedValue[];
  customHeaders: readonly NamedValue[];
  /** What `{name}` in the profile's parameters may stand for. */
  values: Readonly<Record<string, string | undefined>>;
}

/** Throws `ProviderError` with `config_error`. */
export function buildStep(provider: Provider, input: StepInput): ProviderRequest {
  const { settings } = provider;
  const rules = input.rules ?? {};
  const format = rules.bodyFormat ?? formatOf(provider);
  const parameters = stepParameters(input);
  const isInQuery = ([name]: Parameter): boolean =>
    format === "query" || (rules.inQuery?.includes(name) ?? false);
  const query = parameters.filter(isInQuery);
  const body = parameters.filter((parameter) => !isInQuery(parameter));
  const url = stepUrl(provider, rules.url ?? input.url);
  const method = rules.method ?? "POST";
  const sent = method === "POST" ? encodeBody(body, format) : undefined;
  const own = {
    ...filledHeaders(input),
    ...named(input.customHeaders),
    ...signatureOf(provider, input, sent),
  };
  return {
    step: input.step,
    method,
    url: withQuery(url, query),
    headers: headersOf(input.credentials, method === "POST" ? format : "query", own),
    ...(sent !== undefined && { body: sent }),
    certificateAuthority: settings.certificateAuthority,
    parts: { url, query, body, format, basic: input.credentials.basic, headers: own },
  };
}

/** Credentials in JSON mean that the whole body is JSON. */
function formatOf({ settings }: Provider): BodyFormat {
  return settings.clientAuthentication === "json" ? "json" : settings.bodyFormat;
}

function stepUrl({ settings }: Provider, template: string): string {
  if (template === "") throw new ProviderError("url_missing");
  return fillUrl(template, settings.variables);
}

/** Standard ones, then the client's, then the profile's, then the administrator's. */
function stepParameters(input: StepInput): Parameter[] {
  const { rules = {}, values } = input;
  const fixed = Object.entries(rules.parameters ?? {}).map(([name, template]): Parameter => [
    name,
    fillValue(template, values),
  ]);
  const custom = input.customParameters.map(({ key, value }): Parameter => [key, value]);
  const standard = input.parameters.filter((parameter) => parameter !== undefined);
  return replaceParameters([...standard, ...input.credentials.parameters], [...fixed, ...custom])
    .filter(([name]) => !(rules.omit?.includes(name) ?? false))
    .map(([name, value]): Parameter => [renamed(name, rules), value]);
}

function renamed(name: string, { renames = {} }: StepRules): string {
  return Object.hasOwn(renames, name) ? renames[name]! : name;
}

/** What is given later stands in the place of what has its name, so that nothing occurs twice. */
export function replaceParameters(
  standard: readonly Parameter[],
  later: readonly Parameter[],
): Parameter[] {
  const replaced = new Set(later.map(([name]) => name));
  return [...standard.filter(([name]) => !replaced.has(name)), ...later];
}

export function fillValue(
  template: string,
  values: Readonly<Record<string, string | undefined>>,
): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? "") : whole,
  );
}

function headersOf(
  { basic }: Credentials,
  format: BodyFormat,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const contentType = {
    form: { "content-type": "application/x-www-form-urlencoded" },
    json: { "content-type": "application/json" },
    query: {},
  }[format];
  const authorization = basic === undefined ? {} : { authorization: basic.header };
  // Asked for everywhere: some providers answer forms unless somebody wants JSON.
  return { accept: "application/json", ...contentType, ...authorization, ...own };
}

function filledHeaders({ rules, values }: StepInput): Record<string, string> {
  const filled = Object.entries(rules?.headers ?? {}).map(([name, template]) => [
    name,
    fillValue(template, values),
  ]);
  return Object.fromEntries(filled);
}

/** The last thing that is said: nothing that it covers changes any more. */
function signatureOf(
  { settings }: Provider,
  { rules, values }: StepInput,
  body = "",
): Record<string, string> {
  const { signature } = rules ?? {};
  if (signature === undefined) return {};
  const hmac = createHmac("sha256", settings.clientSecret ?? "");
  hmac.update(fillValue(signature.over, { ...values, body }));
  return { [signature.header]: hmac.digest("hex") };
}

function named(values: readonly NamedValue[]): Record<string, string> {
  return Object.fromEntries(values.map(({ key, value }) => [key.toLowerCase(), value]));
}

/** Without parameters there is no body, not even an empty object. */
function encodeBody(parameters: readonly Parameter[], format: BodyFormat): string {
  if (parameters.length === 0) return "";
  return format === "json" ? encodeJson(parameters) : encodeForm(parameters);
}

/** [RFC 6749 §B]: spaces become `+`, everything else that is not plain is percent-encoded UTF-8. */
export function encodeForm(parameters: readonly Parameter[]): string {
  return new URLSearchParams(parameters.map(([name, value]) => [name, value])).toString();
}

function encodeJson(parameters: readonly Parameter[]): string {
  const names = [...new Set(parameters.map(([name]) => name))];
  const members = names.map((name) => {
    const values = parameters.filter(([one]) => one === name).map(([, value]) => value);
    return [name, values.length === 1 ? values[0] : values] as const;
  });
  return JSON.stringify(Object.fromEntries(members));
}

/** The configured URL may have a query of its own, which stays [RFC 6749 §3.2]. */
export function withQuery(url: string, query: readonly Parameter[]): string {
  if (query.length === 0) return url;
  return url + (url.includes("?") ? "&" : "?") + encodeForm(query);
}
