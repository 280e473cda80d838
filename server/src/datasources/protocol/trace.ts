import type { ProviderAnswer } from "./answer-document.ts";
import type { Parameter, ProviderRequest } from "./step-request.ts";

/**
 * An exchange as somebody can read, show and repeat it: a curl command with shell variables where
 * the secrets were, and an answer without its tokens.
 */

export interface Trace {
  curl: string;
  answer?: string;
}

/** Parameters whose values are shown; all others become variables. */
const shown = new Set([
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

/** Members of an answer whose values are shown as they are. */
const shownMembers =
  /^(token_type|expires?(_?in|_?at)?|scope|ok|success|status|error(_?(code|description|uri|type|subtype|message))?|errors|message|msg|code|type|refresh_token_expires_in|trace_?id|request_?id|correlation_id)$/i;

const answerCharactersMax = 2_000;

/** Redacts by what is known to be harmless, so that a secret of an unknown name stays out too. */
export function traceOf(request: ProviderRequest, answer?: ProviderAnswer): Trace {
  const secrets = secretsOf(request);
  const curl = removeSecrets(curlOf(request), secrets);
  if (answer === undefined) return { curl };
  return { curl, answer: removeSecrets(answerOf(answer), secrets) };
}

function curlOf({ method, headers, parts }: ProviderRequest): string {
  const { basic, format } = parts;
  const names = Object.keys(headers).filter((name) => name !== "authorization" || !basic);
  const headerLines = names.map((name) => {
    const isOwn = Object.hasOwn(parts.headers, name);
    return `-H ${quote(`${name}: ${isOwn ? variable(name) : headers[name]}`)}`;
  });
  const own = [...new URLSearchParams(parts.url.split("?").slice(1).join("?"))];
  const all = [...own, ...parts.query];
  const query = all.map((one) => `${encodeURIComponent(one[0])}=${valueOf(one)}`).join("&");
  const url = parts.url.split("?")[0]! + (query === "" ? "" : `?${query}`);
  const pieces = [
    `curl -X ${method} ${quote(url)}`,
    ...(basic ? [`-u ${quote(basicOf(basic))}`] : []),
    ...headerLines,
    ...(method === "POST" ? bodyOf(parts.body, format === "json") : []),
  ];
  return pieces.join(" ");
}

function bodyOf(body: readonly Parameter[], isJson: boolean): string[] {
  if (!isJson) return body.map((one) => `--data-urlencode ${quote(`${one[0]}=${valueOf(one)}`)}`);
  const members = Object.fromEntries(body.map((one) => [one[0], valueOf(one)]));
  return [`--data ${quote(JSON.stringify(members))}`];
}

/** A secret as the user name is one all the same, where the password is empty. */
function basicOf({ username, password }: { username: string; password: string }): string {
  return password === "" ? "$CLIENT_SECRET:" : `${username}:$CLIENT_SECRET`;
}

function valueOf([name, value]: Parameter): string {
  return shown.has(name) ? value : variable(name);
}

const variable = (name: string): string => `$${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}`;

/** Double quotes: the shell fills in the variables, and nothing else. */
function quote(text: string): string {
  const escaped = text.replace(/["\\`]/g, "\\$&").replace(/\$(?![A-Z])/g, "\\$");
  return `"${escaped}"`;
}

function answerOf({ status, headers, body }: ProviderAnswer): string {
  const type = String(headers["content-type"] ?? "no content type");
  return `${status} ${type}\n${bodyTextOf(body).slice(0, answerCharactersMax)}`;
}

function bodyTextOf(body: Buffer): string {
  const text = body.toString("utf8").replace(/^\ufeff/, "");
  try {
    return JSON.stringify(redacted(JSON.parse(text), false), undefined, 2);
  } catch {
    // Of a form only the names are harmless; of a page or of text whatever cannot be a token.
    return /^[\w.%+-]+=/.test(text) ? text.replace(/=[^&]*/g, "=…") : withoutTokens(text);
  }
}

/** Shape and kind stay, because they are what a fault is found by. `isShown`: what its name says. */
function redacted(value: unknown, isShown: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => redacted(one, isShown));
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(
      ([name, member]) => [name, redacted(member, shownMembers.test(name))] as const,
    );
    return Object.fromEntries(members);
  }
  if (typeof value !== "string") return value;
  return isShown ? withoutTokens(value) : `… (${value.length} characters)`;
}

/** Long runs without a space that are no word: in a text of a provider they may be anything. */
const withoutTokens = (text: string): string =>
  text.replace(/[\w.~+/=-]{16,}/g, (run) => (isWords(run) ? run : "…"));

/** `invalid_refresh_token`, `text/html`, a host name. */
const isWords = (run: string): boolean => /^[a-z]{1,24}([_./-][a-z]{1,24})*[./]?$/i.test(run);

/** A last look: a provider may repeat in an error what it was sent. */
function removeSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, "…");
  return clean;
}

function secretsOf({ parts }: ProviderRequest): string[] {
  const own = new URLSearchParams(parts.url.split("?").slice(1).join("?"));
  const hidden = [...own, ...parts.query, ...parts.body].filter(([name]) => !shown.has(name));
  const basic = parts.basic && [parts.basic.password || parts.basic.username];
  const values = [
    ...hidden.map(([, value]) => value),
    ...Object.values(parts.headers),
    ...(basic ?? []),
  ];
  const forms = values.flatMap((value) => [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ]);
  // Shorter ones are words such as `on`, which stand everywhere.
  return [...new Set(forms)]
    .filter((value) => value.length >= 6)
    .toSorted((a, b) => b.length - a.length);
}
