import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { ApiRequest } from "../../datasources/api-request.ts";
import type { UsableConnection } from "../../datasources/known-connections.ts";
import type { Outbound } from "../../datasources/outbound.ts";
import type { FreshTokens } from "../../datasources/refresh.ts";
import { Departure } from "../../fetch/departure.ts";
import type { Answer } from "../../fetch/exchange.ts";
import { FetchFailed } from "../../fetch/fetch-error.ts";
import {
  keptFields,
  type Field,
  type Fields,
  type PassedRequest,
} from "../../fetch/outgoing-request.ts";
import { takesItsTime } from "../long-uploads.ts";
import { refusalOf, usingConnection, type ConnectionRoutes } from "../admin/connection-acts.ts";
import { idleMs, mayBeSilent, mustMove } from "./passed-answer.ts";
import { bodyOf, readStart } from "./proxied-body.ts";

/**
 * One request to the API behind a connection, with the token put in on the way, and its answer. Bodies
 * pass through in both directions as they are; nothing of them is kept, but for small ones that may have
 * to be sent again with a newer token.
 *
 * Most requests need nothing but what is in memory, and then no promise is made before the answer is
 * there: a function that waits costs more than what it does.
 */

export interface ProxiedRequest {
  incoming: IncomingMessage;
  response: ServerResponse;
  tenantId: string;
  /** Of the connection. */
  id: string;
  /** Path and query as they came, from behind `/proxy`. */
  rest: string;
  /** What came with it; `undefined` for none. */
  body: Readable | undefined;
}

export interface ProxyContext extends ConnectionRoutes {
  /** Connections whose renewed token was refused like the one before, and until when that is so. */
  helpless: Map<string, number>;
  /** What is behind the door, once somebody has gone through. */
  opened?: Opened;
}

interface Opened {
  machinery: Outbound;
  freshTokens: FreshTokens;
}

/** Whoever answers the caller. */
export interface ProxyReceiver {
  /** `fields`: of the API's head what may go on. Throws what Node says of a head that cannot be sent. */
  onAnswer(answer: Answer, fields: Field[]): void;
  /** What keeps the connection from being used, as an answer of our API. */
  onFailure(error: unknown): void;
}

/** When a renewed token was refused like the one before, renewing more of them helps nobody. */
const helplessMs = 60_000;
const helplessMax = 10_000;

export function sendProxied(
  context: ProxyContext,
  request: ProxiedRequest,
  receiver: ProxyReceiver,
): void {
  const { response, tenantId, id, body } = request;
  const departure = new Departure();
  response.on("close", () => {
    if (!response.writableFinished) departure.leave();
  });
  const { opened } = context;
  const usable = body === undefined ? opened?.freshTokens.peek(tenantId, id) : undefined;
  const asked: Asked = { context, opened: opened!, request, body: undefined, departure };
  if (usable === undefined || looksIntoBodies(usable)) return void sendSoon(asked, receiver);
  try {
    sendAtOnce(asked, usable, receiver);
  } catch (error) {
    fail(context, error, receiver);
  }
}

interface Asked {
  context: ProxyContext;
  opened: Opened;
  request: ProxiedRequest;
  body: Buffer | Readable | undefined;
  departure: Departure;
  /** The API lets the caller wait. */
  isSlow?: true;
}

function sendAtOnce(asked: Asked, usable: UsableConnection, receiver: ProxyReceiver): void {
  const { context, opened } = asked;
  context.fetch.pass(toPassed(asked, usable), {
    onAnswer(answer) {
      const { expiryMatchers } = usable.provider.settings;
      if (opened.machinery.isExpiryAnswer(expiryMatchers, answer)) {
        const first = { answer, usable, isExpired: true };
        return void sendSoon(asked, receiver, first);
      }
      answered(asked, { answer, usable }, receiver);
    },
    onFailure: (error) => fail(context, error, receiver),
    onSlow: () => isSlow(asked),
  });
}

function isSlow(asked: Asked): void {
  asked.isSlow = true;
  mayBeSilent(asked.request.response);
}

function answered(
  asked: Asked,
  { answer, usable }: Pick<Sent, "answer" | "usable">,
  receiver: ProxyReceiver,
): void {
  const { context, opened, request, isSlow, body } = asked;
  if (body !== undefined || isSlow === true) mustMove(request.response);
  const fields = opened.machinery.returnedFields(answer.fields(), usable.accessToken);
  if (answer.status >= 300 && answer.status < 400) {
    opened.machinery.leadFromApi(fields, toApiRequest(asked, usable));
  }
  try {
    receiver.onAnswer(answer, fields);
  } catch (error) {
    answer.body.on("error", () => undefined).destroy();
    fail(context, new FetchFailed("malformed_answer", "after_sending", error), receiver);
  }
}

function fail(context: ProxyContext, error: unknown, { onFailure }: ProxyReceiver): void {
  void refusalOf(context, error).then(onFailure, onFailure);
}

/** `first`: how it went when it was sent at once. */
async function sendSoon(asked: Asked, receiver: ProxyReceiver, first?: Sent): Promise<void> {
  const { context, request } = asked;
  const { tenantId, id, body, response, incoming } = request;
  try {
    if (body !== undefined) {
      mayBeSilent(response);
      takesItsTime(incoming);
      asked.body = await bodyOf(body, incoming.headers);
    }
    const machinery = await context.outbound();
    const sent = await usingConnection(context, (freshTokens) => {
      context.opened = { machinery, freshTokens };
      asked.opened = context.opened;
      const use: Use = (refused) => freshTokens.use(tenantId, id, refused);
      return sendWithToken(asked, use, first);
    });
    answered(asked, sent, receiver);
  } catch (error) {
    receiver.onFailure(error);
  }
}

type Use = (refusedToken?: string) => Promise<UsableConnection>;

interface Sent {
  answer: Answer;
  usable: UsableConnection;
  isExpired: boolean;
}

/** Once more with a newer token where the API says that this one has expired. */
async function sendWithToken(asked: Asked, use: Use, sent?: Sent): Promise<Sent> {
  const { helpless, system } = asked.context;
  const first = sent ?? (await send(asked, await use()));
  const { id } = first.usable.connection;
  const { accessToken } = first.usable;
  if (!first.isExpired || (helpless.get(id) ?? 0) > system.elapsedMs()) return first;
  if (isStreamed(asked.body)) {
    noteHelpless(asked.context, id);
    // It cannot be sent again, but the next request should find a better token.
    await use(accessToken).catch(() => undefined);
    return first;
  }
  first.answer.body.on("error", () => undefined).destroy();
  const second = await send(asked, await use(accessToken));
  if (second.isExpired) noteHelpless(asked.context, id);
  return second;
}

function noteHelpless({ helpless, system }: ProxyContext, id: string): void {
  if (helpless.size >= helplessMax) helpless.clear();
  helpless.set(id, system.elapsedMs() + helplessMs);
}

async function send(asked: Asked, usable: UsableConnection): Promise<Sent> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const onSlow = (): void => isSlow(asked);
  const receiver = { onAnswer: resolve, onFailure: reject, onSlow };
  asked.context.fetch.pass(toPassed(asked, usable), receiver);
  const answer = await promise;
  const { expiryMatchers } = usable.provider.settings;
  const { needsBody, isExpiryAnswer, bodyStartMax } = asked.opened.machinery;
  if (!needsBody(expiryMatchers, answer)) {
    return { answer, usable, isExpired: isExpiryAnswer(expiryMatchers, answer) };
  }
  const { bodyStart, whole } = await readStart(answer.body, bodyStartMax);
  const { status, headers } = answer;
  const isExpired = isExpiryAnswer(expiryMatchers, { status, headers, bodyStart });
  return { answer: readAnswer(answer, whole), usable, isExpired };
}

/** Throws `ProviderError`. */
function toApiRequest({ opened, request }: Asked, usable: UsableConnection): ApiRequest {
  const { headers } = request.incoming;
  const host = headers["x-countersign-host"];
  return opened.machinery.buildApiRequest(usable, {
    rest: request.rest,
    headers,
    host: typeof host === "string" ? host : undefined,
  });
}

/** Throws `ProviderError`. */
function toPassed(asked: Asked, usable: UsableConnection): PassedRequest {
  const { request, body, departure } = asked;
  const { headers, method = "GET" } = request.incoming;
  const { origin, path, fields } = toApiRequest(asked, usable);
  const length = isStreamed(body) ? headers["content-length"] : undefined;
  const isReadable = looksIntoBodies(usable);
  return {
    origin,
    path,
    method,
    fields: withBodyFields(fields, { length, isReadable }),
    body,
    certificateAuthority: usable.provider.settings.certificateAuthority,
    departure,
    idleMs,
  };
}

const isStreamed = (body: Asked["body"]): body is Readable =>
  body !== undefined && !Buffer.isBuffer(body);

const looksIntoBodies = ({ provider }: UsableConnection): boolean =>
  provider.settings.expiryMatchers.some(({ body }) => body !== undefined);

/** `isReadable`: what has to be looked into must be. */
function withBodyFields(
  fields: Fields,
  { length, isReadable }: { length: string | undefined; isReadable: boolean },
): Fields {
  if (length === undefined && !isReadable) return fields;
  const kept = isReadable ? without(fields, "accept-encoding") : [...fields];
  if (length !== undefined) kept.push("content-length", length);
  if (isReadable) kept.push("accept-encoding", "identity");
  return kept;
}

const without = (fields: Fields, name: string): Field[] =>
  fields.filter((_, index) => fields[index - (index % 2)] !== name);

/** An answer whose body was begun to be read, from its beginning. */
function readAnswer({ status, headers }: Answer, body: Readable): Answer {
  return {
    status,
    headers,
    fields: () => keptFields(headers),
    body,
    takeWhole: () => undefined,
  };
}
