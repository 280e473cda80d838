import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { checkMay, identifyCaller, noteExercised, type Caller } from "../caller.ts";
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
  return (incoming, response) => {
    const place = placeOf(incoming);
    // While it closes, the framework says so.
    if (place === undefined || !server.listening) return otherwise(incoming, response);
    const exchange = { incoming, response, place, requestId: newRequestId(), caller: undefined };
    void serve(options, exchange, otherwise);
  };
}

interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  place: Place;
  requestId: string;
  caller: Caller | undefined;
}

async function serve(
  options: EntranceOptions,
  exchange: Exchange,
  otherwise: RequestListener,
): Promise<void> {
  const { incoming, response, place, requestId } = exchange;
  try {
    const { tenantId } = (await identify(options, exchange)).actor;
    const body = place.hasBody ? incoming : undefined;
    const asked = { incoming, response, tenantId, id: place.id, rest: place.rest, body };
    const { answer, fields } = await sendProxied(options.proxy, asked);
    fields.push(...options.ownFields, "x-request-id", requestId);
    await passOn(response, answer, fields);
  } catch (error) {
    if (response.headersSent) return void response.destroy();
    handOver(incoming, { requestId, caller: exchange.caller, error });
    otherwise(incoming, response);
  }
}

/** As `admin/identify.ts` does it. Throws 401 and 403. */
async function identify(
  { callers, sourceAddressOf }: EntranceOptions,
  exchange: Exchange,
): Promise<Caller> {
  const { incoming, requestId } = exchange;
  await callers.revocations.catchUp();
  const from = { requestId, sourceAddress: sourceAddressOf(incoming) };
  const caller = await identifyCaller(callers, incoming, from);
  exchange.caller = caller;
  checkMay(caller, permission);
  noteExercised(callers, caller, permission);
  return caller;
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
  if (method === "GET" || method === "HEAD") return { id, rest, hasBody: false };
  return withBody.has(method) ? placeWithBody({ id, rest }, headers) : undefined;
}

const withBody = new Set(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Another one is for the framework to refuse. */
const mediaType = /^[\w.+-]+\/[\w.+-]+(?: ?; ?[\w-]+=[\w.-]+)*$/;

/** Whether there is one is told as the framework tells it: by a type, a length or chunks. */
function placeWithBody(
  place: Pick<Place, "id" | "rest">,
  headers: IncomingMessage["headers"],
): Place | undefined {
  const { "content-type": type, "content-length": length = "0" } = headers;
  if (type !== undefined) return mediaType.test(type) ? { ...place, hasBody: true } : undefined;
  return { ...place, hasBody: length !== "0" || headers["transfer-encoding"] !== undefined };
}

function isDecodable(rest: string): boolean {
  if (!rest.includes("%")) return true;
  try {
    decodeURIComponent(rest.split("?", 1)[0]!);
    return true;
  } catch {
    return false;
  }
}
