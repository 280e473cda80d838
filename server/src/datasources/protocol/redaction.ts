import type { ProviderAnswer } from "./answer-document.ts";
import type { Parameter, ProviderRequest } from "./step-request.ts";

/**
 * What may be shown of an exchange. Twice, because each alone has holes: by name, where only what is
 * known to be harmless is shown; and by value, where everything that was sent or received as a secret
 * is looked for wherever it may have been repeated, in every form that it may have been written in.
 */

/** Parameters of requests whose values are shown. */
export const shownParameters: ReadonlySet<string> = new Set([
  "access_type",
  "audience",
  "client_assertion_type",
  "client_id",
  "code_challenge_method",
  "duration",
  "grant_type",
  "prompt",
  "redirect_uri",
  "resource",
  "response_type",
  "scope",
  "token_type_hint",
]);

/** Members of an answer whose values are shown, but for secrets in their text. */
const shownMembers =
  /^(token_type|expires?(_?in|_?at)?|scope|ok|success|active|status|error(_?(code|description|uri|type|subtype|message))?|error_?message_?key|errors|message|msg|code|i18n_?code|type|refresh_token_expires_in|trace_?id|request_?id|correlation_id)$/i;
/** Members that are ids for the provider's support: long, mixed, and no secrets. */
const supportIds = /^(trace_?id|request_?id|correlation_id)$/i;

const secretName = /secret|token|code|verifier|assertion|passw|key|auth|cookie|session/i;
const hidden = "…";

/** Removes secrets from text that stands in the exchange. */
export type Redact = (text: string) => string;

/** `known`: secrets that this exchange may have touched, whether or not they were sent. */
export function redactionOf(
  request: ProviderRequest,
  answer?: ProviderAnswer,
  known: readonly string[] = [],
): Redact {
  const values = [
    ...secretsOf(request),
    ...(answer === undefined ? [] : receivedSecretsOf(answer)),
    ...known.filter((value) => value.length >= 4),
  ];
  const forms = [...new Set(values.flatMap(formsOf))].toSorted((a, b) => b.length - a.length);
  return (text) => forms.reduce((clean, form) => clean.replaceAll(form, hidden), text);
}

/** The longest first: a short one may be a part of a longer one. */
function formsOf(value: string): string[] {
  const encoded = encodeURIComponent(value);
  const form = new URLSearchParams([["", value]]).toString().slice(1);
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value).toString("base64");
  const html = value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
  const bare = base64.replace(/=+$/, "");
  const encodings = [bare, bare.replaceAll("+", "-").replaceAll("/", "_")];
  const written = [encoded, form, lower(encoded), lower(form), json, json.replaceAll("/", "\\/")];
  return [value, ...written, html, ...(value.length < 6 ? [] : encodings)];
}

const lower = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());

function secretsOf({ headers, parts }: ProviderRequest): string[] {
  const inUrl = [...(URL.parse(parts.url)?.searchParams ?? [])] as Parameter[];
  const named = [...parts.query, ...parts.body, ...inUrl].filter(
    ([name]) => !shownParameters.has(name),
  );
  const { basic } = parts;
  const password = basic && (basic.password || basic.username);
  const authorization = headers["authorization"] ?? "";
  const own = Object.entries(parts.headers);
  return [
    ...[...named, ...own].filter(isSecretEnough).map(([, value]) => value),
    ...own.map(([, value]) => value.replace(/^[A-Za-z]+ /, "")).filter((text) => text.length >= 6),
    ...(password === undefined || password === "" ? [] : [password, formDecoded(password)]),
    ...(authorization === "" ? [] : [authorization.replace(/^[A-Za-z]+ /, "")]),
  ].filter((value) => value.length >= 4);
}

/** Short values of harmless names are words such as `on`, which stand everywhere. */
const isSecretEnough = ([name, value]: Parameter): boolean =>
  value.length >= (secretName.test(name) ? 4 : 6);

/** What stands in Basic may be form-encoded [RFC 6749 §2.3.1]; the secret itself is not. */
function formDecoded(text: string): string {
  return new URLSearchParams(`x=${text}`).get("x") ?? text;
}

/** Enough for any answer of a token endpoint; what is longer is not shown at all. */
const bodyBytesMax = 16 * 1024;
const receivedMax = 200;
const depthMax = 12;

function receivedSecretsOf({ body, headers }: ProviderAnswer): string[] {
  const cookies = [headers["set-cookie"] ?? []].flat().flatMap(cookieValues);
  if (body.length > bodyBytesMax) return cookies;
  const text = textOf(body);
  const json = parseJson(text);
  const pairs: Parameter[] = [];
  if (json !== undefined) collect(["", json.value], pairs, 0);
  else if (isForm(text)) pairs.push(...new URLSearchParams(text.trim()));
  const found = pairs.filter(([name]) => !shownMembers.test(name)).filter(isReceivedSecret);
  return [...cookies, ...found.map(([, value]) => value)].slice(0, receivedMax);
}

/** Other members are names and places, which may stand in the request as well. */
const isReceivedSecret = ([name, value]: Parameter): boolean =>
  secretName.test(name) || name === "" ? value.length >= 4 : /^(?=.*\d)[!-~]{16,}$/.test(value);

function cookieValues(cookie: string): string[] {
  const [, value = ""] = /^[^=;]*=([^;]*)/.exec(cookie) ?? [];
  return value.length < 4 ? [] : [value];
}

function collect([name, value]: [string, unknown], found: Parameter[], depth: number): void {
  if (typeof value === "string") found.push([name, value]);
  if (typeof value !== "object" || value === null || depth > depthMax) return;
  for (const [inner, one] of Object.entries(value)) {
    collect([Array.isArray(value) ? name : inner, one], found, depth + 1);
  }
}

const textOf = (body: Buffer): string => body.toString("utf8").replace(/^\ufeff/, "");

const isForm = (text: string): boolean => /^[\w.%+[\]-]+=[^\s<>{}]*$/.test(text.trim());

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** The body of an answer by the names in it; whatever form it has. */
export function shownBodyOf(body: Buffer): string {
  if (body.length > bodyBytesMax) return `(${body.length} bytes)`;
  const text = textOf(body);
  const json = parseJson(text);
  if (json !== undefined) return JSON.stringify(redactMember("", json.value, 0), undefined, 2);
  if (/^\s*[[{]/.test(text)) return redactBrokenJson(text);
  if (!isForm(text)) return redactText(wordsOf(text));
  return text.trim().split("&").map(redactPair).join("&");
}

/** Of a page what a person reads: fields and links have tokens in them. */
const wordsOf = (text: string): string =>
  /<\w/.test(text)
    ? text
        .replace(/<(script|style)\b[^]*?<\/\1>/gi, " ")
        .replace(/<[^>]*(>|$)/g, " ")
        .replace(/\s+/g, " ")
    : text;

/** Cut off or wrong: which value has which name is a guess, so no text that is a value is shown. */
function redactBrokenJson(text: string): string {
  const withoutValues = text.replace(/"(?:[^"\\]|\\.)*(?:"(?!\s*:)|$)/g, `"${hidden}"`);
  return redactText(withoutValues);
}

function redactPair(pair: string): string {
  const [name = "", ...rest] = pair.split("=");
  return shownMembers.test(name) ? `${name}=${redactText(rest.join("="))}` : `${name}=${hidden}`;
}

/** Shape and kind stay, because they are what a fault is found by. Members of a list have its name. */
function redactMember(name: string, value: unknown, depth: number): unknown {
  if (typeof value === "object" && value !== null) {
    if (depth > depthMax) return hidden;
    if (Array.isArray(value)) return value.map((one) => redactMember(name, one, depth + 1));
    const members = Object.entries(value).map(([inner, one]) => [
      redactText(inner),
      redactMember(inner, one, depth + 1),
    ]);
    return Object.fromEntries(members);
  }
  if (typeof value === "number" && !shownMembers.test(name) && secretName.test(name)) return hidden;
  if (typeof value !== "string") return value;
  if (supportIds.test(name)) return value.slice(0, 100);
  if (shownMembers.test(name)) return redactText(value);
  return `${hidden} (${value.length} characters)`;
}

const namedInText =
  /([\w-]{0,40}(?:secret|token|code|verifier|assertion|passw|key|authorization|cookie|session|bearer|basic)[\w-]{0,40})(["']?\s*(?:[:=]|%3D)\s*["']?|\s+)((?:Bearer|Basic)\s+)?([^\s"'&,;<>(){}]+)/gi;
const urlOrRun = /(https?:\/\/[^\s"'<>]+)|[\w~+/=.%-]{16,}/g;

/**
 * Text by the look of what is in it: `token=…`, `Bearer …`, and long runs of letters and digits, which
 * in text for people stand nowhere else.
 */
export function redactText(text: string): string {
  return text
    .replace(namedInText, (...found: string[]) => {
      const [whole, name, between = "", , value = ""] = found;
      // "The code has expired" is a sentence; "code abc123" is not.
      const isSentence = /^\s+$/.test(between) && !/\d/.test(value);
      return isSentence ? whole! : `${name}${between}${hidden}`;
    })
    .replace(urlOrRun, (run, url: string | undefined) => {
      if (url !== undefined) return withoutQuery(url);
      return /\d/.test(run) && /[A-Za-z]/.test(run) ? hidden : run;
    });
}

const withoutQuery = (url: string): string => url.replace(/[?#].*$/, `?${hidden}`);
