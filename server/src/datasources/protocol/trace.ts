import type { ProviderAnswer } from "./answer-document.ts";
import { redactionOf, redactText, shownBodyOf, shownParameters, type Redact } from "./redaction.ts";
import type { BasicParts, Parameter, ProviderRequest } from "./step-request.ts";

/**
 * An exchange as somebody can read, show and repeat it: a curl command with shell variables where
 * the secrets were, and an answer without its tokens.
 */

export interface Trace {
  method: string;
  url: string;
  /** What was sent, with `$NAME` for what is not shown. */
  headers: Readonly<Record<string, string>>;
  body?: string;
  curl: string;
  status?: number;
  /** The status line, headers that say something about a fault, and the body. */
  answer?: string;
}

const answerCharactersMax = 2_000;

/**
 * `known`: secrets that belong to the exchange, wherever they appear: a client secret that was not
 * sent, tokens that are held.
 */
export function traceOf(
  request: ProviderRequest,
  answer?: ProviderAnswer,
  known: readonly string[] = [],
): Trace {
  const redact = redactionOf(request, answer, known);
  const show = (text: string): string => redact(text).replace(marked, "$$$1");
  const body = request.method === "POST" ? bodyOf(request) : undefined;
  return {
    method: request.method,
    url: show(urlOf(request)),
    headers: Object.fromEntries(headersOf(request).map(([name, value]) => [name, show(value)])),
    ...(body === undefined ? {} : { body: show(body.join("&")) }),
    curl: unmark(redact(curlOf(request))),
    ...(answer === undefined ? {} : { status: answer.status, answer: answerOf(answer, redact) }),
  };
}

function curlOf(request: ProviderRequest): string {
  const { method, parts } = request;
  const { basic, format } = parts;
  const headers = headersOf(request).filter(([name]) => name !== "authorization" || !basic);
  const option = format === "json" ? "--data" : "--data-urlencode";
  const body = method === "POST" ? bodyOf(request) : [];
  return [
    `curl -X ${method} ${quote(urlOf(request))}`,
    ...(basic ? [`-u ${quote(basicOf(basic))}`] : []),
    ...headers.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...body.map((one) => `${option} ${quote(one)}`),
  ].join(" ");
}

/** The URL as configured may have a query, and secrets in it. */
function urlOf({ parts }: ProviderRequest): string {
  const [path = "", own = ""] = parts.url.split("?", 2);
  const fixed = [...new URLSearchParams(own)];
  const query = [...fixed, ...parts.query].map(
    ([name, value]) =>
      `${encodeURIComponent(name)}=${shownParameters.has(name) ? encodeURIComponent(value) : variable(name)}`,
  );
  return query.length === 0 ? path : `${path}?${query.join("&")}`;
}

/** Values that came from the settings may be secret; so may any `authorization`. */
function headersOf({ headers, parts }: ProviderRequest): Parameter[] {
  return Object.entries(headers).map(([name, value]): Parameter => {
    if (name === "authorization" && parts.basic) return [name, `Basic ${basicOf(parts.basic)}`];
    const isHidden = Object.hasOwn(parts.headers, name) || /^(authorization|cookie)$/i.test(name);
    return [name, isHidden ? variable(name) : value];
  });
}

/** Of a form each parameter; of JSON one text. */
function bodyOf({ parts }: ProviderRequest): string[] {
  const { body, format } = parts;
  if (body.length === 0) return [];
  if (format !== "json") return body.map((one) => `${one[0]}=${valueOf(one)}`);
  return [JSON.stringify(Object.fromEntries(body.map((one) => [one[0], valueOf(one)])))];
}

/**
 * A secret as the user name is one all the same, where the password is empty. Its variable is named after what
 * has to be in it: curl encodes nothing there.
 */
function basicOf({ username, password, isEncoded }: BasicParts): string {
  const secret = variable(isEncoded ? "client_secret_form_encoded" : "client_secret");
  return password === "" ? `${secret}:` : `${username}:${secret}`;
}

const valueOf = ([name, value]: Parameter): string =>
  shownParameters.has(name) ? value : variable(name);

/** Marked, so that a `$` of somebody else's is no variable when the command is run. */
const variable = (name: string): string => `⟦${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}⟧`;
const marked = /⟦([A-Z0-9_]+)⟧/g;

/** Double quotes: the shell fills in the variables, and nothing else. */
const quote = (text: string): string => `"${text.replace(/["\\`$]/g, "\\$&")}"`;
const unmark = (text: string): string => text.replace(marked, "$$$1");

const shownHeaders = ["content-type", "www-authenticate", "location", "retry-after"];

/** Cut at the end, so that no half of a secret is left that nothing recognizes. */
function answerOf({ status, headers, body }: ProviderAnswer, redact: Redact): string {
  const lines = shownHeaders.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [`${name}: ${redactText(redact(String(value)))}`];
  });
  const shown = redact(shownBodyOf(body)).slice(0, answerCharactersMax);
  return [String(status), ...lines, "", shown].join("\n");
}
