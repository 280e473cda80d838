import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { UsableConnection } from "../../datasources/known-connections.ts";
import type { Outbound } from "../../datasources/outbound.ts";
import { createDeparture, type Departure } from "../../fetch/departure.ts";
import type { Answer } from "../../fetch/exchange.ts";
import { keptFields, type Fields } from "../../fetch/outgoing-request.ts";
import { usingConnection, type ConnectionRoutes } from "../admin/connection-acts.ts";
import { idleMs, mayBeSilent, mustMove } from "./passed-answer.ts";
import { bodyOf, readStart } from "./proxied-body.ts";

/**
 * One request to the API behind a connection, with the token put in on the way, and its answer. Bodies
 * pass through in both directions as they are; nothing of them is kept, but for small ones that may have
 * to be sent again with a newer token.
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
}

/** What goes back to the caller. */
export interface ProxiedAnswer {
  answer: Answer;
  /** Of the API's head what may go on. */
  fields: Fields[number][];
}

/** When a renewed token was refused like the one before, renewing more of them helps nobody. */
const helplessMs = 60_000;
const helplessMax = 10_000;

/** Throws what keeps the connection from being used, as an answer of our API. */
export async function sendProxied(
  context: ProxyContext,
  request: ProxiedRequest,
): Promise<ProxiedAnswer> {
  const { incoming, response, tenantId, id, body } = request;
  const departure = createDeparture();
  response.once("close", () => {
    if (!response.writableFinished) departure.leave();
  });
  const machinery = await context.outbound();
  const asked: Asked = { context, machinery, request, body: undefined, departure };
  if (body !== undefined) {
    mayBeSilent(response);
    asked.body = await bodyOf(body, incoming.headers);
  }
  const { answer, accessToken } = await usingConnection(context, (freshTokens) =>
    sendWithToken(asked, (refused) => freshTokens.use(tenantId, id, refused)),
  );
  if (body !== undefined || asked.isSlow === true) mustMove(response);
  return { answer, fields: machinery.returnedFields(answer.fields(), accessToken) };
}

interface Asked {
  context: ProxyContext;
  machinery: Outbound;
  request: ProxiedRequest;
  body: Buffer | Readable | undefined;
  departure: Departure;
  /** The API lets the caller wait. */
  isSlow?: true;
}

type Use = (refusedToken?: string) => Promise<UsableConnection>;

interface Sent {
  answer: Answer;
  accessToken: string;
}

/** Once more with a newer token where the API says that this one has expired. */
async function sendWithToken(asked: Asked, use: Use): Promise<Sent> {
  const { context } = asked;
  const { helpless, system } = context;
  const usable = await use();
  const { accessToken } = usable;
  const { id } = usable.connection;
  const first = await send(asked, usable);
  if (!first.isExpired || (helpless.get(id) ?? 0) > system.elapsedMs()) {
    return { answer: first.answer, accessToken };
  }
  if (asked.body !== undefined && !Buffer.isBuffer(asked.body)) {
    noteHelpless(context, id);
    // It cannot be sent again, but the next request should find a better token.
    await use(accessToken).catch(() => undefined);
    return { answer: first.answer, accessToken };
  }
  first.answer.body.on("error", () => undefined).destroy();
  const renewed = await use(accessToken);
  const second = await send(asked, renewed);
  if (second.isExpired) noteHelpless(context, id);
  return { answer: second.answer, accessToken: renewed.accessToken };
}

function noteHelpless({ helpless, system }: ProxyContext, id: string): void {
  if (helpless.size >= helplessMax) helpless.clear();
  helpless.set(id, system.elapsedMs() + helplessMs);
}

async function send(
  asked: Asked,
  usable: UsableConnection,
): Promise<{ answer: Answer; isExpired: boolean }> {
  const { context, machinery, request, body, departure } = asked;
  const { headers, method = "GET" } = request.incoming;
  const host = headers["x-countersign-host"];
  const { origin, path, fields } = machinery.buildApiRequest(usable, {
    rest: request.rest,
    headers,
    host: typeof host === "string" ? host : undefined,
  });
  const { certificateAuthority, expiryMatchers } = usable.provider.settings;
  const answer = await context.fetch.pass({
    origin,
    path,
    method,
    fields: withBodyFields(fields, {
      length: isStreamed(body) ? headers["content-length"] : undefined,
      // What has to be looked into must be readable.
      isReadable: expiryMatchers.some((one) => one.body !== undefined),
    }),
    body,
    certificateAuthority,
    departure,
    idleMs,
    onSlow() {
      asked.isSlow = true;
      mayBeSilent(request.response);
    },
  });
  const { needsBody, isExpiryAnswer, bodyStartMax } = machinery;
  if (!needsBody(expiryMatchers, answer)) {
    return { answer, isExpired: isExpiryAnswer(expiryMatchers, answer) };
  }
  const { bodyStart, whole } = await readStart(answer.body, bodyStartMax);
  const { status, headers: answered } = answer;
  const seen = { status, headers: answered, bodyStart };
  return { answer: readAnswer(answer, whole), isExpired: isExpiryAnswer(expiryMatchers, seen) };
}

const isStreamed = (body: Asked["body"]): boolean => body !== undefined && !Buffer.isBuffer(body);

/** What is said of the body: in both directions. */
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

const without = (fields: Fields, name: string): Fields[number][] =>
  fields.filter((_, index) => fields[index - (index % 2)] !== name);

/** An answer whose body was begun to be read, from its beginning. */
const readAnswer = (answer: Answer, body: Readable): Answer => {
  const { status, headers } = answer;
  const fields = (): Fields => keptFields(headers);
  return { status, headers, fields, body, takeWhole: () => undefined };
};
