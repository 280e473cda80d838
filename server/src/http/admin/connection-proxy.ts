import type { FastifyReply, FastifyRequest } from "fastify";
import { notFound } from "../../errors/admin-error.ts";
import { hasBody } from "../proxy/entrance.ts";
import { passOn } from "../proxy/passed-answer.ts";
import { sendProxied, type ProxyContext } from "../proxy/proxied-request.ts";
import type { AdminServer } from "./route.ts";

/**
 * `/v2/connections/{id}/proxy/…` as a route like others: what `proxy/entrance.ts` leaves, be it that the
 * address is written in an unusual way, or that there is something to refuse.
 */

export interface ProxyRoutes {
  proxy: ProxyContext;
  /** What goes with every answer, as names and values in turn. */
  ownFields: readonly string[];
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export function registerConnectionProxy(server: AdminServer, routes: ProxyRoutes): void {
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
        handler: async (request, reply) => serve(routes, request, reply),
      });
    }
    done();
  });
}

async function serve(
  { proxy, ownFields }: ProxyRoutes,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id } = request.params as { id: string };
  const [, rest] = /^\/v2\/connections\/[^/?]+\/proxy((?:[/?].*)?)$/.exec(request.raw.url!) ?? [];
  if (rest === undefined) throw notFound(id);
  const { promise, resolve, reject } = Promise.withResolvers<FastifyReply>();
  const asked = {
    incoming: request.raw,
    response: reply.raw,
    tenantId: request.caller.actor.tenantId,
    id,
    rest,
    body: hasBody(request.headers) ? request.raw : undefined,
  };
  sendProxied(proxy, asked, {
    onAnswer(answer, fields) {
      fields.push(...ownFields, "x-request-id", request.id);
      passOn(reply.raw, answer, fields);
      reply.hijack();
      resolve(reply);
    },
    onFailure: reject,
  });
  return promise;
}
