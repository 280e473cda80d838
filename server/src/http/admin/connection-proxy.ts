import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { UsableConnection } from "../../datasources/refresh.ts";
import type { Answer } from "../../fetch/exchange.ts";
import { notFound } from "../../errors/admin-error.ts";
import { usingConnection, type ConnectionRoutes } from "./connection-acts.ts";
import { passOn } from "./passed-answer.ts";
import { bodyOf, readStart } from "./proxied-body.ts";
import type { AdminServer } from "./route.ts";

/**
 * `/v2/connections/{id}/proxy/…`: a request to the API behind a connection, with the token put in on
 * the way. Bodies pass through in both directions as they are; nothing of them is kept, but for small
 * ones that may have to be sent again with a newer token.
 */

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/** Events of a stream may be far apart. */
const idleMs = 15 * 60_000;
/** When a renewed token was refused like the one before, renewing more of them helps nobody. */
const helplessMs = 60_000;
const helplessMax = 10_000;

export function registerConnectionProxy(server: AdminServer, context: ConnectionRoutes): void {
  const helpless = new Map<string, number>();
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, parsed) => parsed(null, payload));
    for (const url of ["/connections/:id/proxy", "/connections/:id/proxy/*"]) {
      scope.route({
        method: methods,
        url,
        exposeHeadRoute: false,
        config: { permission: "connections:use" },
        schema: { hide: true },
        handler: async (request, reply) => serve({ ...context, helpless }, request, reply),
      });
    }
    done();
  });
}

type ProxyContext = ConnectionRoutes & { helpless: Map<string, number> };

async function serve(
  context: ProxyContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id } = request.params as { id: string };
  const [, rest] = /^\/v2\/connections\/[^/?]+\/proxy((?:[/?].*)?)$/.exec(request.raw.url!) ?? [];
  if (rest === undefined) throw notFound(id);
  const gone = new AbortController();
  // An abort makes an error with a stack, which an answer that is complete need not pay for.
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  request.raw.socket.setTimeout(idleMs);
  const body = await bodyOf(request);
  const sent = await usingConnection(context, (freshTokens) =>
    sendWithToken(context, { request, rest, body, signal: gone.signal }, (refused) =>
      freshTokens.use(request.caller.actor.tenantId, id, refused),
    ),
  );
  const { returnedHeaders } = await context.outbound();
  return passOn(reply, sent.answer, returnedHeaders(sent.answer.headers, sent.accessToken));
}

interface Asked {
  request: FastifyRequest;
  rest: string;
  body: Buffer | Readable | undefined;
  signal: AbortSignal;
}

type Use = (refusedToken?: string) => Promise<UsableConnection>;

/** Once more with a newer token where the API says that this one has expired. */
async function sendWithToken(
  context: ProxyContext,
  asked: Asked,
  use: Use,
): Promise<{ answer: Answer; accessToken: string }> {
  const { helpless, system } = context;
  const usable = await use();
  const { accessToken } = usable;
  const { id } = usable.connection;
  const first = await send(context, asked, usable);
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
  const second = await send(context, asked, renewed);
  if (second.isExpired) noteHelpless(context, id);
  return { answer: second.answer, accessToken: renewed.accessToken };
}

function noteHelpless({ helpless, system }: ProxyContext, id: string): void {
  if (helpless.size >= helplessMax) helpless.clear();
  helpless.set(id, system.elapsedMs() + helplessMs);
}

async function send(
  { fetch, outbound }: ProxyContext,
  { request, rest, body, signal }: Asked,
  { provider, connection, accessToken }: UsableConnection,
): Promise<{ answer: Answer; isExpired: boolean }> {
  const { buildApiRequest, isExpiryAnswer, needsBody, bodyStartMax } = await outbound();
  const { headers, method } = request;
  const host = headers["x-countersign-host"];
  const built = buildApiRequest(provider, connection, accessToken, {
    rest,
    headers,
    host: typeof host === "string" ? host : undefined,
  });
  const { certificateAuthority, expiryMatchers } = provider.settings;
  const length = headers["content-length"];
  const isStreamed = body !== undefined && !Buffer.isBuffer(body) && length !== undefined;
  const answer = await fetch.stream({
    url: built.url,
    method,
    headers: {
      ...built.headers,
      ...(isStreamed ? { "content-length": length } : {}),
      // What has to be looked into must be readable.
      ...(expiryMatchers.some((one) => one.body !== undefined)
        ? { "accept-encoding": "identity" }
        : {}),
    },
    body,
    certificateAuthority,
    signal,
    idleMs,
  });
  if (!needsBody(expiryMatchers, answer)) {
    return { answer, isExpired: isExpiryAnswer(expiryMatchers, answer) };
  }
  const { bodyStart, whole } = await readStart(answer.body, bodyStartMax);
  const isExpired = isExpiryAnswer(expiryMatchers, { ...answer, bodyStart });
  const { status, headers: answered } = answer;
  const passed = { status, headers: answered, body: whole, takeWhole: () => undefined };
  return { answer: passed, isExpired };
}
