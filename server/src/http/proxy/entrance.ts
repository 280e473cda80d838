import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { checkMay, identifyCaller, noteExercised, peekCaller, type Caller } from "../caller.ts";
import type { IdentifyContext } from "../admin/identify.ts";
import { handOver } from "./handed-over.ts";
import { passOn } from "./passed-answer.ts";
import { sendProxied, type ProxyContext } from "./proxied-request.ts";

/**
 * Requests through a connection on the bare HTTP server, before the framework, which would cost as much as
 * all that is done for them (decision record 0023). Only what goes well is answered here. What is to be
 * refused goes on to the framework, which answers and notes it like any refusal under `/v2`; so does what
 * is not plainly a request through a connection.
 */

export interface EntranceOptions {
  server: Server;
  proxy: ProxyContext;
  callers: IdentifyContext["callers"];
  sourceAddressOf(request: IncomingMessage): string;
  newRequestId(): string;
  /** What goes with every answer, as names and values in turn. */
  ownFields: readonly string[];
}

const permission = "connections:use";

/** A listener that answers requests through connections and leaves the rest to `otherwise`. */
export function admitProxied(
  options: EntranceOptions,
  otherwise: RequestListener,
): RequestListener {
  const { server, newRequestId } = options;
  const whenCaughtUp = gather(options.callers, (exchange) => admit(options, exchange));
  return (incoming, response) => {
    const place = placeOf(incoming);
    // While it closes, the framework says so.
    if (place === undefined || !server.listening) return otherwise(incoming, response);
    const requestId = newRequestId();
    whenCaughtUp({ incoming, response, place, requestId, caller: undefined, otherwise });
  };
}

interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  place: Place;
  requestId: string;
  caller: Caller | undefined;
  otherwise: RequestListener;
}

/** Those who wait for the same reading of the store go on together, with one promise for all of them. */
function gather(
  { revocations }: EntranceOptions["callers"],
  goOn: (exchange: Exchange) => void,
): (exchange: Exchange) => void {
  let reading: Promise<void> | undefined;
  let waiting: Exchange[] = [];
  return (exchange) => {
    const underWay = revocations.catchUp();
    if (underWay !== reading) {
      const together: Exchange[] = [];
      [reading, waiting] = [underWay, together];
      void underWay.then(
        () => together.forEach(goOn),
        (error: unknown) => together.forEach((one) => refuse(one, error)),
      );
    }
    waiting.push(exchange);
  };
}

/** As `admin/identify.ts` does it, and then the proxying. */
function admit(options: EntranceOptions, exchange: Exchange): void {
  const { callers, sourceAddressOf } = options;
  const { incoming, requestId } = exchange;
  const from = { requestId, sourceAddress: sourceAddressOf(incoming) };
  try {
    const known = peekCaller(callers, incoming, from);
    if (known !== undefined) return proceed(options, exchange, known);
  } catch (error) {
    return refuse(exchange, error);
  }
  identifyCaller(callers, incoming, from)
    .then((caller) => proceed(options, exchange, caller))
    .catch((error: unknown) => refuse(exchange, error));
}

/** Throws 401 and 403. */
function proceed(options: EntranceOptions, exchange: Exchange, caller: Caller): void {
  const { callers, proxy, ownFields } = options;
  const { incoming, response, requestId, place } = exchange;
  exchange.caller = caller;
  checkMay(caller, permission);
  noteExercised(callers, caller, permission);
  const { tenantId } = caller.actor;
  const body = place.hasBody ? incoming : undefined;
  sendProxied(
    proxy,
    { incoming, response, tenantId, id: place.id, rest: place.rest, body },
    {
      onAnswer(answer, fields) {
        for (const own of ownFields) fields.push(own);
        fields.push("x-request-id", requestId);
        passOn(response, answer, fields);
      },
      onFailure: (error) => refuse(exchange, error),
    },
  );
}

function refuse({ incoming, response, requestId, caller, otherwise }: Exchange, error: unknown) {
  handOver(incoming, { requestId, caller, error });
  otherwise(incoming, response);
}

interface Place {
  id: string;
  rest: string;
  hasBody: boolean;
}

const before = "/v2/connections/";
const behind = "/proxy";
const idForm = /^con_[0-9A-Za-z]{1,100}$/;

/** The address is taken as it is written; where it could be read in two ways the framework decides. */
function placeOf({ url = "", method = "", headers }: IncomingMessage): Place | undefined {
  if (!url.startsWith(before)) return undefined;
  const end = url.indexOf("/", before.length);
  if (end === -1 || !url.startsWith(behind, end)) return undefined;
  const id = url.slice(before.length, end);
  const rest = url.slice(end + behind.length);
  if (!/^(?:$|[/?])/.test(rest) || !idForm.test(id) || !isDecodable(rest)) return undefined;
  if (method === "HEAD") return { id, rest, hasBody: false };
  return withBody.has(method) ? placeWithBody({ id, rest }, headers) : undefined;
}

const withBody = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Another one is for the framework to refuse. */
const mediaType = /^[\w.+-]+\/[\w.+-]+(?: ?; ?[\w-]+=[\w.-]+)*$/;

function placeWithBody(
  place: Pick<Place, "id" | "rest">,
  headers: IncomingMessage["headers"],
): Place | undefined {
  if (!hasBody(headers)) return { ...place, hasBody: false };
  const { "content-type": type } = headers;
  return type === undefined || mediaType.test(type) ? { ...place, hasBody: true } : undefined;
}

/** That of a GET too, which some APIs search by; told by the framing alone [RFC 9112 §6.3]. */
export const hasBody = (headers: IncomingMessage["headers"]): boolean =>
  (headers["content-length"] ?? "0") !== "0" || headers["transfer-encoding"] !== undefined;

function isDecodable(rest: string): boolean {
  if (!rest.includes("%")) return true;
  try {
    decodeURIComponent(rest.split("?", 1)[0]!);
    return true;
  } catch {
    return false;
  }
}
